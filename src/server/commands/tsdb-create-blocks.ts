import { existsSync } from 'node:fs';
import { labelPairsFromSeries } from '../../exposition/series-labels.ts';
import { type Labels, labelsFromPairs } from '../../model/labels.ts';
import type { Clock } from '../../std/clock.ts';
import type { FileSystem } from '../../std/file-system.ts';
import { newUlid } from '../../std/ulid.ts';
import { BlockBuilder, RefusedSample } from '../../tsdb/compact/block-builder.ts';
import { CHUNK_RANGE_MS_DEFAULT } from '../../tsdb/defaults.ts';
import { OpenMetricsFile, type OpenMetricsPiece, PieceError } from './open-metrics-pieces.ts';
import { openBlock } from './tsdb-blocks.ts';
import { blockTable } from './tsdb-list.ts';

export interface CreateBlocksOptions {
  readonly input: string;
  /** Made where it is missing. */
  readonly directory: string;
  /** Set on every series; an empty value takes the label away. */
  readonly labels: ReadonlyMap<string, string>;
  /** Blocks get the largest range that is not longer; at least two hours. */
  readonly blockDurationMaxMs: number;
  readonly isHumanReadable: boolean;
  readonly fileSystem: FileSystem;
  readonly clock: Clock;
  /** Told a line for each block; null: quiet. */
  readonly print: ((text: string) => void) | null;
  /** Told of samples that are in no block. */
  readonly warn: (text: string) => void;
}

/** The input can not become blocks; the message begins with the reference's words. */
export class BackfillError extends Error {
  override readonly name = 'BackfillError';
}

/**
 * Makes blocks of the samples of an OpenMetrics file, one for each aligned range that has any. The file is read once to
 * see where its samples lie, and then the pieces of each range: memory holds one piece and the series of one block.
 * Throws `BackfillError`, `FileSystemError` and what `node:fs` throws.
 */
export function createBlocks(options: CreateBlocksOptions): void {
  const { clock, directory, fileSystem, print } = options;
  if (!existsSync(options.input)) throw new BackfillError(`stat ${options.input}: no such file or directory`);
  const file = new OpenMetricsFile(options.input);
  try {
    fileSystem.makeDirectorySync(directory);
    const rangeMs = blockRange(options.blockDurationMaxMs);
    const ranges = within('getting min and max timestamp: ', () => rangesOf(file, rangeMs));
    let isFirst = true;
    for (const range of ranges) {
      within('block creation: process blocks: ', () => {
        const builder = new BlockBuilder(rangeMs);
        const end = range.start + rangeMs;
        let index = 0;
        for (const piece of file.pieces()) {
          if (range.pieces.has(index++)) addPiece(builder, piece, range.start, end, options.labels);
        }
        const meta = builder.finish(fileSystem, directory, newUlid(clock.now()));
        const { count, first } = builder.leftOut;
        if (count > 0) {
          options.warn(`left out ${count} samples that are not later than others of their series, first ${first}\n`);
        }
        if (meta === null || print === null) return;
        const block = openBlock(fileSystem, directory, meta.ulid);
        print(blockTable([block], fileSystem, { isHumanReadable: options.isHumanReadable, hasHeader: isFirst }));
        block.close();
        isFirst = false;
      });
    }
  } finally {
    file.close();
  }
}

/** Tripling from two hours, nine times at most. */
const RANGES_MAX = 10;

function blockRange(maxMs: number): number {
  let range = CHUNK_RANGE_MS_DEFAULT;
  for (let i = 1; i < RANGES_MAX && range * 3 <= maxMs; i++) range *= 3;
  return range;
}

/** An aligned range, and the pieces of the file that have samples of it. */
interface SampleRange {
  readonly start: number;
  readonly pieces: Set<number>;
}

function rangesOf(file: OpenMetricsFile, rangeMs: number): SampleRange[] {
  const ranges = new Map<number, SampleRange>();
  let index = 0;
  for (const { bytes, rows } of file.pieces()) {
    let last = null as SampleRange | null;
    for (let row = 0; row < rows.length; row++) {
      if (rows.hasTime[row] === 0) {
        const series = new TextDecoder().decode(bytes.subarray(rows.seriesStart[row]!, rows.seriesEnd[row]!));
        throw new BackfillError(`expected timestamp for series got none: ${series}`);
      }
      const start = Math.floor(rows.times[row]! / rangeMs) * rangeMs;
      if (last?.start !== start) {
        last = ranges.get(start) ?? { start, pieces: new Set() };
        ranges.set(start, last);
      }
      last.pieces.add(index);
    }
    index++;
  }
  return [...ranges.values()].sort((a, b) => a.start - b.start);
}

function addPiece(
  builder: BlockBuilder,
  { bytes, rows, typeOf }: OpenMetricsPiece,
  start: number,
  end: number,
  more: ReadonlyMap<string, string>,
): void {
  // The same series come again and again, as the same bytes.
  const known = new Map<string, number>();
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let row = 0; row < rows.length; row++) {
    const type = typeOf(row);
    const time = rows.times[row]!;
    if (time < start || time >= end) continue;
    const [from, to] = [rows.seriesStart[row]!, rows.seriesEnd[row]!];
    const key = `${type} ${text.toString('latin1', from, to)}`;
    let series = known.get(key);
    if (series === undefined) {
      series = builder.resolve(seriesLabels(labelPairsFromSeries(bytes, from, to, type), more));
      known.set(key, series);
    }
    builder.add(series, time, rows.bits[2 * row]!, rows.bits[2 * row + 1]!);
  }
}

function seriesLabels(pairs: readonly string[], more: ReadonlyMap<string, string>): Labels {
  const names = new Set<string>();
  const kept: string[] = [];
  for (let i = 0; i < pairs.length; i += 2) {
    if (pairs[i + 1] === '') continue;
    if (names.has(pairs[i]!)) throw new RefusedSample(`label name "${pairs[i]}" is not unique: invalid sample`);
    names.add(pairs[i]!);
    kept.push(pairs[i]!, pairs[i + 1]!);
  }
  if (more.has('')) throw new RefusedSample('a label has no name: invalid sample');
  let labels = labelsFromPairs(kept);
  for (const [name, value] of more) labels = labels.with(name, value);
  if (labels.size === 0) throw new RefusedSample('empty labelset: invalid sample');
  return labels;
}

/** Puts words before what goes wrong with the input. */
function within<T>(prefix: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof PieceError) {
      throw new BackfillError(`${prefix}next: ${error.message} (${error.path} at offset ${error.offset})`);
    }
    if (error instanceof RefusedSample) throw new BackfillError(`${prefix}add sample: ${error.message}`);
    if (error instanceof BackfillError) throw new BackfillError(prefix + error.message);
    throw error;
  }
}
