import type { Body } from '../exposition/body.ts';
import { CreatedTimes } from '../exposition/created-times.ts';
import type { BodyFormat } from '../exposition/negotiate.ts';
import { parseOpenMetricsBodyInSteps } from '../exposition/open-metrics-format.ts';
import { createExpositionRows, type ExpositionRows } from '../exposition/rows.ts';
import { parseTextBodyInSteps } from '../exposition/text-format.ts';
import { runInTurns } from '../std/turns.ts';
import { type Appendable, type Appender, createSampleBatch, type SampleBatch } from '../storage/append.ts';
import { type FinishedScrape, type IngestFeatures, type IngestTarget, NO_INGEST_FEATURES } from './ingest-target.ts';
import { hasManyNew, isTargetsFault, meetAhead } from './meet-ahead.ts';
import type { MetadataStore } from './metadata-store.ts';
import { reportValues, type ScrapeReport } from './report-samples.ts';
import { LabelLimitError, SampleLimitError } from './scrape-error.ts';
import { ScrapeTail } from './scrape-tail.ts';
import { scrapedExemplars } from './scraped-exemplars.ts';
import { ScrapedSamples } from './scraped-samples.ts';
import { KindCursor } from './series-kinds.ts';
import { reserveMeetings } from './series-meeting.ts';
import type { TargetSeries } from './target-series.ts';

/** Rows made to samples in one step: a tenth of a millisecond, and some milliseconds where their series are new. */
const STEP_ROWS = 1024;

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

/**
 * Turns bodies into samples in the storage. One instance serves many targets, one after the other: its columns are free again when a
 * scrape has ended.
 */
export class Ingest {
  readonly #appendable: Appendable;
  readonly #features: IngestFeatures;
  readonly #createdTimes = new CreatedTimes();
  readonly #rows: ExpositionRows = createExpositionRows(1024);
  readonly #samples: ScrapedSamples;
  readonly #tail = new ScrapeTail();
  /** Has no samples: refs are resolved again before exemplars go in. */
  readonly #exemplars: SampleBatch = createSampleBatch(0);

  constructor(appendable: Appendable, features: IngestFeatures = NO_INGEST_FEATURES) {
    this.#appendable = appendable;
    this.#features = features;
    this.#samples = new ScrapedSamples(this.#rows, features);
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
    this.#samples.restart();
    const body = bodyOf(scrape);
    const fault = body === null ? null : runInTurns(this.#parse(target, scrape.format, body), null);
    return runInTurns(this.#transact(target, scrape, body, fault, report), null);
  }

  /** As `write`, in steps of a millisecond; nothing else may use this before the last one. */
  *writeInSteps(
    target: IngestTarget,
    scrape: FinishedScrape,
    report: (result: IngestResult) => ScrapeReport,
  ): Generator<undefined, IngestResult> {
    this.#samples.restart();
    const body = bodyOf(scrape);
    const fault = body === null ? null : yield* this.#parse(target, scrape.format, body);
    return yield* this.#appendable.inSteps(this.#transact(target, scrape, body, fault, report));
  }

  *#transact(
    target: IngestTarget,
    scrape: FinishedScrape,
    body: Body | null,
    fault: unknown,
    report: (result: IngestResult) => ScrapeReport,
  ): Generator<undefined, IngestResult> {
    const { series } = target;
    let error: Error | null = null;
    let trackedNow = 0;
    let appender = this.#appendable.appender();
    let result: IngestResult;
    try {
      if (body !== null) {
        try {
          trackedNow = yield* this.#appendRows(target, scrape, body, fault, appender);
        } catch (thrown) {
          if (!isTargetsFault(thrown)) throw thrown;
          error = thrown;
          appender.rollback();
          appender = this.#appendable.appender();
        }
      }
      this.#tail.begin(series, scrape.time);
      const cacheFlushed = this.#endRound(series, target.metadata, trackedNow, error === null && body !== null);
      result = {
        ...this.#samples.counts,
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
    yield* appender.commitInSteps();
    return result;
  }

  /** Writes staleness markers for everything that a removed target had. Refusals mean that it came back. */
  writeEnd(target: IngestTarget, time: number): void {
    runInTurns(this.#transactEnd(target, time), null);
  }

  /** As `writeEnd`, in steps as `writeInSteps`. */
  writeEndInSteps(target: IngestTarget, time: number): Generator<undefined, void> {
    return this.#appendable.inSteps(this.#transactEnd(target, time));
  }

  *#transactEnd(target: IngestTarget, time: number): Generator<undefined, void> {
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
    yield* appender.commitInSteps();
  }

  /** Reads the body into rows; returns what is wrong with it, where anything is: rows before that are still counted, as the reference does. */
  *#parse({ series, metadata }: IngestTarget, format: BodyFormat, body: Body): Generator<undefined, unknown> {
    const rows = this.#rows;
    series.pass++;
    let fault: unknown = null;
    try {
      if (format === 'text') yield* parseTextBodyInSteps(body, rows, series.cache);
      else yield* parseOpenMetricsBodyInSteps(body, rows, series.cache);
    } catch (error) {
      fault = error;
    }
    const hasStartTimes = this.#features.startTimes && format !== 'text';
    const startTimes = hasStartTimes ? this.#createdTimes.take(body, rows) : null;
    metadata.update(body, rows);
    this.#samples.begin(startTimes);
    reserveMeetings(series.cache, rows);
    return fault;
  }

  /** Takes the rows' samples; returns how many series are tracked for staleness now. */
  *#appendRows(
    target: IngestTarget,
    scrape: FinishedScrape,
    body: Body,
    fault: unknown,
    appender: Appender,
  ): Generator<undefined, number> {
    const { series, settings } = target;
    const rows = this.#rows;
    const samples = this.#samples;
    const kinds = new KindCursor(body, rows, this.#features.typeAndUnitLabels ? series.kinds : null);
    for (let from = 0; from < rows.length; from += STEP_ROWS) {
      if (from > 0) yield;
      samples.fill(target, scrape, body, kinds, appender, from, Math.min(rows.length, from + STEP_ROWS));
    }
    samples.counts.scraped = rows.length;
    if (fault !== null) throw fault;
    if (settings.sampleLimit > 0 && samples.batch.length > settings.sampleLimit) throw new SampleLimitError();
    const trackedNow = samples.takeOutcome(target, appender, yield* appender.appendInSteps(samples.batch));
    if (rows.exemplarCount > 0) {
      this.#exemplars.exemplars = yield* scrapedExemplars(body, rows, series.cache, scrape.time);
      yield* appender.appendInSteps(this.#exemplars);
    }
    return trackedNow;
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
}

/** null where there is nothing in it. */
function bodyOf({ body }: FinishedScrape): Body | null {
  return body !== null && body.size > 0 ? body : null;
}
