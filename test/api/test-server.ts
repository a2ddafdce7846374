import type { ApiDependencies, ApiSettings } from '../../src/api/dependencies.ts';
import { createHttpServer } from '../../src/api/server.ts';
import { BodyBudget } from '../../src/http/body.ts';
import { labelsFromObject } from '../../src/model/labels.ts';
import { ALL_PARSER_OPTIONS } from '../../src/promql/syntax/options.ts';
import type { QueryReply, QueryRequest } from '../../src/query/runner.ts';
import { systemClock } from '../../src/std/clock.ts';
import { MemoryFiles } from '../../src/std/memory-files.ts';
import { silentLog } from '../../src/telemetry/log.ts';
import { createRegistry } from '../../src/telemetry/metric-registry.ts';
import { type Database, openDatabase } from '../../src/tsdb/tsdb.ts';

/** A server over an empty database in memory, on a port of the system's choice. */
export interface TestServer {
  readonly url: string;
  readonly port: number;
  readonly database: Database;
  readonly deps: ApiDependencies;
  /** Every query that was run, oldest first. */
  readonly queries: QueryRequest[];
  close(): Promise<void>;
}

export interface TestServerOptions {
  readonly settings?: Partial<ApiSettings>;
  readonly deps?: Partial<ApiDependencies>;
  /** Default: a port of the system's choice. */
  readonly listen?: string;
  /** Answers queries; an empty vector where absent. */
  readonly answer?: (request: QueryRequest, signal: AbortSignal) => Promise<QueryReply>;
}

export async function startTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  const clock = systemClock;
  const registry = createRegistry(clock);
  const database = await openDatabase({
    directory: '/data',
    fileSystem: new MemoryFiles(),
    clock,
    log: silentLog,
    registry,
    lock: false,
  });
  const queries: QueryRequest[] = [];
  const answer = options.answer ?? (async () => jsonReply({ resultType: 'vector', result: [] }));
  const deps: ApiDependencies = {
    log: silentLog,
    clock,
    registry,
    parse: () => Promise.reject(new Error('no text is so long here')),
    queryable: () => database,
    lists: { list: () => Promise.reject(new Error('no list is so long here')) },
    headQueryable: database,
    appendable: database,
    exemplars: database,
    runner: {
      run(request, signal) {
        queries.push(request);
        return answer(request, signal);
      },
    },
    answers: new BodyBudget(2 ** 30),
    targets: { pools: () => [], active: () => [], dropped: () => [], droppedCounts: () => ({}) },
    storage: {
      headStatistics: async () => ({
        numSeries: 0,
        numLabelPairs: 0,
        chunkCount: 0,
        minTime: null,
        maxTime: null,
        seriesCountByMetricName: [],
        labelValueCountByLabelName: [],
        memoryInBytesByLabelName: [],
        seriesCountByLabelValuePair: [],
      }),
      walReplay: () => ({ min: 0, max: 0, current: 0 }),
      appendsStopped: () => null,
      blocks: () => [],
    },
    admin: {
      deleteSeries: (matcherSets, range) => database.delete(matcherSets, range),
      cleanTombstones: async () => {},
      snapshot: async () => '20261121T032827Z-333edbfc446a63e4',
    },
    configuration: {
      yaml: () => 'global:\n  scrape_interval: 15s\n',
      externalLabels: () => labelsFromObject({ cluster: 'test' }),
      hasRuleFiles: false,
      hasAlertmanagers: false,
    },
    flags: { 'web.listen-address': '127.0.0.1:9090', agent: 'false' },
    build: {
      version: '3.14.0',
      narthexVersion: '0.1.0',
      revision: 'abc',
      branch: 'main',
      buildUser: '',
      buildDate: '',
      goVersion: 'node24',
    },
    process: {
      startTime: Date.UTC(2026, 10, 21, 3, 28, 59, 640),
      workingDirectory: '/srv',
      hostname: 'host',
      cpuCount: 2,
      memoryLimitBytes: 2 ** 31,
      activeResources: () => 5,
      lastReload: () => ({ successful: true, time: Date.UTC(2026, 10, 21, 3, 28, 59, 640) }),
      walCorruptions: () => 0,
      storageRetention: () => '15d',
    },
    features: { api: { search: true, admin: false }, promql_operators: { '>=': true } },
    notifications: { current: () => [], subscribe: () => () => {} },
    lifecycle: { readiness: () => 'ready', reload: async () => {}, quit: () => {} },
    ...options.deps,
    settings: {
      externalUrl: new URL('http://narthex.example:9090/'),
      routePrefix: '/',
      listenAddress: '127.0.0.1:9090',
      corsAllows: () => true,
      pageTitle: 'Narthex',
      connectionsMax: 512,
      readTimeoutMs: 300_000,
      parser: ALL_PARSER_OPTIONS,
      lookbackMs: 300_000,
      queryTimeoutMs: 120_000,
      remoteRead: { samplesMax: 50_000_000, concurrencyMax: 10, frameBytes: 1_048_576 },
      enableLifecycle: false,
      enableAdminApi: false,
      enableRemoteWriteReceiver: true,
      remoteWriteMessages: ['prometheus.WriteRequest', 'io.prometheus.write.v2.Request'],
      enableOtlpReceiver: false,
      enableSearch: false,
      webRoot: '/nonexistent',
      userAssets: null,
      ...options.settings,
    },
  };
  const server = createHttpServer(deps);
  const address = await server.listen(options.listen ?? '127.0.0.1:0');
  return {
    url: `http://${address}`,
    port: Number(address.slice(address.lastIndexOf(':') + 1)),
    database,
    deps,
    queries,
    async close() {
      await server.close(0);
      await database.close();
    },
  };
}

/** A runner's answer with this `data`. */
export function jsonReply(data: unknown): QueryReply {
  return { ok: true, form: 'json', body: Buffer.from(JSON.stringify({ status: 'success', data })) };
}
