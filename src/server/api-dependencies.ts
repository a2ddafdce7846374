import { availableParallelism, hostname } from 'node:os';
import { join } from 'node:path';
import { getHeapStatistics } from 'node:v8';
import type { ApiDependencies, Lifecycle } from '../api/dependencies.ts';
import { bytesText } from '../config/byte-size.ts';
import { BodyBudget } from '../http/body.ts';
import { formatDuration } from '../model/duration.ts';
import { memoryBytes } from '../std/memory-bytes.ts';
import { blockMetaToJson } from '../tsdb/block/write-block-meta.ts';
import { appendsStoppedText } from './appends-stopped.ts';
import { packageRoot } from './build-info.ts';
import type { Parts } from './compose.ts';
import { originTest } from './cors-origins.ts';
import { featureView } from './feature-view.ts';
import type { ServerOptions } from './flags/options.ts';
import { createHeadStatistics } from './head-statistics.ts';

/** The parts as the HTTP API sees them. */
export function apiDependencies(parts: Parts, options: ServerOptions, lifecycle: Lifecycle): ApiDependencies {
  const { clock, configuration, database } = parts;
  const { web } = options;
  return {
    log: parts.log.with({ component: 'web' }),
    clock,
    registry: parts.registry,
    parse: parts.parse,
    queryable: parts.queryable,
    lists: parts.lists,
    headQueryable: { querier: (range) => database.headQuerier(range) },
    exemplars: database,
    appendable: database,
    runner: parts.runner,
    answers: new BodyBudget(answerBytesMax(options.query.bytesMax)),
    targets: parts.scrape,
    storage: {
      headStatistics: createHeadStatistics(
        () => database.opened,
        () => clock.monotonic(),
      ),
      walReplay: () => parts.replayProgress,
      appendsStopped: () => {
        const reason = database.opened?.appendsStopped ?? null;
        return reason === null ? null : appendsStoppedText(reason);
      },
      blocks: () => database.require().blockMetas().map(blockMetaToJson),
    },
    admin: {
      deleteSeries: (matcherSets, range) => database.require().delete(matcherSets, range),
      cleanTombstones: () => database.require().cleanTombstones(),
      snapshot: (options) => database.require().snapshot(options),
    },
    configuration: {
      yaml: () => configuration.current.yaml(),
      externalLabels: () => configuration.current.externalLabels,
      get hasRuleFiles() {
        return configuration.current.ruleFiles.length > 0;
      },
      get hasAlertmanagers() {
        return configuration.current.raw.alerting.alertmanagers.length > 0;
      },
    },
    flags: options.flagsForApi,
    build: parts.build,
    process: {
      startTime: performance.timeOrigin,
      workingDirectory: process.cwd(),
      hostname: hostname(),
      cpuCount: availableParallelism(),
      memoryLimitBytes: getHeapStatistics().heap_size_limit,
      activeResources: () => process.getActiveResourcesInfo().length,
      lastReload: () => configuration.lastReload,
      walCorruptions: () => database.opened?.stats().replay.wal.damages.length ?? 0,
      storageRetention: () => retentionText(configuration.current.storage),
    },
    features: featureView(options),
    notifications: parts.notifications,
    lifecycle,
    settings: {
      externalUrl: new URL(web.externalUrl),
      routePrefix: web.routePrefix,
      listenAddress: web.listenAddresses[0]!,
      corsAllows: originTest(web.corsOrigin),
      pageTitle: web.pageTitle,
      connectionsMax: web.connectionsMax,
      readTimeoutMs: web.readTimeoutMs,
      parser: parts.parser,
      lookbackMs: options.query.lookbackMs,
      queryTimeoutMs: options.query.timeoutMs,
      remoteRead: options.remoteRead,
      enableLifecycle: web.enableLifecycle,
      enableAdminApi: web.enableAdminApi,
      enableRemoteWriteReceiver: web.enableRemoteWriteReceiver,
      remoteWriteMessages: web.acceptedWriteMessages,
      enableOtlpReceiver: web.enableOtlpReceiver,
      enableSearch: options.features.includes('search-api'),
      webRoot: join(packageRoot, 'web', 'dist'),
      userAssets: web.userAssets === '' ? null : web.userAssets,
    },
  };
}

/** The share of memory that answers may take while they are sent; below it `--query.max-bytes`. */
const ANSWERS_SHARE = 1 / 8;
const ANSWERS_BYTES_MIN = 128 * 2 ** 20;

function answerBytesMax(queryBytesMax: number): number {
  return Math.floor(Math.max(ANSWERS_BYTES_MIN, Math.min(queryBytesMax, ANSWERS_SHARE * memoryBytes())));
}

/** `15d or 10GiB or 80%`: what ends the life of a sample, whichever comes first. */
function retentionText(storage: { retentionMs: number; retentionBytes: number; retentionPercent: number }): string {
  const parts: string[] = [];
  if (storage.retentionMs > 0) parts.push(formatDuration(storage.retentionMs));
  // Of these two only the percentage counts, but the reference names both.
  if (storage.retentionBytes > 0) parts.push(bytesText(storage.retentionBytes));
  if (storage.retentionPercent > 0) parts.push(`${storage.retentionPercent}%`);
  return parts.join(' or ');
}
