import { randomInt } from 'node:crypto';
import { hostname } from 'node:os';
import type { ApiDependencies, BuildInfo } from '../api/dependencies.ts';
import { createDiscoverer } from '../discovery/providers.ts';
import type { ParserOptions } from '../promql/syntax/options.ts';
import { DEFAULT_PARSER_OPTIONS } from '../promql/syntax/options.ts';
import type { ListRunner } from '../query/lists/list-runner.ts';
import type { QueryRunner } from '../query/runner.ts';
import type { IngestFeatures } from '../scrape/ingest-target.ts';
import { ScrapeManager } from '../scrape/scrape-manager.ts';
import { type Clock, systemClock } from '../std/clock.ts';
import { nodeFiles } from '../std/node-files.ts';
import type { Queryable } from '../storage/query.ts';
import type { Log } from '../telemetry/log.ts';
import { createRegistry } from '../telemetry/metric-registry.ts';
import type { Registry } from '../telemetry/registry.ts';
import { ActiveQueries } from '../tsdb/active-queries.ts';
import { dataDirectory } from '../tsdb/data-directory.ts';
import { type Database, openDatabase } from '../tsdb/tsdb.ts';
import { appendsStoppedNotice } from './appends-stopped.ts';
import { readBuildInfo } from './build-info.ts';
import { builtInConfiguration } from './built-in-configuration.ts';
import { type ConfigurationSource, ConfigurationStore } from './configuration-store.ts';
import { createRunner } from './create-runner.ts';
import { DatabaseSlot } from './database-slot.ts';
import { exemplarsMax } from './exemplars-max.ts';
import type { ServerOptions } from './flags/options.ts';
import { Notifications, registerNotificationMetrics } from './notifications.ts';
import { registerProcessMetrics } from './process-metrics.ts';
import { sampleForms } from './sample-forms.ts';

/** Everything a running server is made of, each part with what it needs from the others. */
export interface Parts {
  readonly build: BuildInfo;
  readonly clock: Clock;
  readonly log: Log;
  readonly registry: Registry;
  readonly notifications: Notifications;
  readonly configuration: ConfigurationStore;
  readonly database: DatabaseSlot;
  readonly parser: ParserOptions;
  readonly runner: QueryRunner;
  readonly parse: ApiDependencies['parse'];
  /** Reads that are no queries. */
  queryable(signal: AbortSignal): Queryable;
  readonly lists: ListRunner;
  /** Ends the query threads. */
  closeRunner(): Promise<void>;
  readonly scrape: ScrapeManager;
  /** How far the replay of the log has come; changes while `openStorage` runs. */
  readonly replayProgress: { min: number; max: number; current: number };
  /** Opens the data directory: takes its lock at once, then reads its log. */
  openStorage(): Promise<Database>;
}

