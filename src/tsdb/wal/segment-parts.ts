import type { TimeRange } from '../../storage/query.ts';
import type { LogRecord } from './compressed-samples.ts';
import { RECORD } from './record-types.ts';

/** Nothing is known of the times of what is logged. */
export const ANY_TIMES: TimeRange = { minTime: Number.NEGATIVE_INFINITY, maxTime: Number.POSITIVE_INFINITY };
/** What is logged has no samples or exemplars. */
export const NO_TIMES: TimeRange = { minTime: Number.POSITIVE_INFINITY, maxTime: Number.NEGATIVE_INFINITY };

/**
 * A part ends with the batch that makes it so large. With some 6 KB for a batch of 1,000 samples, a series that comes now and then
 * costs a look at a few batches around it. What is kept of a part takes 25 bytes.
 */
const PART_BYTES = 64 * 1024;

/** What lies where in a segment: plain data, for another thread. Parts follow each other; the last one ends with the segment. */
export interface SegmentParts {
  readonly segment: number;
  readonly count: number;
  /** Where each part begins; a record begins there too. */
  readonly starts: Float64Array;
  /** The oldest and the newest of its samples and exemplars, ms. */
  readonly minTimes: Float64Array;
  readonly maxTimes: Float64Array;
  /** 1 where it has other records than those. */
  readonly hasOthers: Uint8Array;
}

/**
 * Which parts of each segment have what, as it was written since this process began the segment. A checkpoint then reads no more of
 * a log than the parts that something has to be kept of: of hours of samples that went to blocks it is next to nothing. Of a segment
 * that is not here nothing is known.
 */
export class WrittenParts {
  readonly #partBytes: number;
  readonly #segments = new Map<number, GrowingParts>();
  /** The newest of them. */
  #last: GrowingParts | null = null;

  constructor(partBytes: number = PART_BYTES) {
    this.#partBytes = partBytes;
  }

  /**
   * Notes a batch that was, or may have been, written to a segment, behind those before. `times`: between which its samples and
   * exemplars lie, ms.
   */
  add(segment: number, start: number, records: readonly LogRecord[], times: TimeRange): void {
    let parts = this.#last;
    if (parts === null || parts.segment !== segment) {
      parts = this.#segments.get(segment) ?? new GrowingParts(segment);
      this.#segments.set(segment, parts);
      this.#last = parts;
    }
    if (parts.count === 0 || start - parts.lastStart >= this.#partBytes) parts.begin(start);
    parts.note(times, records.some(isOther));
  }

  /** Of the segments up to `last`. */
  upTo(last: number): SegmentParts[] {
    return [...this.#segments.values()].filter(({ segment }) => segment <= last).map((parts) => parts.data);
  }

  /** Forgets the segments up to `last`, which are gone. */
  drop(last: number): void {
    for (const segment of this.#segments.keys()) if (segment <= last) this.#segments.delete(segment);
    if (this.#last !== null && this.#last.segment <= last) this.#last = null;
  }
}

class GrowingParts {
  readonly segment: number;
  count = 0;
  #starts = new Float64Array(16);
  #minTimes = new Float64Array(16);
  #maxTimes = new Float64Array(16);
  #hasOthers = new Uint8Array(16);

  constructor(segment: number) {
    this.segment = segment;
  }

  get lastStart(): number {
    return this.#starts[this.count - 1]!;
  }

  get data(): SegmentParts {
    const { count } = this;
    return {
      segment: this.segment,
      count,
      starts: this.#starts.slice(0, count),
      minTimes: this.#minTimes.slice(0, count),
      maxTimes: this.#maxTimes.slice(0, count),
      hasOthers: this.#hasOthers.slice(0, count),
    };
  }

  begin(start: number): void {
    if (this.count === this.#starts.length) this.#grow();
    const at = this.count++;
    this.#starts[at] = start;
    this.#minTimes[at] = Number.POSITIVE_INFINITY;
    this.#maxTimes[at] = Number.NEGATIVE_INFINITY;
  }

  /** Something of the last part. */
  note({ minTime, maxTime }: TimeRange, hasOthers: boolean): void {
    const at = this.count - 1;
    this.#minTimes[at] = Math.min(this.#minTimes[at]!, minTime);
    this.#maxTimes[at] = Math.max(this.#maxTimes[at]!, maxTime);
    if (hasOthers) this.#hasOthers[at] = 1;
  }

  #grow(): void {
    const grown = (column: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> => {
      const larger = new Float64Array(2 * column.length);
      larger.set(column);
      return larger;
    };
    this.#starts = grown(this.#starts);
    this.#minTimes = grown(this.#minTimes);
    this.#maxTimes = grown(this.#maxTimes);
    const hasOthers = new Uint8Array(this.#starts.length);
    hasOthers.set(this.#hasOthers);
    this.#hasOthers = hasOthers;
  }
}

/** What a checkpoint does not keep or leave out by its times alone. */
function isOther(record: LogRecord): boolean {
  if (record instanceof Uint8Array) return !DATED.has(record[0]!);
  return 'snappy' in record;
}

const DATED: ReadonlySet<number> = new Set([
  RECORD.samples,
  RECORD.samplesV2,
  RECORD.histograms,
  RECORD.floatHistograms,
  RECORD.customHistograms,
  RECORD.customFloatHistograms,
  RECORD.histogramsV2,
  RECORD.floatHistogramsV2,
  RECORD.exemplars,
]);

/** What a checkpoint does with a run of parts. */
export type RunUse = 'skip' | 'keep' | 'thin';

/** Neighbouring parts of which the same is to be done: the bytes from `from` up to `to`, Infinity at the end of the segment. */
export interface PartRun extends TimeRange {
  readonly from: number;
  readonly to: number;
  /** `skip`: nothing of it stays; `keep`: every record; `thin`: has to be seen by looking at the records. */
  readonly use: RunUse;
}

/** The runs of a segment, where samples and exemplars before `minTime` (ms) go, in order. */
export function runsOf(parts: SegmentParts | undefined, minTime: number): readonly PartRun[] {
  if (parts === undefined) return [{ from: 0, to: Number.POSITIVE_INFINITY, use: 'thin', ...ANY_TIMES }];
  const runs: PartRun[] = [];
  for (let i = 0; i < parts.count; i++) {
    const times = { minTime: parts.minTimes[i]!, maxTime: parts.maxTimes[i]! };
    const use = treatmentOf(times, parts.hasOthers[i] === 1, minTime);
    const to = i + 1 < parts.count ? parts.starts[i + 1]! : Number.POSITIVE_INFINITY;
    const last = runs.at(-1);
    if (last?.use === use) {
      const { from } = last;
      const joined = { minTime: Math.min(last.minTime, times.minTime), maxTime: Math.max(last.maxTime, times.maxTime) };
      runs[runs.length - 1] = { from, to, use, ...joined };
    } else {
      runs.push({ from: parts.starts[i]!, to, use, ...times });
    }
  }
  return runs;
}

function treatmentOf(times: TimeRange, hasOthers: boolean, minTime: number): RunUse {
  if (hasOthers) return 'thin';
  if (times.maxTime < minTime) return 'skip';
  return times.minTime >= minTime ? 'keep' : 'thin';
}
