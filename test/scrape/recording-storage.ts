import { labelsFromBytes } from '../../src/model/label-bytes.ts';
import type { Labels } from '../../src/model/labels.ts';
import { isStale } from '../../src/model/stale.ts';
import {
  type Appendable,
  type Appender,
  type AppendOutcome,
  REFUSED,
  type SampleBatch,
  type SeriesRef,
} from '../../src/storage/append.ts';

export interface RecordedSample {
  readonly time: number;
  /** `stale` for a staleness marker. */
  readonly value: number | 'stale';
}

interface Series {
  readonly labels: Labels;
  readonly samples: RecordedSample[];
}

/** A storage that keeps everything in plain lists and checks samples as the head does. */
export class RecordingStorage implements Appendable {
  readonly #byRef = new Map<SeriesRef, Series>();
  readonly #byKey = new Map<string, SeriesRef>();
  #lastRef = 0;
  #open: RecordingAppender | null = null;
  /** Set to make the next commit fail. */
  commitError: Error | null = null;
  /** As `name{labels} {exemplar's labels} value@time`, in the order of commits. */
  readonly exemplars: string[] = [];
  commits = 0;

  appender(): Appender {
    if (this.#open !== null) throw new Error('an appender is open already');
    this.#open = new RecordingAppender(this);
    return this.#open;
  }

  inSteps<T>(work: Generator<undefined, T>): Generator<undefined, T> {
    return work;
  }

  *settle(): Generator<undefined, void> {}

  settled(): null {
    return null;
  }

  /** Everything stored, as `name{labels} value@time ...` without the given target labels, by series. */
  dump(...hidden: string[]): string[] {
    const lines: string[] = [];
    for (const { labels, samples } of this.#byRef.values()) {
      if (samples.length === 0) continue;
      let shown = labels;
      for (const name of hidden) shown = shown.without(name);
      const text = samples.map(({ value, time }) => `${value}@${time}`).join(' ');
      lines.push(`${labels.get('__name__')}${shown.without('__name__')} ${text}`);
    }
    return lines.sort();
  }

  /** Samples of the series with exactly this name and, where given, labels' text. */
  samples(name: string, labels?: string): readonly RecordedSample[] {
    for (const series of this.#byRef.values()) {
      if (series.labels.get('__name__') !== name) continue;
      if (labels === undefined || series.labels.without('__name__').toString() === labels) return series.samples;
    }
    return [];
  }

  get seriesCount(): number {
    return this.#byRef.size;
  }

  /** Forgets series, as the head does with old ones: their refs are unknown from now on. */
  forget(name: string): void {
    for (const [ref, { labels }] of this.#byRef) {
      if (labels.get('__name__') !== name) continue;
      this.#byRef.delete(ref);
      this.#byKey.delete(labels.key);
    }
  }

  resolve(labels: Labels): SeriesRef {
    const known = this.#byKey.get(labels.key);
    if (known !== undefined) return known;
    const ref = ++this.#lastRef;
    this.#byKey.set(labels.key, ref);
    this.#byRef.set(ref, { labels, samples: [] });
    return ref;
  }

  series(ref: SeriesRef): Series | undefined {
    return this.#byRef.get(ref);
  }

  closed(): void {
    this.#open = null;
  }
}

class RecordingAppender implements Appender {
  readonly #storage: RecordingStorage;
  readonly #pending: { readonly ref: SeriesRef; readonly sample: RecordedSample }[] = [];
  readonly #batches: { readonly batch: SampleBatch; readonly copy: string }[] = [];
  #done = false;

  constructor(storage: RecordingStorage) {
    this.#storage = storage;
  }

  resolve(labels: Labels): SeriesRef {
    this.#assertOpen();
    return this.#storage.resolve(labels);
  }

  resolveBytes(bytes: Uint8Array, start: number): SeriesRef {
    return this.resolve(labelsFromBytes(bytes, start));
  }

  append(batch: SampleBatch): AppendOutcome {
    this.#assertOpen();
    const refused: number[] = [];
    const reasons: number[] = [];
    for (let i = 0; i < batch.length; i++) {
      const value = isStale(batch.bits, i) ? 'stale' : batch.values[i]!;
      const reason = this.#refusal(batch.refs[i]!, { time: batch.times[i]!, value });
      if (reason === 0) {
        this.#pending.push({ ref: batch.refs[i]!, sample: { time: batch.times[i]!, value } });
      } else if (reason > 0) {
        refused.push(i);
        reasons.push(reason);
      }
    }
    this.#batches.push({ batch, copy: contentOf(batch) });
    return {
      appended: batch.length - refused.length,
      refusedCount: refused.length,
      refused: new Uint32Array(refused),
      reasons: new Uint8Array(reasons),
    };
  }

  // biome-ignore lint/correctness/useYield: one step
  *appendInSteps(batch: SampleBatch): Generator<undefined, AppendOutcome> {
    return this.append(batch);
  }

  // biome-ignore lint/correctness/useYield: one step
  *commitInSteps(): Generator<undefined, void> {
    this.commit();
  }

  refuses(): boolean {
    return false;
  }

  lastValue(): null {
    return null;
  }

  commit(): void {
    this.#end();
    for (const { batch, copy } of this.#batches) {
      if (contentOf(batch) !== copy) throw new Error('a batch was changed before commit');
    }
    const { commitError } = this.#storage;
    this.#storage.commitError = null;
    if (commitError !== null) throw commitError;
    this.#storage.commits++;
    for (const { ref, labels, value, time } of this.#batches.flatMap(({ batch }) => batch.exemplars)) {
      const series = this.#storage.series(ref)!.labels;
      const name = series.get('__name__');
      this.#storage.exemplars.push(`${name}${series.without('__name__')} ${labels} ${value}@${time}`);
    }
    for (const { ref, sample } of this.#pending) this.#storage.series(ref)!.samples.push(sample);
  }

  rollback(): void {
    this.#end();
  }

  /** A reason, 0 for none, -1 for an identical sample that drops out. */
  #refusal(ref: SeriesRef, sample: RecordedSample): number {
    const series = this.#storage.series(ref);
    if (series === undefined) return REFUSED.unknownRef;
    const last = this.#pending.findLast((at) => at.ref === ref)?.sample ?? series.samples.at(-1);
    if (last === undefined || sample.time > last.time) return 0;
    if (sample.time < last.time) return REFUSED.outOfOrder;
    return Object.is(sample.value, last.value) ? -1 : REFUSED.duplicate;
  }

  #assertOpen(): void {
    if (this.#done) throw new Error('the appender is closed');
  }

  #end(): void {
    this.#assertOpen();
    this.#done = true;
    this.#storage.closed();
  }
}

function contentOf(batch: SampleBatch): string {
  const { length, refs, times, bits } = batch;
  return `${refs.subarray(0, length)}|${times.subarray(0, length)}|${bits.subarray(0, 2 * length)}`;
}
