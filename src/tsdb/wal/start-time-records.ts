import { runInTurns } from '../../std/turns.ts';
import type { HistogramEntry } from '../../storage/append.ts';
import { groupHistograms } from './histogram-groups.ts';
import { RecordBuffer } from './record-buffer.ts';
import { RECORD, START_TIME } from './record-types.ts';
import { writeHistogram } from './records.ts';

/**
 * Batches to the records that have a start time for each sample. The byte layouts are drawn in docs/formats/wal.md; what
 * holds for `records.ts` holds here.
 */
const buffer = new RecordBuffer();

/** As `samplesRecord`; `startTimes` null: no sample has one. */
export function samplesV2Record(
  refs: Float64Array,
  times: Float64Array,
  startTimes: Float64Array | null,
  bits: Uint32Array,
  indexes: Uint32Array,
  count: number,
): Uint8Array {
  return runInTurns(samplesV2RecordInSteps(refs, times, startTimes, bits, indexes, 0, count), null);
}

/** As `samplesV2Record`, of the rows `indexes[from..to-1]`, in steps of a millisecond. */
export function* samplesV2RecordInSteps(
  refs: Float64Array,
  times: Float64Array,
  startTimes: Float64Array | null,
  bits: Uint32Array,
  indexes: Uint32Array,
  from: number,
  to: number,
): Generator<undefined, Uint8Array> {
  // One of its own where others are made while it is filled.
  const into = to - from > STEP_SAMPLES ? new RecordBuffer() : buffer;
  into.begin(RECORD.samplesV2);
  const place = new Place(into);
  for (let k = from; k < to; k++) {
    if (k > from && (k - from) % STEP_SAMPLES === 0) yield;
    const row = indexes[k]!;
    place.put(refs[row]!, times[row]!, startTimes === null ? 0 : startTimes[row]!);
    into.reserve(8);
    into.view.setUint32(into.size, bits[2 * row + 1]!);
    into.view.setUint32(into.size + 4, bits[2 * row]!);
    into.size += 8;
  }
  return into.take();
}

/**
 * As `histogramRecords`: one record for the integer ones and one for those of floats, which hold those with custom
 * buckets as well.
 */
export function histogramV2Records(entries: readonly HistogramEntry[]): Uint8Array[] {
  return runInTurns(histogramV2RecordsInSteps(entries), null);
}

/** As `histogramV2Records`, in steps of a millisecond. */
export function* histogramV2RecordsInSteps(entries: readonly HistogramEntry[]): Generator<undefined, Uint8Array[]> {
  const records: Uint8Array[] = [];
  for (const [kind, chosen] of groupHistograms(entries, ({ histogram }) => histogram.kind)) {
    const into = chosen.length > STEP_HISTOGRAMS ? new RecordBuffer() : buffer;
    into.begin(kind === 'integer' ? RECORD.histogramsV2 : RECORD.floatHistogramsV2);
    const place = new Place(into);
    for (const [i, { histogram, ref, startTime, time }] of chosen.entries()) {
      if (i > 0 && i % STEP_HISTOGRAMS === 0) yield;
      place.put(ref, time, startTime);
      writeHistogram(into, histogram);
    }
    records.push(into.take());
  }
  return records;
}

/** Written in one step. */
const STEP_SAMPLES = 16_384;
const STEP_HISTOGRAMS = 512;

/** Where a sample belongs: its ref against the one before, its time against the first, and its start time. */
class Place {
  readonly #buffer: RecordBuffer;
  #isFirst = true;
  #ref = 0;
  #firstTime = 0;
  #firstStart = 0;
  #start = 0;

  constructor(buffer: RecordBuffer) {
    this.#buffer = buffer;
  }

  put(ref: number, time: number, startTime: number): void {
    const buffer = this.#buffer;
    const start = Number.isSafeInteger(startTime) ? startTime : 0;
    buffer.delta(ref, this.#ref);
    buffer.delta(time, this.#firstTime);
    if (this.#isFirst) {
      buffer.varint(start);
      this.#isFirst = false;
      this.#firstTime = time;
      this.#firstStart = start;
    } else if (start === 0) {
      buffer.byte(START_TIME.none);
    } else if (start === this.#start) {
      buffer.byte(START_TIME.same);
    } else {
      buffer.byte(START_TIME.explicit);
      buffer.delta(start, this.#firstStart);
    }
    this.#ref = ref;
    this.#start = start;
  }
}
