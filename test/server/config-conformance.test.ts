import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ConfigError } from '../../src/config/config-error.ts';
import { loadConfigurationFile } from '../../src/server/config-file.ts';

const FOLDER = '../shared/conformance/config';
/** Files whose name does not say that they are wrong. */
const WRONG_TOO = [
  'config_with_deprecated_am_api_config.yml',
  'otlp_allow_utf8.incompatible.yml',
  'otlp_no_translation.incompatible.yml',
];
/** Of 150 bad files so many are refused at least; the others are wrong inside discovery blocks, kept as written. */
const REFUSED_MIN = 121;

const surroundings = {
  variables: {},
  flagRetention: { retentionMs: 0, retentionBytes: 0 },
  extraScrapeMetrics: false,
};

function problemOf(file: string): string | null {
  try {
    loadConfigurationFile(file, surroundings).yaml();
    return null;
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw new Error(`${file}: ${String(error)}`, { cause: error });
  }
}

describe.skipIf(!existsSync(FOLDER))(`files of ${FOLDER}`, () => {
  const files = existsSync(FOLDER) ? readdirSync(FOLDER).filter((name) => name.endsWith('.yml')) : [];
  const isBad = (name: string) => name.includes('.bad.') || WRONG_TOO.includes(name);

  test('every good file loads', () => {
    const failed = files.filter((name) => !isBad(name)).flatMap((name) => problemOf(join(FOLDER, name)) ?? []);
    expect(failed).toEqual([]);
  });

  test('bad files are refused', () => {
    const bad = files.filter(isBad);
    const accepted = bad.filter((name) => problemOf(join(FOLDER, name)) === null);
    console.log(`config conformance: ${bad.length - accepted.length} of ${bad.length} bad files refused`);
    expect(bad.length - accepted.length).toBeGreaterThanOrEqual(Math.min(REFUSED_MIN, bad.length));
  });

  test('the only bad files accepted are wrong inside a discovery block', () => {
    const accepted = files.filter((name) => isBad(name) && problemOf(join(FOLDER, name)) === null);
    expect(accepted.filter((name) => !DISCOVERY_KINDS.some((kind) => name.startsWith(kind)))).toEqual([]);
  });
});

const DISCOVERY_KINDS = ['azure', 'ec2', 'eureka', 'kubernetes', 'marathon', 'outscale', 'stackit', 'uyuni'];
