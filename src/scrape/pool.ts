import type { DiscovererFactory } from '../discovery/discoverer.ts';
import type { TargetGroup } from '../discovery/target-group.ts';
import { acceptHeader } from '../exposition/negotiate.ts';
import { HttpClient } from '../http/client.ts';
import { goDuration } from '../model/go-duration.ts';
import { compileRelabelConfigs, type RelabelRule } from '../model/relabel.ts';
import type { IngestSettings } from './ingest-target.ts';
import { type LoopContext, type LoopSettings, ScrapeLoop } from './loop.ts';
import type { ScrapeSettings } from './scrape-config.ts';
import { discoveryLabels } from './scrape-metrics.ts';
import { type DroppedTarget, Target, targetsFromGroup } from './target.ts';
import type { TargetSeries } from './target-series.ts';

/** Changes of discovered targets within this time are taken over together. */
const SYNC_INTERVAL_MS = 5000;

/** The targets of one job and their loops. */
export class ScrapePool {
  readonly #context: LoopContext;
  readonly #discover: DiscovererFactory;
  #settings: ScrapeSettings;
  #targetRules: readonly RelabelRule[];
  #sampleRules: readonly RelabelRule[];
  #client: HttpClient;
  readonly #loops = new Map<string, ScrapeLoop>();
  /** Loops of targets that went away; they wait to end their series. */
  readonly #ending = new Set<ScrapeLoop>();
  #dropped: DroppedTarget[] = [];
  #droppedCount = 0;
  /** By discovery configuration and source. */
  readonly #groups = new Map<string, TargetGroup>();
  #discovery = new AbortController();
  #lastSync: number | null = null;
  #cancelSync: (() => void) | null = null;

  constructor(context: LoopContext, discover: DiscovererFactory, settings: ScrapeSettings) {
    this.#context = context;
    this.#discover = discover;
    this.#settings = settings;
    this.#targetRules = compileRelabelConfigs(settings.relabelConfigs, settings.metricNameValidationScheme);
    this.#sampleRules = compileRelabelConfigs(settings.metricRelabelConfigs, settings.metricNameValidationScheme);
    this.#client = new HttpClient(settings.httpClient, context.clock);
    context.metrics.poolTargetLimit.with(settings.jobName).set(settings.targetLimit);
  }

  get settings(): ScrapeSettings {
    return this.#settings;
  }

  get dropped(): readonly DroppedTarget[] {
    return this.#dropped;
  }

  /** All dropped targets, those that are not remembered included. */
  get droppedCount(): number {
    return this.#droppedCount;
  }

  targets(): Target[] {
    return [...this.#loops.values()].map((loop) => loop.target);
  }

  start(): void {
    this.#settings.discovery.forEach((config, index) => {
      void this.#consume(this.#discover(config).discover(this.#discovery.signal), index, this.#discovery.signal);
    });
    if (this.#settings.discovery.length === 0) this.#sync();
  }

  /** Takes new settings over: discovery starts anew, loops go on with the series that they know where they can. */
  reload(settings: ScrapeSettings): void {
    const { clock, metrics } = this.#context;
    const started = clock.monotonic();
    metrics.poolReloads.inc();
    const before = this.#settings;
    this.#settings = settings;
    this.#targetRules = compileRelabelConfigs(settings.relabelConfigs, settings.metricNameValidationScheme);
    this.#sampleRules = compileRelabelConfigs(settings.metricRelabelConfigs, settings.metricNameValidationScheme);
    const oldClient = this.#client;
    this.#client = new HttpClient(settings.httpClient, clock);
    metrics.poolTargetLimit.with(settings.jobName).set(settings.targetLimit);
    this.#restartLoops(shapesSeriesAlike(before, settings));
    oldClient.close();
    this.#discovery.abort();
    this.#discovery = new AbortController();
    this.#groups.clear();
    this.#lastSync = null;
    this.start();
    metrics.reloadLength.with(goDuration(settings.scrapeIntervalMs)).observe((clock.monotonic() - started) / 1000);
  }

