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
  buffer.begin(RECORD.samplesV2);
  const place = new Place();
  for (let i = 0; i < count; i++) {
    const row = indexes[i]!;
    place.put(refs[row]!, times[row]!, startTimes === null ? 0 : startTimes[row]!);
    buffer.reserve(8);
    buffer.view.setUint32(buffer.size, bits[2 * row + 1]!);
    buffer.view.setUint32(buffer.size + 4, bits[2 * row]!);
    buffer.size += 8;
  }
  return buffer.take();
}

/**
 * As `histogramRecords`: one record for the integer ones and one for those of floats, which hold those with custom
 * buckets as well.
 */
export function histogramV2Records(entries: readonly HistogramEntry[]): Uint8Array[] {
  return groupHistograms(entries, ({ histogram }) => histogram.kind).map(([kind, chosen]) => {
    buffer.begin(kind === 'integer' ? RECORD.histogramsV2 : RECORD.floatHistogramsV2);
    const place = new Place();
    for (const { histogram, ref, startTime, time } of chosen) {
      place.put(ref, time, startTime);
      writeHistogram(buffer, histogram);
    }
    return buffer.take();
  });
}

/** Where a sample belongs: its ref against the one before, its time against the first, and its start time. */
class Place {
  #isFirst = true;
  #ref = 0;
  #firstTime = 0;
  #firstStart = 0;
  #start = 0;

  put(ref: number, time: number, startTime: number): void {
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
