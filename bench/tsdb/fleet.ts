import { LABEL_SIZE_BYTES_MAX, writeLabelSize } from '../../src/model/label-bytes.ts';
import { type Labels, labelsFromObject } from '../../src/model/labels.ts';
import { writeStale } from '../../src/model/stale.ts';
import { type Appendable, createSampleBatch, type SampleBatch } from '../../src/storage/append.ts';

/** Series of one target; a batch has those of one target, as a scrape has. */
const TARGET_SERIES = 1000;
const METRICS = 200;

/**
 * A fleet of targets of 1,000 series each, with ten labels: counters, gauges and some that never change, each value a
 * function of series and step.
 */
export class Fleet {
  readonly series: number;
  readonly stepMs: number;
  readonly #start: number;
  readonly #labelsOf: (series: number) => Labels;
  readonly #refs: Float64Array;
  /** The label bytes of one target's series, one behind the other as in a request, and where each begins and ends. */
  #labels = new Uint8Array(1 << 20);
  readonly #ends = new Uint32Array(TARGET_SERIES + 1);
  readonly #batch: SampleBatch = createSampleBatch(TARGET_SERIES);

  /** `start` is the time of step 0, ms. */
  constructor(series: number, start: number, stepMs = 15_000, labels: (series: number) => Labels = labelsOf) {
    this.series = series;
    this.#labelsOf = labels;
    this.stepMs = stepMs;
    this.#start = start;
    this.#refs = new Float64Array(series);
  }

  get targets(): number {
    return Math.ceil(this.series / TARGET_SERIES);
  }

  /**
   * Makes what a target's answer has, for the `scrape` that follows: values, and the label bytes of its series where they
   * are new.
   */
  prepare(target: number, step: number): void {
    const from = target * TARGET_SERIES;
    const count = Math.min(TARGET_SERIES, this.series - from);
    const { values } = this.#batch;
    for (let i = 0; i < count; i++) values[i] = valueOfSeries(from + i, step);
    if (this.#refs[from] !== 0) return;
    let at = 0;
    for (let i = 0; i < count; i++) {
      at = writeLabels(this.#labels, at, this.#labelsOf(from + i));
      this.#ends[i + 1] = at;
    }
  }

  /** After `prepare`: appends one sample of every series of a target, and creates them at the first time. */
  scrape(into: Appendable, target: number, step: number): void {
    const from = target * TARGET_SERIES;
    const count = Math.min(TARGET_SERIES, this.series - from);
    const batch = this.#batch;
    const appender = into.appender();
    const time = this.#start + step * this.stepMs + (target % this.stepMs);
    for (let i = 0; i < count; i++) {
      const series = from + i;
      if (this.#refs[series] === 0)
        this.#refs[series] = appender.resolveBytes(this.#labels, this.#ends[i]!, this.#ends[i + 1]!);
      batch.refs[i] = this.#refs[series]!;
      batch.times[i] = time;
    }
    batch.length = count;
    const { refusedCount } = appender.append(batch);
    if (refusedCount > 0) throw new Error(`${refusedCount} samples were refused`);
    appender.commit();
  }

  /** A target that was scraped before is gone: each of its series gets a stale marker. */
  end(into: Appendable, target: number, step: number): void {
    const from = target * TARGET_SERIES;
    const count = Math.min(TARGET_SERIES, this.series - from);
    const batch = this.#batch;
    for (let i = 0; i < count; i++) {
      batch.refs[i] = this.#refs[from + i]!;
      batch.times[i] = this.#start + step * this.stepMs + (target % this.stepMs);
      writeStale(batch.bits, i);
    }
    batch.length = count;
    const appender = into.appender();
    appender.append(batch);
    appender.commit();
  }

  /** One step of the whole fleet. */
  scrapeAll(into: Appendable, step: number): void {
    for (let target = 0; target < this.targets; target++) {
      this.prepare(target, step);
      this.scrape(into, target, step);
    }
  }
}

export function labelsOf(series: number): Labels {
  const target = Math.floor(series / TARGET_SERIES);
  const own = series % TARGET_SERIES;
  return labelsFromObject({
    __name__: `process_subsystem_requests_${own % METRICS}_total`,
    cluster: `eu-${target % 3}`,
    code: String(200 + Math.floor(own / METRICS)),
    container: `worker-${target % 20}`,
    env: target % 2 === 0 ? 'production' : 'staging',
    instance: `10.${(target >>> 16) & 255}.${(target >>> 8) & 255}.${target & 255}:9100`,
    job: `job-${target % 50}`,
    namespace: `team-${target % 30}`,
    node: `node-${target >>> 3}.example.internal`,
    pod: `worker-${target % 20}-7d9f8c6b5-${target.toString(36).padStart(5, '0')}`,
  });
}

/** As `bytesFromLabels`, behind others and without garbage, which the database would have to wait for; returns the end. */
function writeLabels(target: Uint8Array, start: number, { pairs }: Labels): number {
  let at = writeLabelSize(target, start, pairs.length / 2);
  for (const text of pairs) {
    if (at + LABEL_SIZE_BYTES_MAX + text.length > target.length) throw new RangeError('a target has too many labels');
    at = writeLabelSize(target, at, text.length);
    for (let i = 0; i < text.length; i++) target[at++] = text.charCodeAt(i);
  }
  return at;
}

/** Six of ten are counters at a rate of their own, three gauges, one never changes. */
export function valueOfSeries(series: number, step: number): number {
  const kind = series % 10;
  if (kind < 6) return step * (1 + (series % 37)) + Math.floor(wave(series, step) * (series % 7));
  if (kind < 9) return Math.round(1e4 * wave(series, step)) / 16;
  return series;
}

/** 0 to 1, without rhyme. */
function wave(series: number, step: number): number {
  let bits = Math.imul(series ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(step + 1, 0xc2b2ae35);
  bits = Math.imul(bits ^ (bits >>> 15), 0x2c1b3c6d);
  return ((bits ^ (bits >>> 13)) >>> 0) / 2 ** 32;
}
