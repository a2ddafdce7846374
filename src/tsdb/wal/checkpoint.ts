import { snappyFirstByte } from '../../kernels/snappy-decode.ts';
import type { FileHandle, FileSystem } from '../../std/file-system.ts';
import type { TimeRange } from '../../storage/query.ts';
import { type Log, silentLog } from '../../telemetry/log.ts';
import { RecordDecompressor, type WalCompression } from './compression.ts';
import { SNAPPY_FLAG } from './framing.ts';
import { RecordFiles } from './record-files.ts';
import { RECORD, RECORD_BYTES_MAX } from './record-types.ts';
import { type PartRun, runsOf, type SegmentParts } from './segment-parts.ts';
import { type BadBytes, SegmentReader } from './segment-reader.ts';
import { lastCheckpoint, listSegments, SEGMENT_SIZE_DEFAULT, segmentName, segmentPath } from './segments.ts';
import { setAside } from './set-aside.ts';
import { RecordThinner, type ThinningCounts, type ThinningRules } from './thin-record.ts';

export interface CheckpointOptions {
  readonly fileSystem: FileSystem;
  /** `wal/`. */
  readonly directory: string;
  /** The newest segment whose records go into the checkpoint; it is not written to any more. */
  readonly segment: number;
  readonly rules: ThinningRules;
  /** What lies where in segments, of those of which it is known. */
  readonly parts?: readonly SegmentParts[];
  readonly compression: WalCompression;
  /** Bytes; default 128 MiB. */
  readonly segmentSize?: number;
  /** Where bytes that do not verify are copied to. */
  readonly damagedDirectory: string;
  readonly log?: Log;
  /** Told now and then how many bytes of the log were read; what it throws ends the work. */
  readonly progress?: (bytes: number) => void;
}

/** The first segments of a log that a checkpoint replaces, and the last of them. */
export interface CheckpointPlan {
  readonly first: number;
  readonly last: number;
}

/**
 * Which segments to put into a checkpoint when `current` is the one that is written: the older two thirds, as in the
 * reference; null where that is at most one.
 */
export function planCheckpoint(fileSystem: FileSystem, directory: string, current: number): CheckpointPlan | null {
  const plan = planWholeCheckpoint(fileSystem, directory, current);
  if (plan === null) return null;
  const last = plan.first + Math.trunc(((plan.last - plan.first) * 2) / 3);
  return last <= plan.first ? null : { first: plan.first, last };
}

/** The same for all segments before `current`; null where there is none. */
export function planWholeCheckpoint(fileSystem: FileSystem, directory: string, current: number): CheckpointPlan | null {
  const checkpoint = lastCheckpoint(fileSystem, directory);
  const segments = listSegments(fileSystem, directory).filter((n) => checkpoint === null || n > checkpoint.segment);
  const first = segments[0];
  return first === undefined || first >= current ? null : { first, last: current - 1 };
}

/**
 * Writes `checkpoint.<segment>`: what the last checkpoint and the segments after it, up to `segment`, hold that is still
 * needed, under a temporary name, synced, renamed. The old checkpoint and the segments stay; `removeCheckpointed` takes
 * them away.
 *
 * Blocks the thread. Throws a `FileSystemError` or what `progress` throws; then there is no new checkpoint. Bytes that do
 * not verify are copied aside and left out.
 */
export function writeCheckpoint(options: CheckpointOptions): ThinningCounts {
  const { fileSystem, directory, segment } = options;
  const path = `${directory}/checkpoint.${segmentName(segment)}`;
  const temporary = `${path}.tmp`;
  removeTemporaryCheckpoints(fileSystem, directory);
  fileSystem.makeDirectorySync(temporary);
  try {
    const counts = writeRecords(options, temporary);
    fileSystem.syncDirectorySync(temporary);
    fileSystem.renameSync(temporary, path);
    fileSystem.syncDirectorySync(directory);
    return counts;
  } catch (error) {
    try {
      fileSystem.removeSync(temporary);
    } catch {
      // The next checkpoint removes it; replays pass it over.
    }
    throw error;
  }
}

/** Removes the segments that the newest checkpoint holds, oldest first, and older checkpoints. */
export async function removeCheckpointed(fileSystem: FileSystem, directory: string): Promise<void> {
  const checkpoint = lastCheckpoint(fileSystem, directory);
  if (checkpoint === null) return;
  for (const segment of listSegments(fileSystem, directory)) {
    if (segment <= checkpoint.segment) await fileSystem.remove(segmentPath(directory, segment));
  }
  for (const { kind, name } of fileSystem.readDirectorySync(directory)) {
    const match = kind === 'directory' ? CHECKPOINT_NAME.exec(name) : null;
    if (match !== null && Number(match[1]) < checkpoint.segment) await fileSystem.remove(`${directory}/${name}`);
  }
}

const CHECKPOINT_NAME = /^checkpoint\.([0-9]{8,15})$/;
const TEMPORARY_NAME = /^checkpoint\.[0-9]{8,15}\.tmp$/;

