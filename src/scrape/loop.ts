import type { Body } from '../exposition/body.ts';
import { type BodyFormat, chooseFormat } from '../exposition/negotiate.ts';
import type { HttpClient } from '../http/client.ts';
import { HttpClientError } from '../http/client-error.ts';
import { goDuration } from '../model/go-duration.ts';
import type { Clock } from '../std/clock.ts';
import { AppendsStopped } from '../storage/append.ts';
import type { MetricDescription } from '../storage/target-metadata.ts';
import type { Log } from '../telemetry/log.ts';
import type { BodyPool } from './body-pool.ts';
import type { IngestResult } from './ingest.ts';
import type { IngestSettings, IngestTarget } from './ingest-target.ts';
import type { IngestTurns } from './ingest-turns.ts';
import { BodyReader } from './read-body.ts';
import type { ScrapeReport } from './report-samples.ts';
import { firstDelayMs, Ticker, TimeAligner } from './schedule.ts';
import { BodySizeLimitError, ScrapeError } from './scrape-error.ts';
import type { ScrapeMetrics } from './scrape-metrics.ts';
import type { Target } from './target.ts';
import { TargetSeries } from './target-series.ts';

/** What all loops share. */
export interface LoopContext {
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: ScrapeMetrics;
  readonly ingest: IngestTurns;
  readonly bodies: BodyPool;
  /** Spreads scrapes differently on each server. */
  readonly offsetSeed: number;
  /** Keeps hostile series names from choosing collisions in caches. */
  readonly hashSeed: number;
  /** Alignment of timestamps, milliseconds; 0 for none. */
  readonly timestampToleranceMs: number;
  readonly userAgent: string;
  hashOf(text: string): number;
  /** What a target said of its metrics before the server was started. */
  keptMetadata(targetKey: string): readonly MetricDescription[];
}

/** What a loop takes from its job. */
export interface LoopSettings {
  readonly client: HttpClient;
  readonly accept: string;
  readonly ingest: IngestSettings;
}

/** What came of a request. */
interface Fetched {
  /** `null` where there is nothing to ingest. */
  readonly body: Body | null;
  readonly format: BodyFormat;
  /** Uncompressed bytes; -1 for a body beyond its limit, 0 for other failures. */
  readonly bodySize: number;
  readonly error: Error | null;
}

/** Scrapes one target at its interval, from `start` to `stop` or `end`. */
export class ScrapeLoop {
  readonly target: Target;
  readonly #context: LoopContext;
  readonly #settings: LoopSettings;
  readonly #series: TargetSeries;
  readonly #ticker: Ticker;
  readonly #aligner: TimeAligner;
  readonly #abort = new AbortController();
  /** Set by the pool, e.g. when there are too many targets: every scrape fails with it. */
  forcedError: string | null = null;
  #state: 'running' | 'finishing' | 'stopped' = 'running';
  #scraping: Promise<void> = Promise.resolve();
  /** On the monotonic clock; `null` before the first scrape. */
  #lastStart: number | null = null;
  #lastBodySize = 0;
  readonly #intervalText: string;
  #cancelEnd: () => void = () => {};

  /** `series` of an earlier loop of the same target may be taken over where nothing that shapes its series changed. */
  constructor(context: LoopContext, settings: LoopSettings, target: Target, series: TargetSeries | null) {
    this.target = target;
    this.#context = context;
    this.#settings = settings;
    this.#series = series ?? new TargetSeries(context.hashSeed);
    this.#intervalText = goDuration(target.intervalMs);
    const { clock } = context;
    const delay = firstDelayMs(clock.now(), target.intervalMs, context.hashOf(target.key), context.offsetSeed);
    this.#ticker = new Ticker(clock, target.intervalMs, delay);
    this.#aligner = new TimeAligner(target.intervalMs, context.timestampToleranceMs);
  }

  get series(): TargetSeries {
    return this.#series;
  }