/** Creates every part; nothing is opened, listened on or started yet. Throws ConfigError. */
export function compose(options: ServerOptions, log: Log): Parts {
  const clock = systemClock;
  const build = readBuildInfo();
  const registry = createRegistry(clock);
  registerProcessMetrics(registry, build);
  const notifications = new Notifications(clock, options.web.notificationListenersMax);
  registerNotificationMetrics(registry, notifications);
  const configuration = new ConfigurationStore({
    source: sourceOf(options),
    surroundings: {
      variables: process.env,
      flagRetention: options.storage,
      extraScrapeMetrics: options.features.includes('extra-scrape-metrics'),
    },
    clock,
    log,
    registry,
    notifications,
  });
  const database = new DatabaseSlot();
  const parser = parserOptions(options.features);
  const evaluationIntervalMs = () => configuration.current.evaluationIntervalMs;
  const directory = options.storage.path.replace(/(?<=.)\/+$/, '');
  const activeQueries = new ActiveQueries({
    fileSystem: nodeFiles,
    path: dataDirectory(directory).queriesActive,
    entries: options.query.concurrencyMax,
    log: log.with({ component: 'activeQueryTracker' }),
  });
  const {
    runner,
    parse,
    queryable,
    lists,
    close: closeRunner,
  } = createRunner(options, {
    activeQueries,
    clock,
    log,
    registry,
    database,
    parser,
    evaluationIntervalMs,
  });
  const scrape = new ScrapeManager({
    appendable: database,
    discover: createDiscoverer,
    clock,
    log: log.with({ component: 'scrape manager' }),
    registry,
    hashSeed: randomInt(2 ** 32),
    offsetSeedText: `${hostname()}${configuration.current.externalLabels}`,
    timestampToleranceMs: options.scrape.adjustTimestamps ? options.scrape.timestampToleranceMs : 0,
    keptMetadata: (target) => database.opened?.metadata.keptMetadata(target) ?? [],
    features: ingestFeatures(options.features),
    userAgent: `Prometheus/${build.version}`,
  });
  const replayProgress = { min: 0, max: 0, current: 0 };
  return {
    build,
    clock,
    log,
    registry,
    notifications,
    configuration,
    database,
    parser,
    runner,
    parse,
    queryable,
    lists,
    closeRunner,
    scrape,
    replayProgress,
    openStorage: async () => {
      const opened = await openDatabase({
        directory,
        fileSystem: nodeFiles,
        clock,
        log: log.with({ component: 'tsdb' }),
        registry,
        lock: !options.storage.noLockfile,
        chunkRangeMs: options.storage.minBlockMs,
        ...(options.storage.samplesPerChunk > 0 ? { samplesPerChunk: options.storage.samplesPerChunk } : {}),
        exemplarsMax: exemplarsMax(options, configuration.current),
        outOfOrderMs: configuration.current.storage.outOfOrderMs,
        forms: sampleForms(options, configuration.current),
        walCompression: options.storage.walCompression,
        maintenance: {
          settings: () => configuration.current.storage,
          blockMsMax: options.storage.maxBlockMs,
          headDelayMs: headDelayMs(options),
          intervalMs: options.storage.blockReloadMs,
          mergesOverlapping: options.storage.mergesOverlapping,
          ...(options.storage.chunkSegmentBytes > 0 ? { chunkSegmentBytes: options.storage.chunkSegmentBytes } : {}),
          ...(options.storage.pendingUploadsFile === ''
            ? {}
            : { pendingUploadsFile: options.storage.pendingUploadsFile }),
        },
        ...(options.storage.walSegmentBytes > 0 ? { walSegmentSize: options.storage.walSegmentBytes } : {}),
        onAppendsStopped: appendsStoppedNotice(notifications),
        onReplayProgress: ({ first, last, current }) =>
          Object.assign(replayProgress, { min: first, max: last, current }),
      });
      activeQueries.open();
      return opened;
    },
  };
}

/** Chosen once, so that several servers with the same load do not compact at the same time. */
function headDelayMs({ features, storage }: ServerOptions): number {
  return features.includes('delayed-compaction') ? randomInt(Math.max(1, storage.headDelayMsMax)) : 0;
}

function sourceOf(options: ServerOptions): ConfigurationSource {
  const { file, given } = options.config;
  if (given || nodeFiles.statSync(file) !== null) return { kind: 'file', file };
  const { listenAddresses, routePrefix } = options.web;
  return { kind: 'built-in', yaml: builtInConfiguration(listenAddresses[0]!, routePrefix) };
}

/** Both ways to store start times want them from scrapes. */
function ingestFeatures(features: readonly string[]): IngestFeatures {
  const startsAsZero = features.includes('created-timestamp-zero-ingestion');
  return {
    startTimes: startsAsZero || features.includes('st-storage'),
    startsAsZero,
    typeAndUnitLabels: features.includes('type-and-unit-labels'),
  };
}

function parserOptions(features: readonly string[]): ParserOptions {
  return {
    ...DEFAULT_PARSER_OPTIONS,
    experimentalFunctions: features.includes('promql-experimental-functions'),
    extendedRangeSelectors: features.includes('promql-extended-range-selectors'),
    binopFillModifiers: features.includes('promql-binop-fill-modifiers'),
  };
}
