import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import asc from 'assemblyscript/asc';

/**
 * Memory that V8 does not count: it collects the garbage of its whole heap when a memory of hundreds of MiB is asked for, although
 * few of its addresses become memory (docs/decisions/0031-memory-of-kernels.md).
 */
const UNCOUNTED = '--sharedMemory --enable threads';

/**
 * Compiles the kernels (AssemblyScript, `tools/NAME-kernel/NAME-kernel.as`) and writes them beside the code that calls them, where
 * they are kept with the sources, so that a build of Narthex takes no second compiler; a test compares the two:
 *
 *     node tools/build-kernels.ts [NAME...]
 *
 * A kernel imports files of its own folder and those named under `shares`.
 */
export const KERNELS: readonly Kernel[] = [
  {
    name: 'append',
    target: 'src/tsdb/head/append-kernel-code.ts',
    // Up to 4 GiB, which other threads see as well.
    flags: '--importMemory --sharedMemory --enable threads --initialMemory 1 --maximumMemory 65536',
  },
  {
    name: 'log',
    target: 'src/tsdb/wal/ahead/log-kernel-code.ts',
    // 256 MiB, and 31.5 of pieces; the two threads of a start see it.
    flags: `--importMemory --initialMemory 4600 --maximumMemory 4600 ${UNCOUNTED}`,
  },
  {
    name: 'points',
    target: 'src/promql/points-kernel-code.ts',
    // 480 KiB, and 160 for what is written.
    flags: '--initialMemory 10 --maximumMemory 10',
  },
  {
    name: 'record',
    target: 'src/tsdb/wal/record-kernel-code.ts',
    // 832 KiB, and 32 bytes for each of 32,768 samples.
    flags: '--initialMemory 30 --maximumMemory 30',
    shares: ['log-kernel/checksum'],
  },
  {
    name: 'series',
    target: 'src/tsdb/head/series-kernel-code.ts',
    flags: `--initialMemory 7424 --maximumMemory 7424 ${UNCOUNTED}`,
    shares: ['log-kernel/label-bytes', 'log-kernel/snappy'],
  },
  {
    name: 'sink',
    target: 'src/tsdb/block/sink-kernel-code.ts',
    flags: '--importMemory --initialMemory 1',
    shares: ['log-kernel/checksum'],
  },
];

export interface Kernel {
  readonly name: string;
  /** The file that holds it compiled, from the root of the project. */
  readonly target: string;
  /** Flags of the compiler about memory; numbers are pages of 64 KiB. */
  readonly flags: string;
  /** Files of other kernels that it imports, `FOLDER/NAME`. */
  readonly shares?: readonly string[];
}

const ROOT = join(import.meta.dirname, '..');
const LINE = 100;

/** The text of the file `target`: a module of TypeScript that exports the compiled kernel, `NAME_KERNEL_BASE64`. */
export async function kernelFile({ name, flags, shares = [] }: Kernel): Promise<string> {
  const folder = join(import.meta.dirname, `${name}-kernel`);
  const source = join(folder, `${name}-kernel.as`);
  // The compiler takes files by this extension alone.
  const entry = 'kernel.ts';
  const places = new Map(shares.map((path) => [path.split('/').at(-1)!, join(import.meta.dirname, `${path}.as`)]));
  let module = new Uint8Array(0);
  const options = [entry, '-o', 'kernel.wasm', '-O3', '--noAssert', '--runtime', 'stub', ...flags.split(' ')];
  const { error, stderr } = await asc.main(options, {
    readFile: (file) => {
      const imported = file.replace(/\.ts$/, '');
      const path = file === entry ? source : (places.get(imported) ?? join(folder, `${imported}.as`));
      return existsSync(path) ? readFileSync(path, 'utf8') : null;
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
    `// Made by tools/build-kernels.ts of ${relative(ROOT, source)}. Do not edit.\n\n` +
    '/** A WebAssembly module. */\n' +
    `export const ${name.toUpperCase()}_KERNEL_BASE64 =\n${lines.map((line) => `  '${line}'`).join(' +\n')};\n`
  );
}

if (import.meta.main) {
  const asked = process.argv.slice(2);
  const unknown = asked.find((name) => !KERNELS.some((kernel) => kernel.name === name));
  if (unknown !== undefined) {
    console.error(`no kernel ${unknown}: there are ${KERNELS.map(({ name }) => name).join(', ')}`);
    process.exit(2);
  }
  for (const kernel of KERNELS) {
    if (asked.length > 0 && !asked.includes(kernel.name)) continue;
    writeFileSync(join(ROOT, kernel.target), await kernelFile(kernel));
    console.log(kernel.target);
  }
}
