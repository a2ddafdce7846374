import { hostname } from 'node:os';
import { hostAndPort } from '../../http/listen-address.ts';
import { type CommandLine, CommandLineError } from './command-line.ts';
import { featureNames } from './feature-table.ts';
import { FLAGS } from './flag-table.ts';
import { type FlagValue, flagValueText } from './flag-values.ts';

const MIB = 2 ** 20;
/** Segments of the log are made of pages. */
const WAL_PAGE_BYTES = 32 * 1024;

/** What the flags say, typed: the only form in which other parts meet them. Times are milliseconds, sizes bytes. */
export interface ServerOptions {
  readonly config: {
    readonly file: string;
    /** False where `file` is only the default name, which need not exist. */
    readonly given: boolean;
    readonly autoReload: boolean;
    readonly autoReloadIntervalMs: number;
  };
  readonly web: {
    readonly listenAddresses: readonly string[];
    readonly readTimeoutMs: number;
    readonly connectionsMax: number;
    readonly notificationListenersMax: number;
    /** Without a trailing slash; its path is the prefix others see. */
    readonly externalUrl: string;
    /** `/` or `/prefix`. */
    readonly routePrefix: string;
    readonly userAssets: string;
    readonly enableLifecycle: boolean;
    readonly enableAdminApi: boolean;
    readonly enableRemoteWriteReceiver: boolean;
    readonly acceptedWriteMessages: readonly string[];
    readonly enableOtlpReceiver: boolean;
    readonly pageTitle: string;
    readonly corsOrigin: string;
  };
  readonly storage: {
    readonly path: string;
    readonly noLockfile: boolean;
    readonly minBlockMs: number;
    readonly maxBlockMs: number;
    /** 0 = the storage's standard. */
    readonly walSegmentBytes: number;
    /** 0 = the storage's standard. */
    readonly chunkSegmentBytes: number;
    readonly mergesOverlapping: boolean;
    readonly walCompression: 'none' | 'snappy' | 'zstd';
    readonly samplesPerChunk: number;
    readonly retentionMs: number;
    readonly retentionBytes: number;
    /** The most that a compaction of the head waits, ms. */
    readonly headDelayMsMax: number;
    /** A file that lists uploaded blocks; empty = none. */
    readonly pendingUploadsFile: string;
    /** How often blocks are looked at and compactions considered, ms. */
    readonly blockReloadMs: number;
  };
  readonly query: {
    readonly lookbackMs: number;
    readonly timeoutMs: number;
    readonly concurrencyMax: number;
    readonly samplesMax: number;
    readonly bytesMax: number;
  };
  /** 0 = no limit, of samples and of reads at once. */
  readonly remoteRead: {
    readonly samplesMax: number;
    readonly concurrencyMax: number;
    readonly frameBytes: number;
  };
  readonly scrape: {
    readonly adjustTimestamps: boolean;
    readonly timestampToleranceMs: number;
  };
  readonly features: readonly string[];
  readonly log: { readonly level: LogLevel; readonly format: 'logfmt' | 'json' };
  /** What is used otherwise than it was given, a sentence each. */
  readonly warnings: readonly string[];
  /** Name to value, as `/api/v1/status/flags` answers. */
  readonly flagsForApi: Readonly<Record<string, string>>;
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

const DAY_MS = 86_400_000;
const BLOCK_RELOAD_MS_MIN = 1000;
const HEAD_DELAY_PERCENT_STANDARD = 10;
const RETENTION_STANDARD_MS = 15 * DAY_MS;
const MAX_BLOCK_LIMIT_MS = 31 * DAY_MS;

/** Checks what flags say together and gives it types. Throws CommandLineError. */
export function optionsFromCommandLine(line: CommandLine): ServerOptions {
  refuseWrongMode(line);
  refuseMissing(line);
  const get = <T extends FlagValue>(name: string) => line.values.get(name) as T;
  const given = get<readonly string[]>('web.listen-address');
  const listenAddresses = given.length === 0 ? ['0.0.0.0:9090'] : given;
  const unreadable = listenAddresses.find((address) => hostAndPort(address) === null);
  if (unreadable !== undefined) {
    throw new CommandLineError(
      `Cannot listen on ${JSON.stringify(unreadable)}`,
      2,
      '--web.listen-address takes host:port with a port of at most 65535, for example 0.0.0.0:9090.',
    );
  }
  const externalUrl = externalUrlFrom(get<string>('web.external-url'), listenAddresses[0]!);
  const retentionBytes = get<number>('storage.tsdb.retention.size');
  const retentionGivenMs = get<number>('storage.tsdb.retention.time');
  const retentionMs = retentionGivenMs === 0 && retentionBytes === 0 ? RETENTION_STANDARD_MS : retentionGivenMs;
  const maxBlockGivenMs = get<number>('storage.tsdb.max-block-duration');
  const maxBlockMs = maxBlockGivenMs > 0 ? maxBlockGivenMs : maxBlockStandardMs(retentionMs);
  const blockReloadGivenMs = get<number>('storage.tsdb.block-reload-interval');
  const blockReloadMs = Math.max(BLOCK_RELOAD_MS_MIN, blockReloadGivenMs);
  const routePrefix = `/${(get<string>('web.route-prefix') || new URL(externalUrl).pathname).replace(/^\/+|\/+$/g, '')}`;
  const features = featureNames(get('enable-feature'));
  return {
    config: {
      file: get('config.file'),
      given: line.given.has('config.file'),
      autoReload: get<boolean>('config.auto-reload') || features.includes('auto-reload-config'),
      autoReloadIntervalMs: Math.max(1000, get<number>('config.auto-reload-interval')),
    },
    web: {
      listenAddresses,
      readTimeoutMs: get('web.read-timeout'),
      connectionsMax: get('web.max-connections'),
      notificationListenersMax: get('web.max-notifications-subscribers'),
      externalUrl,
      routePrefix,
      userAssets: get('web.user-assets'),
      enableLifecycle: get('web.enable-lifecycle'),
      enableAdminApi: get('web.enable-admin-api'),
      enableRemoteWriteReceiver: get('web.enable-remote-write-receiver'),
      acceptedWriteMessages: get('web.remote-write-receiver.accepted-protobuf-messages'),
      enableOtlpReceiver: get('web.enable-otlp-receiver'),
      pageTitle: get('web.page-title'),
      corsOrigin: get('web.cors.origin'),
    },
    storage: {
      path: get('storage.tsdb.path'),
      noLockfile: get('storage.tsdb.no-lockfile'),
      minBlockMs: get('storage.tsdb.min-block-duration'),
      maxBlockMs,
      walSegmentBytes: get('storage.tsdb.wal-segment-size'),
      chunkSegmentBytes: get('storage.tsdb.max-block-chunk-segment-size'),
      mergesOverlapping: get('storage.tsdb.allow-overlapping-compaction'),
      walCompression: get<boolean>('storage.tsdb.wal-compression')
        ? get<'snappy' | 'zstd'>('storage.tsdb.wal-compression-type')
        : 'none',
      samplesPerChunk: get('storage.tsdb.samples-per-chunk'),
      retentionMs,
      retentionBytes,
      headDelayMsMax: headDelayMsMax(
        get('storage.tsdb.min-block-duration'),
        get('storage.tsdb.delayed-compaction.max-percent'),
      ),
      pendingUploadsFile: get('storage.tsdb.delay-compact-file.path'),
      blockReloadMs,
    },
    query: {
      lookbackMs: get('query.lookback-delta'),
      timeoutMs: get('query.timeout'),
      concurrencyMax: get('query.max-concurrency'),
      samplesMax: get('query.max-samples'),
      bytesMax: get('query.max-bytes'),
    },
    remoteRead: {
      samplesMax: get('storage.remote.read-sample-limit'),
      concurrencyMax: get('storage.remote.read-concurrent-limit'),
      frameBytes: get('storage.remote.read-max-bytes-in-frame'),
    },
    scrape: {
      adjustTimestamps: get('scrape.adjust-timestamps'),
      timestampToleranceMs: get('scrape.timestamp-tolerance'),
    },
    features,
    log: { level: get('log.level'), format: get('log.format') },
    flagsForApi: flagsForApi(line, {
      'web.listen-address': listenAddresses,
      'web.route-prefix': routePrefix,
      'storage.tsdb.retention.time': retentionMs,
      'storage.tsdb.max-block-duration': maxBlockMs,
      'storage.tsdb.block-reload-interval': blockReloadMs,
    }),
    warnings:
      blockReloadMs === blockReloadGivenMs
        ? []
        : ['--storage.tsdb.block-reload-interval is shorter than 1s: blocks are looked at once a second'],
  };
}

/** Every flag with its text; `resolved` are those whose value was worked out from others. */
function flagsForApi(line: CommandLine, resolved: Readonly<Record<string, FlagValue>>): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const spec of FLAGS)
    texts[spec.name] = flagValueText(spec.kind, resolved[spec.name] ?? line.values.get(spec.name)!);
  return texts;
}

