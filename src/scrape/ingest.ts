import type { Body } from '../exposition/body.ts';
import { CreatedTimes } from '../exposition/created-times.ts';
import type { BodyFormat } from '../exposition/negotiate.ts';
import { parseOpenMetricsBody } from '../exposition/open-metrics-format.ts';
import { createExpositionRows, type ExpositionRows } from '../exposition/rows.ts';
import { parseTextBody } from '../exposition/text-format.ts';
import {
  type Appendable,
  type Appender,
  type AppendOutcome,
  createSampleBatch,
  REFUSED,
  reserveSampleBatch,
  type SampleBatch,
} from '../storage/append.ts';
import { hasManyNew, isTargetsFault, meetAhead } from './meet-ahead.ts';
import type { MetadataStore } from './metadata-store.ts';
import { pushBits } from './push-sample.ts';
import { reportValues, type ScrapeReport } from './report-samples.ts';
import type { SampleLabeling } from './sample-labels.ts';
import { LabelLimitError, SampleLimitError } from './scrape-error.ts';
import { ScrapeTail } from './scrape-tail.ts';
import { scrapedExemplars } from './scraped-exemplars.ts';
import { KindCursor } from './series-kinds.ts';
import { NOT_TAKEN, reserveMeetings, SeriesMeeting } from './series-meeting.ts';
import type { TargetSeries } from './target-series.ts';

/** Samples further in the future than this are refused. */
const AHEAD_MS_MAX = 10 * 60_000;

/** What the job says about taking samples. */
export interface IngestSettings {
  readonly labeling: SampleLabeling;
  readonly honorTimestamps: boolean;
  readonly trackTimestampsStaleness: boolean;
  /** 0 for no limit. */
  readonly sampleLimit: number;
  readonly extraMetrics: boolean;
}

/** What of scrapes depends on features; nothing of it by default. */
export interface IngestFeatures {
  /** `_created` series of OpenMetrics are the start times of others, and no series of their own. */
  readonly startTimes: boolean;
  /** Start times are stored as zeros, too. */
  readonly startsAsZero: boolean;
  /** Series get labels that tell their type and unit. */
  readonly typeAndUnitLabels: boolean;
}

export const NO_INGEST_FEATURES: IngestFeatures = { startTimes: false, startsAsZero: false, typeAndUnitLabels: false };

/** Everything about one target that ingesting reads and changes. */
export interface IngestTarget {
  readonly settings: IngestSettings;
  readonly series: TargetSeries;
  readonly metadata: MetadataStore;
}

/** A scrape that has come to its end, one way or the other. */
export interface FinishedScrape {
  /** `null` where the scrape failed before there was one. */
  readonly body: Body | null;
  readonly format: BodyFormat;
  /** Milliseconds since the epoch for samples without time of their own. */
  readonly time: number;
  /** Milliseconds since the epoch; samples may be ten minutes ahead of it. */
  readonly now: number;
}

export interface IngestResult {
  readonly scraped: number;
  readonly added: number;
  readonly seriesAdded: number;
  readonly error: Error | null;
  readonly outOfOrder: number;
  readonly duplicates: number;
  readonly outOfBounds: number;
  readonly labelLimitExceeded: boolean;
  readonly sampleLimitExceeded: boolean;
  /** The cache grew beyond bounds while scrapes failed, and was emptied of what the last one did not show. */
  readonly cacheFlushed: boolean;
}

/** Bits of `Ingest.#flags`. */
const FRESH = 1;
const TRACKED = 2;

/**
 * Turns bodies into samples in the storage. One instance serves all targets: a scrape is ingested within one turn of
 * the event loop, so its columns are free again when it ends.
 */
export class Ingest {
  readonly #appendable: Appendable;
  readonly #features: IngestFeatures;
  readonly #createdTimes = new CreatedTimes();
  /** Of the rows at hand, ms, 0 = none; null where start times are not asked for. */
  #startTimes: Float64Array | null = null;
  readonly #rows: ExpositionRows = createExpositionRows(1024);
  readonly #samples: SampleBatch = createSampleBatch(1024);
  /** For each row of `#samples`, the series' entry in the cache and its flags. */
  #entries = new Uint32Array(1024);
  #flags = new Uint8Array(1024);
  /** Start times of `#samples`, where there are any. */
  #starts = new Float64Array(0);
  /** Samples whose refs had to be resolved again. */
  readonly #retries: SampleBatch = createSampleBatch(16);
  readonly #tail = new ScrapeTail();
  /** Has no samples: refs are resolved again before exemplars go in. */
  readonly #exemplars: SampleBatch = createSampleBatch(0);
  readonly #meeting = new SeriesMeeting();
  readonly #counts = { scraped: 0, added: 0, seriesAdded: 0, outOfOrder: 0, duplicates: 0, outOfBounds: 0 };

