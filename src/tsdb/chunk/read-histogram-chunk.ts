import { floatHistogramNext, integerHistogramNext, isStaleSum } from '../../kernels/histogram-decode.ts';
import {
  COUNT_SLOT,
  createHistogramState,
  FIRST_BUCKET,
  type HistogramState,
  SUM_SLOT,
  ZERO_SLOT,
} from '../../kernels/histogram-state.ts';
import { START_TIME_STATE, takeStartTime } from '../../kernels/start-time-decode.ts';
import type { CounterResetHint, FloatHistogram } from '../../model/histogram.ts';
import { partsWork } from '../../model/histogram-work.ts';
import { noteHistogramBytes, reserveSampleColumn, type SampleColumn } from '../../storage/query.ts';
import { ENCODING } from './encoding.ts';
import {
  CHUNK_RESET,
  CHUNK_RESET_MASK,
  EMPTY_LAYOUT,
  HISTOGRAM_HEADER_BYTES,
  type HistogramLayout,
  readLayout,
} from './histogram-layout.ts';

/** The chunk is shorter than its header. */
const HISTOGRAM_NO_HEADER = -5;

/**
 * Walks the samples of the histogram chunk in `bytes[offset .. offset + byteLength)`, of an encoding for
 * histograms, with start times or without. `view` covers the same bytes as `bytes`; the header's count is not looked at.
 *
 * Order of calls: `open` once, then `next` for each sample. Both return 0, or a negative code after which the reader
 * is of no more use. The state shows the sample that `next` read; it may be appended to when all were read.
 */
export class HistogramChunkReader {
  layout: HistogramLayout = EMPTY_LAYOUT;
  state: HistogramState = createHistogramState(0);
  /** Absolute counts of the buckets, from slot `FIRST_BUCKET` on. */
  counts: Float64Array = this.state.values;
  /** What the header says of a counter reset. */
  counterReset = 0;
  /** The start time of the sample that `next` read (ms, 0 = none). */
  startTime = 0;
  #bytes: Uint8Array = new Uint8Array(0);
  #view: DataView = new DataView(new ArrayBuffer(0));
  #bit = 0;
  #end = 0;
  #isFirst = true;
  #isInteger = true;
  /** The header of start times, 0 where the encoding has none, and their state. */
  #startHeader = 0;
  readonly #start = new Float64Array(START_TIME_STATE);
  #index = 0;