function refuseWrongMode(line: CommandLine): void {
  const agent = line.values.get('agent') === true;
  const wrong = FLAGS.filter((spec) => line.given.has(spec.name) && spec.mode === (agent ? 'server' : 'agent'));
  if (wrong.length === 0) return;
  const list = wrong.map((spec) => JSON.stringify(`--${spec.name}`)).join(' ');
  const mode = agent ? 'can not be used in agent mode' : 'can only be used in agent mode';
  throw new CommandLineError(`The following flag(s) ${mode}: [${list}]`, 3);
}

/** What would change answers, or leave a door open, is refused instead of being passed over. */
function refuseMissing(line: CommandLine): void {
  if (line.values.get('agent') === true)
    throw new CommandLineError('Agent mode is not supported yet: start without --agent', 2);
  if (line.values.get('web.config.file') !== '')
    throw new CommandLineError(
      'TLS and authentication of --web.config.file are not supported yet: start without it, or behind a proxy that does both',
      2,
    );
  if (line.values.get('web.enable-otlp-receiver') === true)
    throw new CommandLineError('The OTLP receiver is not supported yet: start without --web.enable-otlp-receiver', 2);
  const ratio = line.values.get('auto-gomemlimit.ratio') as number;
  if (ratio <= 0 || ratio > 1)
    throw new CommandLineError('--auto-gomemlimit.ratio must be greater than 0 and less than or equal to 1.', 1);
  refuseSizes(line);
  const searchMax = line.values.get('web.search.max-limit') as number;
  if (searchMax < 0)
    throw new CommandLineError(
      `--web.search.max-limit must be non-negative; got ${searchMax} (use 0 to disable the cap)`,
      1,
    );
}