  constructor(appendable: Appendable, features: IngestFeatures = NO_INGEST_FEATURES) {
    this.#appendable = appendable;
    this.#features = features;
    this.#samples.startsAsZero = features.startsAsZero;
  }

  /** What is to be done in steps before `write` gets a body: making series where there are many new ones; null where there is nothing. */
  prepare(
    target: IngestTarget,
    scrape: { readonly body: Body; readonly format: BodyFormat },
  ): Generator<undefined, void> | null {
    return hasManyNew(target, scrape.body) ? meetAhead(this.#appendable, target, scrape, this.#features) : null;
  }

  /**
   * Writes a scrape: its samples, staleness markers for series that ended, and its report, all visible at once. A
   * failed scrape ends all series. `report` is asked for the report when the samples have been taken.
   *
   * @throws what the storage throws when it can not commit; nothing is written then
   */
  write(target: IngestTarget, scrape: FinishedScrape, report: (result: IngestResult) => ScrapeReport): IngestResult {
    const { series } = target;
    Object.assign(this.#counts, NO_COUNTS);
    let error: Error | null = null;
    let trackedNow = 0;
    let appender = this.#appendable.appender();
    let result: IngestResult;
    try {
      if (scrape.body !== null && scrape.body.size > 0) {
        try {
          trackedNow = this.#appendBody(target, scrape, scrape.body, appender);
        } catch (thrown) {
          if (!isTargetsFault(thrown)) throw thrown;
          error = thrown;
          appender.rollback();
          appender = this.#appendable.appender();
        }
      }
      this.#tail.begin(series, scrape.time);
      const succeeded = error === null && scrape.body !== null && scrape.body.size > 0;
      const cacheFlushed = this.#endRound(series, target.metadata, trackedNow, succeeded);
      result = {
        ...this.#counts,
        error,
        labelLimitExceeded: error instanceof LabelLimitError,
        sampleLimitExceeded: error instanceof SampleLimitError,
        cacheFlushed,
      };
      const { extraMetrics, labeling } = target.settings;
      const settings = { extraMetrics, targetLabels: labeling.targetLabels };
      this.#tail.appendReport(series, settings, scrape.time, reportValues(report(result)), appender);
    } catch (thrown) {
      appender.rollback();
      throw thrown;
    }
    appender.commit();
    return result;
  }

  /** Writes staleness markers for everything that a removed target had. Refusals mean that it came back. */
  writeEnd(target: IngestTarget, time: number): void {
    const { series } = target;
    const appender = this.#appendable.appender();
    try {
      this.#tail.begin(series, time);
      series.endRound(0);
      this.#tail.appendEnd(series, target.settings.extraMetrics, time, appender);
    } catch (thrown) {
      appender.rollback();
      throw thrown;
    }
    appender.commit();
  }

  /** Takes the body's samples; returns how many series are tracked for staleness now. */
  #appendBody(target: IngestTarget, scrape: FinishedScrape, body: Body, appender: Appender): number {
    const { series, settings } = target;
    const rows = this.#rows;
    series.pass++;
    let fault: unknown = null;
    try {
      if (scrape.format === 'text') parseTextBody(body, rows, series.cache);
      else parseOpenMetricsBody(body, rows, series.cache);
    } catch (error) {
      // Rows before the fault are still counted, as the reference does.
      fault = error;
    }
    const hasStartTimes = this.#features.startTimes && scrape.format !== 'text';
    this.#startTimes = hasStartTimes ? this.#createdTimes.take(body, rows) : null;
    target.metadata.update(body, rows);
    this.#reserve(rows.length);
    reserveMeetings(series.cache, rows);
    this.#fillSamples(target, scrape, body, appender);
    if (fault !== null) throw fault;
    if (settings.sampleLimit > 0 && this.#samples.length > settings.sampleLimit) throw new SampleLimitError();
    const trackedNow = this.#takeOutcome(target, appender, appender.append(this.#samples));
    if (rows.exemplarCount > 0) {
      this.#exemplars.exemplars = scrapedExemplars(body, rows, series.cache, scrape.time);
      appender.append(this.#exemplars);
    }
    return trackedNow;
  }

  /** Rows -> samples: the loop over everything that a target sent. */
  #fillSamples(target: IngestTarget, scrape: FinishedScrape, body: Body, appender: Appender): void {
    const { series, settings } = target;
    const { cache, pass, successfulPass } = series;
    const { hasTime, times, bits, entries: known, length, seriesStart, seriesEnd } = this.#rows;
    const { honorTimestamps, labeling, trackTimestampsStaleness } = settings;
    const samplesMax = settings.sampleLimit > 0 ? settings.sampleLimit : Number.POSITIVE_INFINITY;
    const samples = this.#samples;
    const batchEntries = this.#entries;
    const batchFlags = this.#flags;
    const batchBits = samples.bits;
    const batchRefs = samples.refs;
    const batchTimes = samples.times;
    const timeMax = scrape.now + AHEAD_MS_MAX;
    const { typeAndUnitLabels } = this.#features;
    const kinds = new KindCursor(body, this.#rows, typeAndUnitLabels ? series.kinds : null);
    const startTimes = this.#startTimes;
    const batchStarts = samples.startTimes;
    const counts = this.#counts;
    let { next, refs, lastSeen } = cache;
    let added = 0;
    let fresh = 0;
    let filled = 0;
    let previous = 0;
    samples.length = 0;

    for (let row = 0; row < length; row++) {
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
    counts.scraped = length;
    counts.added = added;
    counts.seriesAdded = fresh;
  }

  /** A series that was away may come back with another type or unit; one that stays keeps its labels, as in the reference. */
  #describeAgain({ series, settings }: IngestTarget, entry: number, kind: number, appender: Appender): void {
    if (series.cache.kinds[entry] === kind) return;
    series.cache.kinds[entry] = kind;
    series.resolveAgain(entry, settings.labeling, appender);
  }

  /** Counts refusals, resolves forgotten refs again and tracks the series that were taken. */
  #takeOutcome(target: IngestTarget, appender: Appender, outcome: AppendOutcome): number {
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
    for (let i = 0; i < this.#samples.length; i++) {
      const entry = entries[i]!;
      if (i === nextRefusal) {
        const reason = reasons[refusal]!;
        refusal++;
        nextRefusal = refusal < refusedCount ? refused[refusal]! : -1;
        if (!this.#retry(target, appender, i, reason)) {
          series.cache.lastSeen[entry] = 0;
          this.#counts.seriesAdded -= flags[i]! & FRESH;
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
    const { bits, startTimes, times } = this.#samples;
    pushBits(this.#retries, ref, times[index]!, bits[2 * index]!, bits[2 * index + 1]!);
    if (startTimes !== null) {
      this.#retries.startTimes ??= new Float64Array(this.#retries.refs.length);
      this.#retries.startTimes[this.#retries.length - 1] = startTimes[index]!;
    }
    return true;
  }

  #countRefusal(reason: number): void {
    if (reason === REFUSED.outOfOrder) this.#counts.outOfOrder++;
    else if (reason === REFUSED.duplicate) this.#counts.duplicates++;
    else this.#counts.outOfBounds++;
  }

  /** Returns whether the cache had to be flushed because failing scrapes made it grow. */
  #endRound(series: TargetSeries, metadata: MetadataStore, trackedNow: number, succeeded: boolean): boolean {
    series.endRound(trackedNow);
    if (succeeded) {
      series.successfulPass = series.pass;
      if (series.cache.count > this.#rows.length) series.cache.prune(series.pass);
      series.successfulCount = series.cache.count + metadata.size;
      return false;
    }
    if (series.cache.count + metadata.size <= 2 * series.successfulCount + 1000) return false;
    series.cache.evict(series.pass);
    return true;
  }

  #startsOf(capacity: number): Float64Array {
    if (this.#starts.length < capacity) this.#starts = new Float64Array(capacity);
    return this.#starts;
  }

  #reserve(rows: number): void {
    this.#samples.length = 0;
    reserveSampleBatch(this.#samples, rows);
    this.#samples.startTimes = this.#startTimes === null ? null : this.#startsOf(this.#samples.refs.length);
    if (this.#entries.length < rows) {
      this.#entries = new Uint32Array(this.#samples.refs.length);
      this.#flags = new Uint8Array(this.#samples.refs.length);
    }
  }
}

const NO_COUNTS = { scraped: 0, added: 0, seriesAdded: 0, outOfOrder: 0, duplicates: 0, outOfBounds: 0 };