function removeTemporaryCheckpoints(fileSystem: FileSystem, directory: string): void {
  for (const { name } of fileSystem.readDirectorySync(directory)) {
    if (TEMPORARY_NAME.test(name)) fileSystem.removeSync(`${directory}/${name}`);
  }
}

function writeRecords(options: CheckpointOptions, temporary: string): ThinningCounts {
  const { compression, directory, fileSystem, rules, segment, segmentSize } = options;
  const thinner = new RecordThinner(rules);
  const files = new RecordFiles({
    fileSystem,
    directory: temporary,
    segmentSize: segmentSize ?? SEGMENT_SIZE_DEFAULT,
    compression,
  });
  try {
    const copier = new RecordCopier(options, thinner, files);
    const before = lastCheckpoint(fileSystem, directory);
    if (before !== null) {
      const name = `checkpoint.${segmentName(before.segment)}`;
      for (const n of listSegments(fileSystem, before.path)) {
        copier.file(segmentPath(before.path, n), `${name}.${segmentName(n)}`);
      }
    }
    for (const n of listSegments(fileSystem, directory)) {
      if ((before !== null && n <= before.segment) || n > segment) continue;
      const parts = options.parts?.find((known) => known.segment === n);
      copier.file(segmentPath(directory, n), segmentName(n), runsOf(parts, rules.minTime));
    }
    for (const record of thinner.metadataRecords()) files.add(record);
    files.finish();
    return thinner.counts;
  } catch (error) {
    files.abandon();
    throw error;
  }
}

/** Reads segments and passes on what the thinner leaves; records that stay whole are not compressed again. */
class RecordCopier {
  readonly #options: CheckpointOptions;
  readonly #thinner: RecordThinner;
  readonly #files: RecordFiles;
  readonly #decompressor = new RecordDecompressor(RECORD_BYTES_MAX);
  #bytes = 0;

  constructor(options: CheckpointOptions, thinner: RecordThinner, files: RecordFiles) {
    this.#options = options;
    this.#thinner = thinner;
    this.#files = files;
  }

  file(path: string, name: string, runs: readonly PartRun[] = runsOf(undefined, 0)): void {
    const file = this.#options.fileSystem.openSync(path, 'r');
    try {
      const size = file.sizeSync();
      const bad: BadBytes[] = [];
      for (const run of runs) if (run.use !== 'skip' && run.from < size) this.#run(file, run, bad);
      this.#bytes += size;
      for (const bytes of bad) {
        const { damagedDirectory, fileSystem, log } = this.#options;
        const savedTo = setAside(fileSystem, damagedDirectory, name, file, bytes);
        (log ?? silentLog).warn('Damaged bytes of the log were left out of a checkpoint', { path, ...bytes, savedTo });
      }
    } finally {
      file.closeSync();
    }
  }

  /** Adds to `bad` what does not verify. */
  #run(file: FileHandle, run: PartRun, bad: BadBytes[]): void {
    const reader = new SegmentReader(file, RECORD_BYTES_MAX, run.from, null, run.to);
    let reported = run.from;
    while (reader.next()) {
      const { record, recordEnd, recordFlags, recordOffset, recordSize } = reader;
      let reason: string | null = null;
      if (run.use === 'keep') this.#files.addCompressed(record, recordSize, recordFlags);
      else reason = this.#record(reader, run);
      if (reason !== null) bad.push({ offset: recordOffset, size: recordEnd - recordOffset, reason });
      if (reader.position - reported < PROGRESS_BYTES) continue;
      reported = reader.position;
      this.#options.progress?.(this.#bytes + reported);
    }
    for (const bytes of reader.bad) bad.push(bytes);
    if (reader.tail !== null) bad.push(reader.tail);
  }

  #record({ record: bytes, recordFlags, recordSize }: SegmentReader, { minTime, maxTime }: TimeRange): string | null {
    const { rules } = this.#options;
    if ((maxTime < rules.minTime || minTime >= rules.minTime) && isSamplesRecord(bytes, recordSize, recordFlags)) {
      if (minTime >= rules.minTime) this.#files.addCompressed(bytes, recordSize, recordFlags);
      return null;
    }
    const record = this.#decompressor.decompress(bytes, recordSize, recordFlags);
    if (typeof record === 'string') return record;
    if (record.length === 0) return null;
    const left = this.#thinner.thin(record);
    if (left === 'whole') {
      this.#files.addCompressed(bytes, recordSize, recordFlags);
      return null;
    }
    if ('malformed' in left) return left.malformed;
    for (const rest of left) this.#files.add(rest);
    return null;
  }
}

/** True where a record that need not be decompressed for that is one of float samples. */
function isSamplesRecord(bytes: Uint8Array, size: number, flags: number): boolean {
  if (flags === SNAPPY_FLAG) return snappyFirstByte(bytes, 0, size) === RECORD.samples;
  return flags === 0 && size > 0 && bytes[0] === RECORD.samples;
}

const PROGRESS_BYTES = 1024 * 1024;
