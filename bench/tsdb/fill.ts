import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { bundled } from '../bundle.ts';
import { printTable, shortNumber } from '../table.ts';

/** What `fill-process.ts` tells. */
export interface FillResult {
  readonly series: number;
  readonly samples: number;
  readonly createPerSecond: number;
  readonly createPerCpuSecond: number;
  readonly appendPerSecond: number;
  readonly appendPerCpuSecond: number;
  /** Of the whole process, the writing of chunks included. */
  readonly cpuSeconds: number;
  /** Of new and known samples alone: what makes labels and values is left out, and the start of the process. */
  readonly databaseCpuSeconds: number;
  readonly idleBytes: number;
  readonly residentBytes: number;
  readonly parts: Readonly<Record<string, number>>;
  readonly heapBytes: number;
  readonly longestTurnMs: number;
  readonly chunksInFiles: number;
}

const PROGRAM = join(import.meta.dirname, 'fill-process.ts');

/** Fills a directory in a process of its own, which ends as a kill would end it. */
export function fillProcess(options: {
  directory: string;
  series: number;
  steps: number;
  /** Writes an image of the head after so many steps. */
  imageAfter?: number;
  /** As `DatabaseOptions.residentChunkBytes`. */
  residentChunkBytes?: number;
  /** `fill-process.ts`, or a bundle of it. */
  program?: string;
}): FillResult {
  const { directory, residentChunkBytes, imageAfter, series, steps, program = PROGRAM } = options;
  const args = [
    directory,
    String(series),
    String(steps),
    ...(imageAfter === undefined ? [] : [`--image-after=${imageAfter}`]),
  ];
  if (residentChunkBytes !== undefined) args.push(`--resident-chunk-bytes=${residentChunkBytes}`);
  const { stdout, stderr } = spawnSync(process.execPath, ['--expose-gc', program, ...args], {
    encoding: 'utf8',
    maxBuffer: 1 << 24,
  });
  const line = stdout.trim().split('\n').at(-1) ?? '';
  if (!line.startsWith('{')) throw new Error(`Cannot fill ${directory}: ${stderr.slice(-2000)}`);
  return JSON.parse(line) as FillResult;
}

/** New and known series into head and log, and what they take in memory after an hour; a tenth of them beside it. */
export async function fillCase(root: string, series: number, steps: number): Promise<unknown> {
  const program = await bundled(PROGRAM, join(root, 'bundle'));
  const runs = [series / 10, series].map((count) => {
    const directory = join(root, `fill-${count}`);
    const result = fillProcess({ directory, series: count, steps, program });
    rmSync(directory, { recursive: true, force: true });
    return result;
  });
  console.log(`\nhead and log: ${steps} samples a series, 15 s apart, ten labels, targets of 1,000 series`);
  printTable(
    ['series', 'new/s', 'new/CPU s', 'samples/s', 'samples/CPU s', 'CPU s', 'RSS above idle, bytes a series'],
    runs.map((run) => [
      run.series,
      run.createPerSecond,
      run.createPerCpuSecond,
      run.appendPerSecond,
      run.appendPerCpuSecond,
      run.cpuSeconds,
      (run.residentBytes - run.idleBytes) / run.series,
    ]),
  );
  const [small, large] = runs as [FillResult, FillResult];
  const memory = (run: FillResult) => run.residentBytes - run.idleBytes;
  console.log(
    `ten times the series: ${shortNumber(large.cpuSeconds / small.cpuSeconds)} times the CPU, ` +
      `${shortNumber(memory(large) / memory(small))} times the memory above idle; in all ` +
      `${shortNumber(large.residentBytes / large.series)} bytes a series`,
  );
  printTable(
    ['part', 'bytes a series'],
    Object.entries({ ...large.parts, heap: large.heapBytes }).map(([part, bytes]) => [part, bytes / large.series]),
  );
  return runs;
}
