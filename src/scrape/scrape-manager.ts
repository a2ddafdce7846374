import type { DiscovererFactory } from '../discovery/discoverer.ts';
import { hashBytes } from '../kernels/hash.ts';
import type { Labels } from '../model/labels.ts';
import { utf8FromString } from '../model/utf8.ts';
import type { Clock } from '../std/clock.ts';
import { turnsOf } from '../std/turns.ts';
import type { Appendable } from '../storage/append.ts';
import type { MetricDescription, TargetDescription } from '../storage/target-metadata.ts';
import type { Log } from '../telemetry/log.ts';
import type { Registry } from '../telemetry/registry.ts';
import { BodyPool } from './body-pool.ts';
import { type IngestFeatures, NO_INGEST_FEATURES } from './ingest-target.ts';
import { IngestTurns } from './ingest-turns.ts';
import type { LoopContext } from './loop.ts';
import type { MetricMetadata } from './metadata-store.ts';
import { ScrapePool } from './pool.ts';
import { BODY_BYTES_MAX } from './read-body.ts';
import type { ScrapeSettings } from './scrape-config.ts';
import { registerScrapeMetrics, type ScrapeMetrics } from './scrape-metrics.ts';
import type { DroppedTarget, Target, TargetHealth } from './target.ts';

/** What one turn of the event loop may take of a large target, ms. */
const TURN_MS = 5;

/** Bytes that all bodies being read at one moment may take; beyond it scrapes fail instead of filling the memory. */
const BODIES_BYTES_MAX = 2 * BODY_BYTES_MAX;

export interface ScrapeManagerOptions {
  readonly appendable: Appendable;
  readonly discover: DiscovererFactory;
  readonly clock: Clock;
  readonly log: Log;
  readonly registry: Registry;
  /** Random 32-bit number. */
  readonly hashSeed: number;
  /** Differs from server to server (host name and external labels), so that two do not scrape at the same moment. */
  readonly offsetSeedText: string;
  /** `--scrape.timestamp-tolerance` in milliseconds, 2 by default; 0 without `--scrape.adjust-timestamps`. */
  readonly timestampToleranceMs: number;
  /** What a target said of its metrics before the server was started; nothing where it is missing. */
  readonly keptMetadata?: (targetKey: string) => readonly MetricDescription[];
  /** Default: nothing of it. */
  readonly features?: IngestFeatures;
  /** `Prometheus/3.14.0`: exporters look at it. */
  readonly userAgent: string;
}

/** A target at the moment of the call. */
export interface ActiveTargetView {
  readonly scrapePool: string;
  readonly discoveredLabels: Labels;
  readonly labels: Labels;
  readonly scrapeUrl: string;
  /** Empty: the last scrape worked, or there was none yet. */
  readonly lastError: string;
  /** Milliseconds since the epoch; `null` before the first scrape. */
  readonly lastScrape: number | null;
  readonly lastScrapeDurationSeconds: number;
  readonly health: TargetHealth;
  readonly scrapeInterval: string;
  readonly scrapeTimeout: string;
  metadata(): Iterable<MetricMetadata>;
}

/** Keeps a scrape pool for each job of the configuration. */
export class ScrapeManager {
  readonly #context: LoopContext;
  readonly #metrics: ScrapeMetrics;
  readonly #discover: DiscovererFactory;
  readonly #pools = new Map<string, ScrapePool>();
  #stopped = false;

  constructor(options: ScrapeManagerOptions) {
    this.#metrics = registerScrapeMetrics(options.registry, () => this.#metadataSizes());
    this.#discover = options.discover;
    this.#context = {
      clock: options.clock,
      log: options.log,
      metrics: this.#metrics,
      ingest: new IngestTurns(
        options.appendable,
        options.features ?? NO_INGEST_FEATURES,
        turnsOf(options.clock, TURN_MS),
      ),
      bodies: new BodyPool(BODIES_BYTES_MAX),
      offsetSeed: hashText(options.offsetSeedText),
      hashSeed: options.hashSeed,
      timestampToleranceMs: options.timestampToleranceMs,
      userAgent: options.userAgent,
      hashOf: hashText,
      keptMetadata: options.keptMetadata ?? (() => []),
    };
  }

  /**
   * Makes the pools what the settings say: new jobs start, vanished ones stop, changed ones take their new settings
   * over, the others go on undisturbed. The settings must have passed `scrapeSettingsProblem`.
   */
  apply(jobs: readonly ScrapeSettings[]): void {
    if (this.#stopped) return;
    const wanted = new Map(jobs.map((settings) => [settings.jobName, settings]));
    for (const [job, pool] of this.#pools) {
      if (wanted.has(job)) continue;
      this.#pools.delete(job);
      void pool.stop();
    }
    for (const [job, settings] of wanted) {
      const pool = this.#pools.get(job);
      if (pool === undefined) this.#addPool(settings);
      else if (JSON.stringify(pool.settings) !== JSON.stringify(settings)) pool.reload(settings);
    }
  }

  /** Stops everything at once; scrapes under way are given up. No series is ended: the server may come back soon. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all([...this.#pools.values()].map((pool) => pool.stop()));
    this.#pools.clear();
  }

  /** Names of the jobs. */
  pools(): readonly string[] {
    return [...this.#pools.keys()];
  }

  active(): readonly ActiveTargetView[] {
    return [...this.#pools.values()].flatMap((pool) => pool.targets().map(viewOf));
  }

  dropped(): readonly DroppedTarget[] {
    return [...this.#pools.values()].flatMap((pool) => pool.dropped);
  }

  /** Dropped targets by job, those beyond `keep_dropped_targets` included. */
  droppedCounts(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#pools].map(([job, pool]) => [job, pool.droppedCount]));
  }

  /** What all targets say of their metrics. */
  descriptions(): TargetDescription[] {
    return [...this.#pools.values()]
      .flatMap((pool) => pool.targets())
      .map(({ key, metadata }) => ({ target: key, sharedBy: metadata.fingerprint, metrics: () => metadata.list() }));
  }

  #addPool(settings: ScrapeSettings): void {
    this.#metrics.pools.inc();
    const pool = new ScrapePool(this.#context, this.#discover, settings);
    this.#pools.set(settings.jobName, pool);
    pool.start();
  }

  *#metadataSizes(): Generator<{ job: string; entries: number; bytes: number }> {
    for (const [job, pool] of this.#pools) {
      let entries = 0;
      let bytes = 0;
      for (const { metadata } of pool.targets()) {
        entries += metadata.size;
        bytes += metadata.byteSize;
      }
      yield { job, entries, bytes };
    }
  }
}

function viewOf(target: Target): ActiveTargetView {
  const { scrapePool, discoveredLabels, labels, scrapeUrl, lastError, lastScrape, health } = target;
  const { lastScrapeDurationSeconds, scrapeInterval, scrapeTimeout } = target;
  return {
    scrapePool,
    discoveredLabels,
    labels,
    scrapeUrl,
    lastError,
    lastScrape,
    lastScrapeDurationSeconds,
    health,
    scrapeInterval,
    scrapeTimeout,
    metadata: () => target.listMetadata(),
  };
}

function hashText(text: string): number {
  const bytes = utf8FromString(text);
  return hashBytes(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), 0, bytes.length, 0);
}