  start(): void {
    if (this.#state === 'running') this.#ticker.wait(() => this.#tick());
  }

  /**
   * Ends the loop because the target has gone: no further scrape, and about two intervals later its series end, if it
   * has not come back by then. `ended` is called when that is done.
   */
  end(ended: () => void): void {
    void this.finish();
    const neverScraped = this.#series.round === 1;
    if (neverScraped) ended();
    else this.#endSeriesLater(ended);
  }

  /** Ends the loop without ending its series: another one goes on with them. Resolves when no scrape is under way. */
  finish(): Promise<void> {
    if (this.#state === 'running') this.#state = 'finishing';
    this.#ticker.stop();
    return this.#scraping;
  }

  /** Ends the loop at once: a scrape under way is given up and nothing is written any more. */
  stop(): Promise<void> {
    this.#state = 'stopped';
    this.#ticker.stop();
    this.#cancelEnd();
    this.#abort.abort();
    return this.#scraping;
  }

  #tick(): void {
    this.#scraping = this.#scrape().then(() => this.start());
  }

  /** One scrape, from the request to the commit. Never rejects. */
  async #scrape(): Promise<void> {
    const { clock, metrics } = this.#context;
    const { target } = this;
    const start = clock.monotonic();
    const time = this.#aligner.align(clock.now());
    if (this.#lastStart !== null) {
      const seconds = (start - this.#lastStart) / 1000;
      metrics.intervalLength.with(this.#intervalText).observe(seconds);
      metrics.intervalLengthHistogram.with(this.#intervalText).observe(seconds);
    }
    this.#lastStart = start;
    const reader = new BodyReader(this.#context.bodies, target.settings.bodySizeLimit, this.#lastBodySize);
    try {
      const fetched = await this.#fetch(reader);
      if (this.#state !== 'stopped') await this.#context.ingest.prepare(this.#ingestTarget(), fetched);
      if (this.#state !== 'stopped') await this.#write(fetched, time, start);
    } catch (error) {
      this.#noteUnstored(error, time, start);
    } finally {
      reader.close();
    }
  }

  /** The storage did not take the scrape. That it takes none for now it tells itself, once and not for each target. */
  #noteUnstored(error: unknown, time: number, start: number): void {
    const { clock, log, metrics } = this.#context;
    const { target } = this;
    metrics.commitsFailed.inc();
    target.report(time, (clock.monotonic() - start) / 1000, error instanceof Error ? error.message : String(error));
    if (error instanceof AppendsStopped) log.debug('Scrape commit failed', { target: target.scrapeUrl, err: error });
    else log.error('Scrape commit failed', { target: target.scrapeUrl, err: error });
  }

  async #fetch(reader: BodyReader): Promise<Fetched> {
    if (this.forcedError !== null) return failed(new ScrapeError(this.forcedError), 0);
    const { target } = this;
    const { settings } = target;
    const headers = {
      'User-Agent': this.#context.userAgent,
      Accept: this.#settings.accept,
      'Accept-Encoding': settings.enableCompression ? 'gzip' : 'identity',
      'X-Prometheus-Scrape-Timeout-Seconds': String(target.timeoutMs / 1000),
    };
    try {
      await this.#settings.client.send(
        {
          method: 'GET',
          url: target.scrapeUrl,
          headers,
          body: null,
          timeoutMs: target.timeoutMs,
          signal: this.#abort.signal,
        },
        reader,
      );
      const body = await reader.finish(this.#lastBodySize);
      if (body.size === 0) return { body, format: 'text', bodySize: 0, error: null };
      this.#lastBodySize = body.size;
      const choice = chooseFormat(reader.contentType, settings.fallbackScrapeProtocol);
      if (choice.format === null) return failed(new ScrapeError(choice.problem), body.size);
      return { body, format: choice.format, bodySize: body.size, error: null };
    } catch (error) {
      if (error instanceof BodySizeLimitError) return failed(error, -1);
      if (error instanceof ScrapeError || error instanceof HttpClientError) return failed(error, 0);
      throw error;
    }
  }

  async #write({ body, format, bodySize, error: fetchError }: Fetched, time: number, start: number): Promise<void> {
    const { clock, ingest, metrics, log } = this.#context;
    const { target } = this;
    const now = clock.now();
    const result = await ingest.write(this.#ingestTarget(), { body, format, time, now }, (result) => {
      const error = fetchError ?? result.error;
      const durationSeconds = (clock.monotonic() - start) / 1000;
      target.report(time, durationSeconds, error === null ? '' : error.message);
      return this.#report(result, error, bodySize, durationSeconds);
    });
    this.#count(result, fetchError);
    if (target.settings.extraScrapeMetrics) metrics.scrapeDuration.observe((clock.monotonic() - start) / 1000);
    const error = fetchError ?? result.error;
    if (error !== null) log.debug('Scrape failed', { target: target.scrapeUrl, err: error.message });
  }

  #report(result: IngestResult, error: Error | null, bodyBytes: number, durationSeconds: number): ScrapeReport {
    return {
      up: error === null,
      durationSeconds,
      scraped: result.scraped,
      added: result.added,
      seriesAdded: result.seriesAdded,
      timeoutSeconds: this.target.timeoutMs / 1000,
      sampleLimit: this.target.settings.sampleLimit,
      bodyBytes,
    };
  }

  #count(result: IngestResult, fetchError: Error | null): void {
    const { metrics, log } = this.#context;
    const target = this.target.scrapeUrl;
    if (fetchError instanceof BodySizeLimitError) metrics.exceededBodySizeLimit.inc();
    if (result.sampleLimitExceeded) metrics.exceededSampleLimit.inc();
    if (result.labelLimitExceeded) metrics.poolExceededLabelLimits.inc();
    if (result.cacheFlushed) metrics.cacheFlushForced.inc();
    if (result.outOfOrder > 0) {
      metrics.sampleOutOfOrder.inc(result.outOfOrder);
      log.warn('Error on ingesting out-of-order samples', { target, num_dropped: result.outOfOrder });
    }
    if (result.duplicates > 0) {
      metrics.sampleDuplicate.inc(result.duplicates);
      const message = 'Error on ingesting samples with different value but same timestamp';
      log.warn(message, { target, num_dropped: result.duplicates });
    }
    if (result.outOfBounds > 0) {
      metrics.sampleOutOfBounds.inc(result.outOfBounds);
      const message = 'Error on ingesting samples that are too old or are too far into the future';
      log.warn(message, { target, num_dropped: result.outOfBounds });
    }
  }

  #ingestTarget(): IngestTarget {
    return { settings: this.#settings.ingest, series: this.#series, metadata: this.target.metadata };
  }

  /**
   * Ends the series just over two intervals after the last scrape, with the time at which the next one would have been.
   * If the target was made again meanwhile, its samples are newer and the markers are refused.
   */
  #endSeriesLater(ended: () => void): void {
    const { clock } = this.#context;
    const { intervalMs } = this.target;
    this.#cancelEnd = clock.after(this.#ticker.remainingMs, () => {
      const time = clock.now();
      this.#cancelEnd = clock.after(intervalMs * 1.1, () => {
        void this.#writeEnd(time).then(ended);
      });
    });
  }

  async #writeEnd(time: number): Promise<void> {
    const { ingest, log } = this.#context;
    try {
      await ingest.writeEnd(this.#ingestTarget(), time);
    } catch (error) {
      const fields = { target: this.target.scrapeUrl, error };
      if (error instanceof AppendsStopped) log.debug('Stale commit failed', fields);
      else log.warn('Stale commit failed', fields);
    }
  }
}

function failed(error: Error, bodySize: number): Fetched {
  return { body: null, format: 'text', bodySize, error };
}
