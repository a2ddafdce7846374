import type { BodyBudget } from '../http/body.ts';
import type { Labels } from '../model/labels.ts';
import type { Matcher } from '../model/matcher.ts';
import type { ParserOptions } from '../promql/syntax/options.ts';
import type { ListRunner } from '../query/lists/list-runner.ts';
import type { ParsedForm } from '../query/parsed-text.ts';
import type { QueryReply, QueryRunner } from '../query/runner.ts';
import type { Clock } from '../std/clock.ts';
import type { Appendable } from '../storage/append.ts';
import type { ExemplarQueryable } from '../storage/exemplar.ts';
import type { Queryable, TimeRange } from '../storage/query.ts';
import type { Log } from '../telemetry/log.ts';
import type { Registry } from '../telemetry/registry.ts';

/** Everything that the HTTP server shows or drives. The server composes it; the API knows no part behind it. */
export interface ApiDependencies {
  readonly log: Log;
  readonly clock: Clock;
  readonly registry: Registry;
  /**
   * Reads that are no queries; they end when `signal` aborts. Files are read beside the main thread. Lists may throw `LongList`: those
   * `lists` writes.
   */
  queryable(signal: AbortSignal): Queryable;
  readonly lists: ListRunner;
  /** What was appended lately, to be looked at on the spot: what stands where a sample is refused. */
  readonly headQueryable: Queryable;
  readonly exemplars: ExemplarQueryable;
  readonly appendable: Appendable;
  readonly runner: QueryRunner;
  /** What all answers of queries that are being sent may take together. */
  readonly answers: BodyBudget;
  /** Parses a long text beside the main thread: the body of the reply is what `parsedText` gives. */
  parse(text: string, form: ParsedForm, signal: AbortSignal): Promise<QueryReply>;
  readonly targets: TargetsView;
  readonly storage: StorageView;
  readonly admin: StorageAdministration;
  readonly configuration: ConfigurationView;
  /** Flag name without dashes -> value as text, as `/status/flags` shows them. */
  readonly flags: Readonly<Record<string, string>>;
  readonly build: BuildInfo;
  readonly process: ProcessView;
  /** Category -> feature -> on or off, as `/features` shows them. */
  readonly features: Readonly<Record<string, Readonly<Record<string, boolean>>>>;
  readonly notifications: NotificationsView;
  readonly lifecycle: Lifecycle;
  readonly settings: ApiSettings;
}

/** `starting` and `stopping` answer 503 on everything that needs the storage. */
export type Readiness = 'starting' | 'ready' | 'stopping';

export interface Lifecycle {
  readiness(): Readiness;
  /** Loads the configuration again; rejects with what is wrong with it. */
  reload(): Promise<void>;
  /** Begins an orderly stop; called at most once. */
  quit(): void;
}

export interface ApiSettings {
  /** How clients reach this server; its path is put before redirects. */
  readonly externalUrl: URL;
  /** What every path begins with: `/` or `/prefix`, without a slash at the end. */
  readonly routePrefix: string;
  /** The first listen address, `host:port`; tells whether a target is this server itself. */
  readonly listenAddress: string;
  /** Whether a browser page of this origin may read answers (`--web.cors.origin`). */
  corsAllows(origin: string): boolean;
  readonly pageTitle: string;
  /** Connections served at once, over all listeners; idle ones are closed first when more come. */
  readonly connectionsMax: number;
  /** Time to read a whole request, and the time an idle connection is kept. */
  readonly readTimeoutMs: number;
  /** What `format_query` and `parse_query` understand; the same that the runner does. */
  readonly parser: ParserOptions;
  readonly lookbackMs: number;
  readonly queryTimeoutMs: number;
  readonly remoteRead: RemoteReadLimits;
  readonly enableLifecycle: boolean;
  readonly enableAdminApi: boolean;
  readonly enableRemoteWriteReceiver: boolean;
  /** Message types taken by the write receiver, e.g. `prometheus.WriteRequest`. */
  readonly remoteWriteMessages: readonly string[];
  readonly enableOtlpReceiver: boolean;
  readonly enableSearch: boolean;
  /** Directory of the built web page (`web/dist`). */
  readonly webRoot: string;
  /** Directory served under `/user`, or null. */
  readonly userAssets: string | null;
}

export interface RemoteReadLimits {
  /** Samples of one unstreamed answer; 0 = no limit. */
  readonly samplesMax: number;
  /** Reads answered at once, the others wait; 0 = no limit. */
  readonly concurrencyMax: number;
  /** Bytes at which a frame of a streamed answer ends. */
  readonly frameBytes: number;
}

export type TargetHealth = 'up' | 'down' | 'unknown';

