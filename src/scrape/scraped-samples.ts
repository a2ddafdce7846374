import type { Body } from '../exposition/body.ts';
import type { ExpositionRows } from '../exposition/rows.ts';
import {
  type Appender,
  type AppendOutcome,
  createSampleBatch,
  REFUSED,
  reserveSampleBatch,
  type SampleBatch,
} from '../storage/append.ts';
import type { FinishedScrape, IngestFeatures, IngestTarget } from './ingest-target.ts';
import { pushBits } from './push-sample.ts';
import type { KindCursor } from './series-kinds.ts';
import { NOT_TAKEN, SeriesMeeting } from './series-meeting.ts';

/** Samples further in the future than this are refused. */
const AHEAD_MS_MAX = 10 * 60_000;

/** Bits of `ScrapedSamples.#flags`. */
const FRESH = 1;
const TRACKED = 2;

const NO_COUNTS = { scraped: 0, added: 0, seriesAdded: 0, outOfOrder: 0, duplicates: 0, outOfBounds: 0 };

/** The rows of a body as a batch for the storage, and what came of them. Used again for each scrape. */
export class ScrapedSamples {
  readonly batch: SampleBatch = createSampleBatch(1024);
  readonly counts = { ...NO_COUNTS };
  readonly #rows: ExpositionRows;
  readonly #typeAndUnitLabels: boolean;
  /** Of the rows, ms, 0 = none; null where start times are not asked for. */
  #startTimes: Float64Array | null = null;
  /** For each row of the batch, the series' entry in the cache and its flags. */
  #entries = new Uint32Array(1024);
  #flags = new Uint8Array(1024);
  /** The entry of the row before. */
  #previous = 0;
  /** Start times of the batch, where there are any. */
  #starts = new Float64Array(0);
  /** Samples whose refs had to be resolved again. */
  readonly #retries: SampleBatch = createSampleBatch(16);
  readonly #meeting = new SeriesMeeting();

  constructor(rows: ExpositionRows, features: IngestFeatures) {
    this.#rows = rows;
    this.#typeAndUnitLabels = features.typeAndUnitLabels;
    this.batch.startsAsZero = features.startsAsZero;
  }

  /** Counts from zero on. */
  restart(): void {
    Object.assign(this.counts, NO_COUNTS);
  }

  /** Makes room for the rows there are now. */
  begin(startTimes: Float64Array | null): void {
    this.#startTimes = startTimes;
    this.#previous = 0;
    this.#reserve(this.#rows.length);
  }

  /** Makes samples of rows `from..to-1`: the loop over everything that a target sent. */
  fill(
    target: IngestTarget,
    scrape: FinishedScrape,
    body: Body,
    kinds: KindCursor,
    appender: Appender,
    from: number,
    to: number,
  ): void {
    const { series, settings } = target;
    const { cache, pass, successfulPass } = series;
    const { hasTime, times, bits, entries: known, seriesStart, seriesEnd } = this.#rows;
    const { honorTimestamps, labeling, trackTimestampsStaleness } = settings;
    const samplesMax = settings.sampleLimit > 0 ? settings.sampleLimit : Number.POSITIVE_INFINITY;
    const samples = this.batch;
    const batchEntries = this.#entries;
    const batchFlags = this.#flags;
    const batchBits = samples.bits;
    const batchRefs = samples.refs;
    const batchTimes = samples.times;
    const timeMax = scrape.now + AHEAD_MS_MAX;
    const typeAndUnitLabels = this.#typeAndUnitLabels;
    const startTimes = this.#startTimes;
    const batchStarts = samples.startTimes;
    const counts = this.counts;
    let { next, refs, lastSeen } = cache;
    let { added, seriesAdded: fresh } = counts;
    let filled = samples.length;
    let previous = this.#previous;

    for (let row = from; row < to; row++) {
      let entry = known[row]!;
      if (entry === 0) {
        counts.scraped = row + 1;
        counts.added = added;
        counts.seriesAdded = fresh;
        const name = { body, start: seriesStart[row]!, end: seriesEnd[row]! };
        entry = this.#meeting.meet(series, labeling, name, kinds.kindOf(row), filled < samplesMax, appender);
        ({ next, refs, lastSeen } = cache);
        if (entry === NOT_TAKEN) {
          added++;
          filled++;
          continue;
        }
      }
      if (next[previous] !== entry) next[previous] = entry;
      previous = entry;
      const seen = lastSeen[entry]!;
      lastSeen[entry] = pass;
      if (typeAndUnitLabels && seen < successfulPass && seen > 0)
        this.#describeAgain(target, entry, kinds.kindOf(row), appender);
      const ref = refs[entry]!;
      if (ref === 0) continue;
      added++;
      const timed = honorTimestamps && hasTime[row] === 1;
      if (seen === pass && !timed) {
        counts.duplicates++;
        continue;
      }
      if (timed && times[row]! > timeMax) {
        counts.outOfBounds++;
        continue;
      }
      if (filled >= samplesMax) {
        filled++;
        continue;
      }
      batchRefs[filled] = ref;
      batchTimes[filled] = timed ? times[row]! : scrape.time;
      batchBits[2 * filled] = bits[2 * row]!;
      batchBits[2 * filled + 1] = bits[2 * row + 1]!;
      if (batchStarts !== null) batchStarts[filled] = startTimes![row]!;
      batchEntries[filled] = entry;
      const isFresh = seen < successfulPass ? FRESH : 0;
      fresh += isFresh;
      batchFlags[filled] = isFresh | (!timed || trackTimestampsStaleness ? TRACKED : 0);
      filled++;
    }
    samples.length = filled;
    this.#previous = previous;
    counts.added = added;
    counts.seriesAdded = fresh;
  }

