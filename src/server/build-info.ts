import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { BuildInfo } from '../api/dependencies.ts';

/** The version of the reference whose behaviour clients may rely on. They probe for it. */
const REFERENCE_VERSION = '3.14.0';

/** The folder of our package.json: the first one above this file, whether that is source, built or bundled. */
export const packageRoot = folderOfPackage(import.meta.dirname);

/** Throws where the package has no readable package.json. */
export function readBuildInfo(): BuildInfo {
  const { version } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as { version: string };
  return {
    version: REFERENCE_VERSION,
    narthexVersion: version,
    revision: `narthex-${version}`,
    branch: 'narthex',
    buildUser: '',
    buildDate: '',
    goVersion: `node${process.versions.node}`,
  };
}

/** What `--version` prints: the reference's form first, since tools read the version out of it, then our own. */
export function versionText(build: BuildInfo): string {
  return [
    `prometheus, version ${build.version} (branch: ${build.branch}, revision: ${build.revision})`,
    `  build user:       ${build.buildUser}`,
    `  build date:       ${build.buildDate}`,
    `  go version:       ${build.goVersion}`,
    `  platform:         ${process.platform}/${process.arch}`,
    `narthex, version ${build.narthexVersion} (node ${process.versions.node})`,
    '',
  ].join('\n');
}

function folderOfPackage(folder: string): string {
  const above = dirname(folder);
  return existsSync(join(folder, 'package.json')) || above === folder ? folder : folderOfPackage(above);
}
