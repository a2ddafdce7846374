import { runInTurns } from '../../std/turns.ts';
import { reserveSampleColumn, type SampleColumn, type TimeRange } from '../../storage/query.ts';
import { ENCODING } from '../chunk/encoding.ts';
import { type FlatHistogram, floatHistogramFromFlat } from '../chunk/flat-histogram.ts';
import type { OpenSamples } from './open-samples.ts';

/**
 * The out-of-order samples of some rows as they stood in one turn of the event loop: plain data that can be handed to
 * another thread. Place `i` of the rows has the chunks `chunks[chunkStarts[i] .. chunkStarts[i + 1] - 1]`, which came in
 * this order and may overlap, and behind them the samples `openStarts[i] .. openStarts[i + 1] - 1`. The chunks are
 * numbers of `SealedChunks`; they stay while the reader's pin stands.
 */
export interface LateSamples {
  readonly chunkStarts: Uint32Array;
  readonly chunks: Uint32Array;
  readonly openStarts: Uint32Array;
  readonly times: Float64Array;
  readonly bits: Uint32Array;
  /** Parallel to `times`, null for a float; null where all are floats. */
  readonly histograms: readonly (FlatHistogram | null)[] | null;
  /** Parallel to `times` (ms, 0 = none); null where none has a start time. */
  readonly startTimes: Float64Array | null;
}

/** Where late samples are taken from: the store as it is, or as it was at some moment. */
export interface LateSource {
  /** Rows that have late samples. */
  readonly rowCount: number;
  /** Between which times (ms, both included) all samples of a row lie; null where it has none. */
  timesOf(row: number): TimeRange | null;
  /** True where samples of the row may lie in the range. */
  overlaps(row: number, range: TimeRange): boolean;
  /** Calls back with the sealed chunks of a row that may overlap the range, newest first. */
  eachChunk(row: number, range: TimeRange, use: (chunk: number) => void): void;
  /** How many samples of a row are in no chunk yet. */
  openCount(row: number): number;
  /** Copies them behind others; returns what `OpenSamples` has beside their values. */
  copyOpen(
    row: number,
    times: Float64Array,
    bits: Uint32Array,
    at: number,
  ): Pick<OpenSamples, 'histograms' | 'startTimes'>;
}

/** Work between two points at which it may be interrupted, some 100 µs: a look at a row counts for one, its late samples for more. */
const STEP_WORK = 4096;
const LATE_ROW_WORK = 16;

/** What the rows have that may lie in the range; null where that is nothing. */
export function takeLateSamples(source: LateSource, rows: Uint32Array, range: TimeRange): LateSamples | null {
  return runInTurns(takeLateSamplesInSteps(source, rows, range), null);
}

/** As `takeLateSamples`, in steps between which the source stays as it is. */
export function* takeLateSamplesInSteps(
  source: LateSource,
  rows: Uint32Array,
  range: TimeRange,
): Generator<undefined, LateSamples | null> {
  if (source.rowCount === 0) return null;
  let open = 0;
  let any = false;
  let work = 0;
  for (let i = 0; i < rows.length; i++) {
    if (++work >= STEP_WORK) {
      work = 0;
      yield;
    }
    if (!source.overlaps(rows[i]!, range)) continue;
    any = true;
    work += LATE_ROW_WORK;
    open += source.openCount(rows[i]!);
  }
  if (!any) return null;
  const chunkStarts = new Uint32Array(rows.length + 1);
  const openStarts = new Uint32Array(rows.length + 1);
  const times = new Float64Array(open);
  const bits = new Uint32Array(2 * open);
  const chunks: number[] = [];
  let histograms: (FlatHistogram | null)[] | null = null;
  let startTimes: Float64Array | null = null;
  for (let i = 0, at = 0; i < rows.length; i++) {
    if (++work >= STEP_WORK) {
      work = 0;
      yield;
    }
    if (source.overlaps(rows[i]!, range)) {
      work += LATE_ROW_WORK;
      const first = chunks.length;
      source.eachChunk(rows[i]!, range, (chunk) => chunks.push(chunk));
      reverseFrom(chunks, first);
      const count = source.openCount(rows[i]!);
      if (count > 0) {
        const found = source.copyOpen(rows[i]!, times, bits, at);
        if (found.histograms !== null) {
          histograms ??= new Array<null>(open).fill(null);
          for (let j = 0; j < count; j++) histograms[at + j] = found.histograms[j]!;
        }
        if (found.startTimes !== null) {
          startTimes ??= new Float64Array(open);
          startTimes.set(found.startTimes, at);
        }
      }
      at += count;
    }
    chunkStarts[i + 1] = chunks.length;
    openStarts[i + 1] = at;
  }
  return { chunkStarts, chunks: new Uint32Array(chunks), openStarts, times, bits, histograms, startTimes };
}

/** True where place `i` of the rows has late samples. */
export function hasLateSamples({ chunkStarts, openStarts }: LateSamples, i: number): boolean {
  return chunkStarts[i]! < chunkStarts[i + 1]! || openStarts[i]! < openStarts[i + 1]!;
}

/**
 * Appends the late samples of place `i` to a column, in the order in which they came: runs with rising times, for
 * `sortColumn`. `decode` appends the samples of one sealed chunk.
 */
export function readLateSamples(
  late: LateSamples,
  i: number,
  decode: (chunk: number, into: SampleColumn) => void,
  into: SampleColumn,
): void {
  for (let at = late.chunkStarts[i]!; at < late.chunkStarts[i + 1]!; at++) decode(late.chunks[at]!, into);
  const from = late.openStarts[i]!;
  const to = late.openStarts[i + 1]!;
  reserveSampleColumn(into, into.length + to - from);
  for (let at = from; at < to; at++) {
    const target = into.length++;
    into.times[target] = late.times[at]!;
    into.bits[2 * target] = late.bits[2 * at]!;
    into.bits[2 * target + 1] = late.bits[2 * at + 1]!;
    const start = late.startTimes === null ? 0 : late.startTimes[at]!;
    if (start !== 0) into.startTimes ??= new Float64Array(into.times.length);
    if (into.startTimes !== null) into.startTimes[target] = start;
    const flat = late.histograms?.[at] ?? null;
    if (flat !== null) {
      into.histograms ??= new Array<undefined>(target).fill(undefined);
      if (flat.encoding === ENCODING.histogram) into.integerCounts ??= new Uint8Array(into.times.length);
    }
    if (into.histograms !== null) into.histograms[target] = flat === null ? undefined : floatHistogramFromFlat(flat);
    if (into.integerCounts) into.integerCounts[target] = flat?.encoding === ENCODING.histogram ? 1 : 0;
  }
}

function reverseFrom(list: number[], first: number): void {
  for (let i = first, j = list.length - 1; i < j; i++, j--) [list[i], list[j]] = [list[j]!, list[i]!];
}