  open(bytes: Uint8Array, view: DataView, offset: number, byteLength: number, encoding: number): number {
    if (byteLength < HISTOGRAM_HEADER_BYTES) return HISTOGRAM_NO_HEADER;
    this.#bytes = bytes;
    this.#view = view;
    this.#end = (offset + byteLength) * 8;
    this.#isFirst = true;
    this.#isInteger = hasIntegerCounts(encoding);
    const hasStartTimes = encoding >= ENCODING.histogramStartTimes;
    this.#startHeader = hasStartTimes ? bytes[offset + 2]! : 0;
    this.#index = 0;
    this.startTime = 0;
    this.counterReset = bytes[hasStartTimes ? offset : offset + 2]! & CHUNK_RESET_MASK;
    const next = { bit: 0 };
    const layout = readLayout(bytes, (offset + HISTOGRAM_HEADER_BYTES) * 8, this.#end, next);
    if (typeof layout === 'number') return layout;
    this.#bit = next.bit;
    this.layout = layout;
    this.state = createHistogramState(layout.positiveBuckets + layout.negativeBuckets);
    this.counts = this.#isInteger ? new Float64Array(this.state.values.length) : this.state.values;
    return 0;
  }

  next(): number {
    const { state, layout, counts } = this;
    const slots = state.values.length;
    const first = this.#isFirst;
    const previous = state.times[0]!;
    const negativeFrom = FIRST_BUCKET + layout.positiveBuckets;
    const bit = this.#isInteger
      ? integerHistogramNext(this.#bytes, this.#view, this.#bit, this.#end, state, slots, negativeFrom, counts, first)
      : floatHistogramNext(this.#bytes, this.#view, this.#bit, this.#end, state, slots, first);
    if (bit < 0) return bit;
    this.#isFirst = false;
    this.#bit = bit;
    if (this.#startHeader === 0) return 0;
    const index = this.#index++;
    const header = this.#startHeader;
    const next = takeStartTime(this.#bytes, bit, this.#end, header, index, state.times[0]!, previous, this.#start);
    if (next < 0) return next;
    this.#bit = next;
    this.startTime = this.#start[0]!;
    return 0;
  }

  /** The sample that was read, as PromQL takes it. A stale marker has its sum alone. */
  histogram(counterResetHint: CounterResetHint): FloatHistogram {
    const { values, halves } = this.state;
    if (isStaleSum(halves)) return { ...STALE_FIELDS, sum: values[SUM_SLOT]! };
    const { schema, zeroThreshold, positiveSpans, negativeSpans, customValues, positiveBuckets } = this.layout;
    const negativeFrom = FIRST_BUCKET + positiveBuckets;
    return {
      kind: 'float',
      counterResetHint,
      schema,
      zeroThreshold,
      count: values[COUNT_SLOT]!,
      zeroCount: values[ZERO_SLOT]!,
      sum: values[SUM_SLOT]!,
      positiveSpans,
      negativeSpans,
      customValues,
      positiveCounts: listOf(this.counts, FIRST_BUCKET, negativeFrom),
      negativeCounts: listOf(this.counts, negativeFrom, values.length),
    };
  }
}

/**
 * Appends `count` samples of a histogram chunk to a column. Their values are the sums, by bits, so that a stale marker
 * is seen like any other. A reader that counts what it takes has `HistogramTooLarge` thrown where they are that. Hints are as the reference gives them: nothing is known of a chunk's first sample, the later
 * ones follow without a reset, and those of a gauge chunk are gauges. Returns 0 or a negative code.
 */
export function readHistogramChunk(
  bytes: Uint8Array,
  view: DataView,
  offset: number,
  byteLength: number,
  encoding: number,
  count: number,
  into: SampleColumn,
): number {
  const reader = new HistogramChunkReader();
  const opened = reader.open(bytes, view, offset, byteLength, encoding);
  if (opened < 0) return opened;
  reserveSampleColumn(into, into.length + count);
  const { state } = reader;
  const histograms = (into.histograms ??= []);
  while (histograms.length < into.length) histograms.push(undefined);
  const from = into.length;
  const isGauge = reader.counterReset === CHUNK_RESET.gauge;
  const { costs } = into;
  const parts = partsOf(reader.layout);
  const work = costs ? partsWork(parts) : 0;
  for (let i = 0; i < count; i++) {
    // A chunk may have thousands of them.
    if (costs && parts > TOLD_PARTS) {
      costs.spend(work);
      noteHistogramBytes(into, (i + 1) * NUMBER_BYTES * parts);
    }
    const code = reader.next();
    if (code < 0) return code;
    const at = into.length++;
    into.times[at] = state.times[0]!;
    into.bits[2 * at] = state.halves[2 * SUM_SLOT]!;
    into.bits[2 * at + 1] = state.halves[2 * SUM_SLOT + 1]!;
    if (reader.startTime !== 0) into.startTimes ??= new Float64Array(into.times.length);
    if (into.startTimes !== null) into.startTimes[at] = reader.startTime;
    histograms.push(reader.histogram(isGauge ? 'gauge' : i > 0 ? 'notReset' : 'unknown'));
  }
  const isInteger = hasIntegerCounts(encoding);
  if (isInteger) into.integerCounts ??= new Uint8Array(into.times.length);
  into.integerCounts?.fill(isInteger ? 1 : 0, from, into.length);
  return 0;
}

/** Chunks of histograms with fewer parts are told of by whoever reads many chunks. */
const TOLD_PARTS = 1000;
const NUMBER_BYTES = 8;

function partsOf(layout: HistogramLayout): number {
  const { customValues, negativeBuckets, negativeSpans, positiveBuckets, positiveSpans } = layout;
  return positiveBuckets + negativeBuckets + positiveSpans.length + negativeSpans.length + customValues.length;
}

function hasIntegerCounts(encoding: number): boolean {
  return encoding === ENCODING.histogram || encoding === ENCODING.histogramStartTimes;
}

const STALE_FIELDS = {
  kind: 'float',
  counterResetHint: 'unknown',
  schema: 0,
  zeroThreshold: 0,
  count: 0,
  zeroCount: 0,
  positiveSpans: [],
  negativeSpans: [],
  customValues: [],
  positiveCounts: [],
  negativeCounts: [],
} as const;

function listOf(counts: Float64Array, from: number, to: number): number[] {
  const list: number[] = [];
  for (let i = from; i < to; i++) list.push(counts[i]!);
  return list;
}