  /** A series that was away may come back with another type or unit; one that stays keeps its labels, as in the reference. */
  #describeAgain({ series, settings }: IngestTarget, entry: number, kind: number, appender: Appender): void {
    if (series.cache.kinds[entry] === kind) return;
    series.cache.kinds[entry] = kind;
    series.resolveAgain(entry, settings.labeling, appender);
  }

  /** After the batch was appended: counts refusals, resolves forgotten refs again and tracks the series that were taken; returns how many. */
  takeOutcome(target: IngestTarget, appender: Appender, outcome: AppendOutcome): number {
    const { series } = target;
    const { tracked } = series.cache;
    const { round } = series;
    const flags = this.#flags;
    const entries = this.#entries;
    const { refused, reasons, refusedCount } = outcome;
    this.#retries.length = 0;
    this.#retries.startTimes = null;
    let nextRefusal = refusedCount > 0 ? refused[0]! : -1;
    let refusal = 0;
    let trackedNow = 0;
    let kept = 0;
    for (let i = 0; i < this.batch.length; i++) {
      const entry = entries[i]!;
      if (i === nextRefusal) {
        const reason = reasons[refusal]!;
        refusal++;
        nextRefusal = refusal < refusedCount ? refused[refusal]! : -1;
        if (!this.#retry(target, appender, i, reason)) {
          series.cache.lastSeen[entry] = 0;
          this.counts.seriesAdded -= flags[i]! & FRESH;
          continue;
        }
      }
      const trackedIn = tracked[entry]!;
      if ((flags[i]! & TRACKED) !== 0 && trackedIn !== round + 1) {
        if (trackedIn === round) kept++;
        tracked[entry] = round + 1;
        trackedNow++;
      }
    }
    series.trackedCount -= kept;
    if (this.#retries.length > 0) {
      const again = appender.append(this.#retries);
      for (let i = 0; i < again.refusedCount; i++) this.#countRefusal(again.reasons[i]!);
    }
    return trackedNow;
  }

  /** True where sample `index` goes in again under a new ref; else the refusal is counted. */
  #retry(target: IngestTarget, appender: Appender, index: number, reason: number): boolean {
    if (reason !== REFUSED.unknownRef) {
      this.#countRefusal(reason);
      return false;
    }
    const ref = target.series.resolveAgain(this.#entries[index]!, target.settings.labeling, appender);
    if (ref === 0) return false;
    const { bits, startTimes, times } = this.batch;
    pushBits(this.#retries, ref, times[index]!, bits[2 * index]!, bits[2 * index + 1]!);
    if (startTimes !== null) {
      this.#retries.startTimes ??= new Float64Array(this.#retries.refs.length);
      this.#retries.startTimes[this.#retries.length - 1] = startTimes[index]!;
    }
    return true;
  }

  #countRefusal(reason: number): void {
    if (reason === REFUSED.outOfOrder) this.counts.outOfOrder++;
    else if (reason === REFUSED.duplicate) this.counts.duplicates++;
    else this.counts.outOfBounds++;
  }

  #startsOf(capacity: number): Float64Array {
    if (this.#starts.length < capacity) this.#starts = new Float64Array(capacity);
    return this.#starts;
  }

  #reserve(rows: number): void {
    this.batch.length = 0;
    reserveSampleBatch(this.batch, rows);
    this.batch.startTimes = this.#startTimes === null ? null : this.#startsOf(this.batch.refs.length);
    if (this.#entries.length < rows) {
      this.#entries = new Uint32Array(this.batch.refs.length);
      this.#flags = new Uint8Array(this.batch.refs.length);
    }
  }
}