export interface MetricMetadata {
  readonly metric: string;
  /** `counter`, `gauge`, ..., `unknown`. */
  readonly type: string;
  readonly help: string;
  readonly unit: string;
}

export interface ActiveTarget {
  readonly scrapePool: string;
  readonly discoveredLabels: Labels;
  readonly labels: Labels;
  readonly scrapeUrl: string;
  /** Empty: the last scrape worked, or there was none yet. */
  readonly lastError: string;
  /** Milliseconds since the epoch; null before the first scrape. */
  readonly lastScrape: number | null;
  readonly lastScrapeDurationSeconds: number;
  readonly health: TargetHealth;
  /** Duration texts, e.g. `15s`. */
  readonly scrapeInterval: string;
  readonly scrapeTimeout: string;
  metadata(): Iterable<MetricMetadata>;
}

export interface DroppedTarget {
  readonly scrapePool: string;
  readonly discoveredLabels: Labels;
}

/** What the scrape part knows of its targets, at the moment of the call. */
export interface TargetsView {
  pools(): readonly string[];
  active(): readonly ActiveTarget[];
  dropped(): readonly DroppedTarget[];
  /** Every pool has an entry, also with 0. */
  droppedCounts(): Readonly<Record<string, number>>;
}

export interface NameAndCount {
  readonly name: string;
  readonly value: number;
}

export interface HeadStatistics {
  readonly numSeries: number;
  readonly numLabelPairs: number;
  readonly chunkCount: number;
  /** Milliseconds; null while the head is empty. */
  readonly minTime: number | null;
  readonly maxTime: number | null;
  readonly seriesCountByMetricName: readonly NameAndCount[];
  readonly labelValueCountByLabelName: readonly NameAndCount[];
  readonly memoryInBytesByLabelName: readonly NameAndCount[];
  readonly seriesCountByLabelValuePair: readonly NameAndCount[];
}

export interface StorageView {
  /** The `limit` largest of each list, largest first. */
  headStatistics(limit: number): Promise<HeadStatistics>;
  /** Segments to replay, from `min` to `max`, and the one being read. */
  walReplay(): { readonly min: number; readonly max: number; readonly current: number };
  /** Why the storage takes no samples for now, as a sentence; null while it takes them. */
  appendsStopped(): string | null;
  /** The `meta.json` of every block, parsed, by their first times. Throws before the storage is ready. */
  blocks(): readonly unknown[];
}

/** What the admin API asks of the storage; each rejects with an error whose message the client sees. */
export interface StorageAdministration {
  /** As `Database.delete`: both ends of the range are included. */
  deleteSeries(matcherSets: readonly (readonly Matcher[])[], range: TimeRange): Promise<void>;
  /** Takes what is deleted off the disk. */
  cleanTombstones(): Promise<void>;
  /** Copies the storage as it stands; resolves to the copy's name below `snapshots/`. */
  snapshot(options: { readonly skipsHead: boolean }): Promise<string>;
}

export interface ConfigurationView {
  /** The configuration in force with defaults filled in and secrets hidden. */
  yaml(): string;
  /** What tells this server's series from those of others, wherever they leave it. */
  externalLabels(): Labels;
  /** What the configuration asks for and this version does not do, so that no answer claims an empty truth. */
  readonly hasRuleFiles: boolean;
  readonly hasAlertmanagers: boolean;
}

export interface BuildInfo {
  /** The version of the reference that clients probe, and ours beside it. */
  readonly version: string;
  readonly narthexVersion: string;
  readonly revision: string;
  readonly branch: string;
  readonly buildUser: string;
  readonly buildDate: string;
  /** Stands where clients expect the compiler: `node24.x`. */
  readonly goVersion: string;
}

/** The running process, for `/status/runtimeinfo`. */
export interface ProcessView {
  readonly startTime: number;
  readonly workingDirectory: string;
  readonly hostname: string;
  readonly cpuCount: number;
  /** Bytes that the runtime's heap may take. */
  readonly memoryLimitBytes: number;
  /** Timers, sockets and requests that keep the process busy; stands where clients expect goroutines. */
  activeResources(): number;
  lastReload(): { readonly successful: boolean; readonly time: number };
  walCorruptions(): number;
  /** E.g. `15d or 10GiB`. */
  storageRetention(): string;
}

export interface Notification {
  readonly text: string;
  /** Milliseconds since the epoch. */
  readonly date: number;
  readonly active: boolean;
}

export interface NotificationsView {
  current(): readonly Notification[];
  /** Calls `listener` with every change until the returned function is called; null when there are too many listeners. */
  subscribe(listener: (notification: Notification) => void): (() => void) | null;
}