/** Sizes of files that the formats, or the machine, would not get along with. 0 is the standard one. */
function refuseSizes({ values }: CommandLine): void {
  const walSegment = values.get('storage.tsdb.wal-segment-size') as number;
  if (walSegment !== 0 && (walSegment < 10 * MIB || walSegment > 256 * MIB))
    throw new CommandLineError("flag 'storage.tsdb.wal-segment-size' must be set between 10MB and 256MB", 1);
  if (walSegment % WAL_PAGE_BYTES !== 0)
    throw new CommandLineError(
      'opening storage failed: invalid segment size',
      1,
      `--storage.tsdb.wal-segment-size takes a multiple of ${WAL_PAGE_BYTES / 1024}KB.`,
    );
  const chunkSegment = values.get('storage.tsdb.max-block-chunk-segment-size') as number;
  if (chunkSegment !== 0 && chunkSegment < MIB)
    throw new CommandLineError("flag 'storage.tsdb.max-block-chunk-segment-size' must be set over 1MB", 1);
}

/** A share of the head's range; a share that is none is the standard one, as in the reference. */
function headDelayMsMax(rangeMs: number, percent: number): number {
  const isShare = percent > 0 && percent <= 100;
  return Math.trunc((rangeMs * (isShare ? percent : HEAD_DELAY_PERCENT_STANDARD)) / 100);
}

/** Blocks grow to a tenth of the retention, 31 days at most. */
function maxBlockStandardMs(retentionMs: number): number {
  return retentionMs === 0 ? MAX_BLOCK_LIMIT_MS : Math.min(MAX_BLOCK_LIMIT_MS, Math.floor(retentionMs / 10));
}

function externalUrlFrom(text: string, listenAddress: string): string {
  if (text === '') return `http://${hostname()}:${listenAddress.slice(listenAddress.lastIndexOf(':') + 1)}`;
  const refuse = (cause: string) =>
    new CommandLineError(
      `parse external URL ${JSON.stringify(text)}: ${cause}`,
      2,
      'A right one: https://metrics.example.org/prometheus',
    );
  if (/^["']|["']$/.test(text)) throw refuse('URL must not begin or end with quotes');
  if (!/^https?:\/\//i.test(text)) throw refuse(`parse ${JSON.stringify(text)}: missing protocol scheme`);
  if (!URL.canParse(text)) throw refuse(`parse ${JSON.stringify(text)}: invalid URL`);
  return text.replace(/[?#].*$/, '').replace(/\/+$/, '');
}
