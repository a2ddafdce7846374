import { FileSystemError } from '../../src/std/file-system.ts';
import { ManualClock } from '../../src/std/manual-clock.ts';
import { ProcessDied } from '../../src/std/memory-faults.ts';
import type { MemoryFiles } from '../../src/std/memory-files.ts';
import { PAGE_SIZE } from '../../src/tsdb/wal/framing.ts';
import { WalWriter } from '../../src/tsdb/wal/writer.ts';
import { bitsOf, memoryDisk, replay, samplesOf, seriesOf, WAL } from '../tsdb/wal-support.ts';

/** What a writer was told and what it answered; commits are numbered from 1. */
export interface Outcome {
  readonly disk: MemoryFiles;
  readonly attempted: number[];
  readonly acknowledged: number[];
  readonly refused: number[];
  /** Commits that a completed sync covers. */
  durable: number[];
  failedSyncs: number;
  died: boolean;
}

/**
 * Some commits of very different sizes (up to several pages, so segments are cut), syncs awaited and not, and a close.
 * `prepare` plans the faults; an environment's error refuses a commit, `ProcessDied` ends everything.
 */
export async function runWorkload(prepare: (disk: MemoryFiles) => void): Promise<Outcome> {
  const disk = memoryDisk();
  const outcome: Outcome = {
    disk,
    attempted: [],
    acknowledged: [],
    refused: [],
    durable: [],
    failedSyncs: 0,
    died: false,
  };
  prepare(disk);
  try {
    const writer = openOrFail(disk);
    if (writer !== null) await commitAndSync(writer, outcome);
  } catch (error) {
    if (!(error instanceof ProcessDied)) throw error;
    outcome.died = true;
  }
  return outcome;
}

function openOrFail(disk: MemoryFiles): WalWriter | null {
  try {
    return openWriter(disk);
  } catch (error) {
    if (error instanceof FileSystemError) return null;
    throw error;
  }
}

export function openWriter(disk: MemoryFiles): WalWriter {
  return WalWriter.open({
    fileSystem: disk,
    clock: new ManualClock(),
    directory: WAL,
    syncIntervalMs: 0,
    segmentSize: 3 * PAGE_SIZE,
    compression: 'none',
  });
}

async function commitAndSync(writer: WalWriter, outcome: Outcome): Promise<void> {
  for (let commit = 1; commit <= COMMITS; commit++) {
    append(writer, commit, outcome);
    if (commit % 5 === 0) await sync(() => writer.sync(), outcome);
    if (commit === 7) {
      // Not awaited: more is written while it runs.
      const running = sync(() => writer.sync(), outcome);
      running.catch(() => {});
      append(writer, ++commit, outcome);
      append(writer, ++commit, outcome);
      await running;
    }
  }
  await sync(() => writer.close(), outcome);
}

function append(writer: WalWriter, commit: number, outcome: Outcome): void {
  outcome.attempted.push(commit);
  try {
    writer.append(recordsOf(commit));
    outcome.acknowledged.push(commit);
  } catch (error) {
    if (!(error instanceof FileSystemError)) throw error;
    outcome.refused.push(commit);
  }
}

async function sync(action: () => Promise<void>, outcome: Outcome): Promise<void> {
  const covered = [...outcome.acknowledged];
  try {
    await action();
    outcome.durable = covered;
  } catch (error) {
    if (!(error instanceof FileSystemError)) throw error;
    outcome.failedSyncs++;
  }
}

export const COMMITS = 14;

/** Every fourth commit is larger than a segment, others share pages. */
function paddingOf(commit: number): string {
  return 'x'.repeat(commit % 4 === 0 ? 110_000 : (commit * 7919) % 20_000);
}

const ROWS = 6;

/** Samples in two records around a large series: their refs and times tell the commit, their values the row. */
export function recordsOf(commit: number): Uint8Array[] {
  const rows = Array.from({ length: ROWS }, (_, row) => [commit, commit * 1000 + row, row / 7] as const);
  const labels = { __name__: 'commit', number: String(commit), padding: paddingOf(commit) };
  return [samplesOf(rows.slice(0, 2)), seriesOf(commit, labels), samplesOf(rows.slice(2))];
}

/**
 * Reads the log back: which commits are there whole, and which in part. Throws for anything that was never written in
 * that form: a record is there as it was logged or not at all.
 */
export function commitsIn(disk: MemoryFiles): { whole: number[]; partial: number[] } {
  const { seen } = replay(disk);
  const found = new Map<number, number>();
  for (const [ref, labels] of seen.seriesSeen) {
    const isOurs = labels.get('number') === String(ref) && labels.get('padding') === paddingOf(ref);
    if (!isOurs) throw new Error(`invented series ${ref}`);
    found.set(ref, (found.get(ref) ?? 0) + 1);
  }
  for (const [ref, time, bits] of seen.samplesSeen) {
    if (bits !== bitsOf((time - ref * 1000) / 7)) throw new Error(`invented sample ${ref} ${time} ${bits}`);
    found.set(ref, (found.get(ref) ?? 0) + 1);
  }
  const whole: number[] = [];
  const partial: number[] = [];
  for (const [commit, parts] of [...found].sort((a, b) => a[0] - b[0])) {
    if (parts > ROWS + 1) throw new Error(`commit ${commit} is there twice`);
    (parts === ROWS + 1 ? whole : partial).push(commit);
  }
  return { whole, partial };
}