  /** Stops scraping without ending any series. Resolves when no scrape is under way any more. */
  async stop(): Promise<void> {
    this.#discovery.abort();
    this.#cancelSync?.();
    const loops = [...this.#loops.values(), ...this.#ending];
    this.#loops.clear();
    this.#ending.clear();
    await Promise.all(loops.map((loop) => loop.stop()));
    this.#client.close();
    const { metrics } = this.#context;
    const job = this.#settings.jobName;
    for (const family of [
      metrics.poolSyncs,
      metrics.poolTargetLimit,
      metrics.poolTargets,
      metrics.syncLength,
      metrics.syncLengthHistogram,
      metrics.syncFailed,
    ]) {
      family.remove(job);
    }
    metrics.discoveredTargets.remove(...discoveryLabels(job));
    metrics.discoveryLastUpdate.remove(...discoveryLabels(job));
  }

  async #consume(updates: AsyncIterable<readonly TargetGroup[]>, index: number, signal: AbortSignal): Promise<void> {
    const { metrics, log } = this.#context;
    try {
      for await (const groups of updates) {
        if (signal.aborted) return;
        metrics.discoveryReceivedUpdates.inc();
        for (const group of groups) {
          const key = `${index}/${group.source}`;
          if (group.targets.length > 0) this.#groups.set(key, group);
          else this.#groups.delete(key);
        }
        this.#syncSoon();
      }
    } catch (error) {
      if (!signal.aborted) log.error('Discovery failed', { scrape_pool: this.#settings.jobName, err: error });
    }
  }

  /** The first update is taken over at once, later ones at most every `SYNC_INTERVAL_MS`. */
  #syncSoon(): void {
    const { clock, metrics } = this.#context;
    if (this.#cancelSync !== null) {
      metrics.discoveryDelayedUpdates.inc();
      return;
    }
    const sinceLast = this.#lastSync === null ? SYNC_INTERVAL_MS : clock.monotonic() - this.#lastSync;
    // Several discoverers give their first groups in one turn.
    this.#cancelSync = clock.after(Math.max(0, SYNC_INTERVAL_MS - sinceLast), () => {
      this.#cancelSync = null;
      this.#sync();
    });
  }

  /** Brings the loops in line with the discovered groups. */
  #sync(): void {
    const { clock, metrics, log } = this.#context;
    const job = this.#settings.jobName;
    const started = clock.monotonic();
    this.#lastSync = started;
    const wanted = new Map<string, Target>();
    this.#dropped = [];
    this.#droppedCount = 0;
    let discovered = 0;
    for (const group of this.#groups.values()) {
      discovered += group.targets.length;
      const { targets, dropped, failures } = targetsFromGroup(group, this.#settings, this.#targetRules);
      for (const target of targets) wanted.set(target.key, target);
      this.#remember(dropped);
      for (const failure of failures) log.error('Creating target failed', { scrape_pool: job, err: failure });
      metrics.syncFailed.with(job).inc(failures.length);
    }
    this.#takeOver(wanted);
    this.#checkTargetLimit();

    const seconds = (clock.monotonic() - started) / 1000;
    metrics.poolTargets.with(job).set(this.#loops.size);
    metrics.syncLength.with(job).observe(seconds);
    metrics.syncLengthHistogram.with(job).observe(seconds);
    metrics.poolSyncs.with(job).inc();
    metrics.discoverySentUpdates.inc();
    metrics.discoveredTargets.with(...discoveryLabels(job)).set(discovered);
    metrics.discoveryLastUpdate.with(...discoveryLabels(job)).set(clock.now() / 1000);
  }

  #takeOver(wanted: ReadonlyMap<string, Target>): void {
    for (const [key, loop] of this.#loops) {
      if (wanted.has(key)) continue;
      this.#loops.delete(key);
      this.#endLoop(loop);
    }
    for (const [key, target] of wanted) {
      const loop = this.#loops.get(key);
      if (loop === undefined) this.#addNew(target);
      else loop.target.discoveredLabels = target.discoveredLabels;
    }
  }

  #addNew(target: Target): void {
    const kept = this.#context.keptMetadata(target.key);
    if (kept.length > 0) target.metadata.restore(kept);
    this.#addLoop(target, null).start();
  }

  #remember(dropped: readonly DroppedTarget[]): void {
    this.#droppedCount += dropped.length;
    const keep = this.#settings.keepDroppedTargets;
    for (const target of dropped) {
      if (keep > 0 && this.#dropped.length >= keep) return;
      this.#dropped.push(target);
    }
  }

  #checkTargetLimit(): void {
    const { targetLimit } = this.#settings;
    const count = this.#loops.size;
    const exceeded = targetLimit > 0 && count > targetLimit;
    if (exceeded) this.#context.metrics.poolExceededTargetLimit.inc();
    const problem = exceeded ? `target_limit exceeded (number of targets: ${count}, limit: ${targetLimit})` : null;
    for (const loop of this.#loops.values()) loop.forcedError = problem;
  }

  #restartLoops(keepSeries: boolean): void {
    for (const [key, loop] of [...this.#loops]) {
      const { target } = loop;
      const renewed = new Target(this.#settings, target.discoveredLabels, target.allLabels);
      renewed.takeOver(target);
      this.#loops.delete(key);
      if (keepSeries) {
        const next = this.#addLoop(renewed, loop.series);
        void loop.finish().then(() => next.start());
      } else {
        this.#endLoop(loop);
        this.#addLoop(renewed, null).start();
      }
    }
  }

  #endLoop(loop: ScrapeLoop): void {
    this.#ending.add(loop);
    loop.end(() => this.#ending.delete(loop));
  }

  #addLoop(target: Target, series: TargetSeries | null): ScrapeLoop {
    const loop = new ScrapeLoop(this.#context, this.#loopSettings(target), target, series);
    this.#loops.set(target.key, loop);
    return loop;
  }

  #loopSettings(target: Target): LoopSettings {
    const settings = this.#settings;
    const ingest: IngestSettings = {
      labeling: {
        targetLabels: target.labels,
        honorLabels: settings.honorLabels,
        rules: this.#sampleRules,
        scheme: settings.metricNameValidationScheme,
        limits: {
          labels: settings.labelLimit,
          nameLength: settings.labelNameLengthLimit,
          valueLength: settings.labelValueLengthLimit,
        },
      },
      honorTimestamps: settings.honorTimestamps,
      trackTimestampsStaleness: settings.trackTimestampsStaleness,
      sampleLimit: settings.sampleLimit,
      extraMetrics: settings.extraScrapeMetrics,
    };
    const accept = acceptHeader(settings.scrapeProtocols, settings.metricNameEscapingScheme);
    return { client: this.#client, accept, ingest };
  }
}

/** True where series read under one configuration are the same under the other: only then a cache may go on. */
function shapesSeriesAlike(a: ScrapeSettings, b: ScrapeSettings): boolean {
  const shape = (settings: ScrapeSettings) => {
    const { scrapeIntervalMs, scrapeTimeoutMs, sampleLimit, httpClient, discovery, ...rest } = settings;
    return JSON.stringify(rest);
  };
  return shape(a) === shape(b);
}
