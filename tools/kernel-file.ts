import { readFileSync } from 'node:fs';
import asc from 'assemblyscript/asc';

const LINE = 100;

/** What is compiled, and how. */
export interface KernelSource {
  /** The AssemblyScript file, absolute. */
  readonly source: string;
  /** The same as the file made of it names it. */
  readonly name: string;
  /** The program that makes it. */
  readonly maker: string;
  /** Name of the text that is exported. */
  readonly constant: string;
  /** Flags of the compiler about memory. */
  readonly flags: readonly string[];
  /** Files that it imports, absolute, by their names without an extension. */
  readonly imports?: Readonly<Record<string, string>>;
}

/** The text of a TypeScript file that holds a kernel compiled, so that a build of Narthex takes no second compiler. */
export async function kernelFile({
  source,
  name,
  maker,
  constant,
  flags,
  imports = {},
}: KernelSource): Promise<string> {
  // The compiler takes files by this extension alone.
  const entry = 'kernel.ts';
  let module = new Uint8Array(0);
  const options = [entry, '-o', 'kernel.wasm', '-O3', '--noAssert', '--runtime', 'stub', ...flags];
  const { error, stderr } = await asc.main(options, {
    readFile: (file) => {
      const path = file === entry ? source : imports[file.replace(/\.ts$/, '')];
      return path === undefined ? null : readFileSync(path, 'utf8');
    },
    writeFile: (_file, contents) => {
      module = Uint8Array.from(contents as Uint8Array);
    },
    listFiles: () => [],
  });
  if (error !== null) throw new Error(`${source}: ${stderr.toString()}`, { cause: error });
  const lines =
    Buffer.from(module)
      .toString('base64')
      .match(new RegExp(`.{1,${LINE}}`, 'g')) ?? [];
  return (
    `// Made by ${maker} of ${name}. Do not edit.\n\n` +
    '/** A WebAssembly module. */\n' +
    `export const ${constant} =\n${lines.map((line) => `  '${line}'`).join(' +\n')};\n`
  );
}
