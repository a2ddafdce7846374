/** How a flag's text is read; `flag-values.ts` has one reader for each. */
export type FlagKind =
  | 'switch'
  | 'text'
  | 'texts'
  | 'integer'
  | 'number'
  | 'duration'
  | 'goDuration'
  | 'bytes'
  | { readonly oneOf: readonly string[]; readonly refusal: (text: string) => string }
  | { readonly someOf: readonly string[] };

export interface FlagSpec {
  /** Without the two dashes. */
  readonly name: string;
  readonly kind: FlagKind;
  /** As it would stand on the command line. */
  readonly default: string;
  /** The mode that knows the flag; giving it in the other one ends the process with code 3. */
  readonly mode: 'any' | 'server' | 'agent';
  /** Not shown by `--help`. */
  readonly hidden: boolean;
  readonly help: string;
}

/** The remote write messages a receiver may accept. */
export const WRITE_MESSAGES = ['prometheus.WriteRequest', 'io.prometheus.write.v2.Request'] as const;

const COMPRESSIONS: FlagKind = {
  oneOf: ['snappy', 'zstd'],
  refusal: (text) => `enum value must be one of snappy,zstd, got '${text}'`,
};
const LOG_LEVELS: FlagKind = {
  oneOf: ['debug', 'info', 'warn', 'error'],
  refusal: (text) => `unrecognized log level ${text}`,
};
const LOG_FORMATS: FlagKind = { oneOf: ['logfmt', 'json'], refusal: (text) => `unrecognized log format ${text}` };

/** Every flag of Prometheus 3.14, in the order in which `--help` prints them, and `--query.max-bytes`, which is ours. */
export const FLAGS: readonly FlagSpec[] = [
  flag('config.file', 'text', 'prometheus.yml', 'The configuration file.'),
  flag(
    'config.auto-reload',
    'switch',
    'false',
    'Watch the configuration and the files it names, and reload on changes.',
  ),
  flag(
    'config.auto-reload-interval',
    'duration',
    '30s',
    'Time between two looks for changes with --config.auto-reload.',
  ),
  flag('web.listen-address', 'texts', '0.0.0.0:9090', 'Address of API, page and own metrics. May be repeated.'),
  flag('auto-gomaxprocs', 'switch', 'true', 'Accepted for compatibility; there is no Go scheduler to tune.'),
  flag('auto-gomemlimit', 'switch', 'true', 'Accepted for compatibility; there is no Go memory limit to tune.'),
  flag('auto-gomemlimit.ratio', 'number', '0.9', 'Accepted for compatibility: above 0, at most 1.'),
  flag('auto-gomemlimit.refresh-interval', 'duration', '0s', 'Accepted for compatibility.'),
  flag('web.config.file', 'text', '', 'File that switches on TLS and authentication. Experimental.'),
  flag('web.read-timeout', 'duration', '5m', 'Longest time to read a request; idle connections close after it too.'),
  flag('web.max-connections', 'integer', '512', 'Connections open at once, over all listen addresses.'),
  flag('web.max-notifications-subscribers', 'integer', '16', 'Clients that may follow live notifications at once.'),
  flag(
    'web.external-url',
    'text',
    '',
    'URL under which others reach this server, e.g. behind a proxy. Its path prefixes every route.',
  ),
  flag('web.route-prefix', 'text', '', 'Prefix of every route; the path of --web.external-url where not given.'),
  flag('web.user-assets', 'text', '', 'Directory served under /user.'),
  flag('web.enable-lifecycle', 'switch', 'false', 'Allow reload and shutdown by HTTP request.'),
  flag('web.enable-admin-api', 'switch', 'false', 'Allow the API calls that delete and snapshot data.'),
  flag('web.enable-remote-write-receiver', 'switch', 'false', 'Accept samples by remote write.'),
  flag(
    'web.remote-write-receiver.accepted-protobuf-messages',
    { someOf: WRITE_MESSAGES },
    WRITE_MESSAGES.join(','),
    `Messages that remote write may carry. May be repeated. Known: ${WRITE_MESSAGES.join(', ')}.`,
  ),
  flag('web.enable-otlp-receiver', 'switch', 'false', 'Accept samples by OTLP.'),
  flag('web.console.templates', 'text', 'consoles', 'Directory of console templates, served under /consoles.'),
  flag('web.console.libraries', 'text', 'console_libraries', 'Directory of console libraries.'),
  flag('web.page-title', 'text', 'Prometheus Time Series Collection and Processing Server', 'Title of the web page.'),
  flag(
    'web.cors.origin',
    'text',
    '.*',
    'Origins allowed to call across sites; a regular expression for the whole origin.',
  ),
  server('storage.tsdb.path', 'text', 'data/', 'The data directory.'),
  hidden(server('storage.tsdb.min-block-duration', 'duration', '2h', 'Time span of a new block. For tests.')),
  hidden(
    server(
      'storage.tsdb.max-block-duration',
      'duration',
      '0s',
      'Longest time span of a compacted block. For tests; a tenth of the retention where not given.',
    ),
  ),
  hidden(
    server(
      'storage.tsdb.max-block-chunk-segment-size',
      'bytes',
      '0B',
      'Size at which the next chunk file of a block begins, e.g. 100MB; 512MB where none is given.',
    ),
  ),
  hidden(server('storage.tsdb.wal-segment-size', 'bytes', '0B', 'Size at which a new log segment begins, e.g. 100MB.')),
  server(
    'storage.tsdb.retention.time',
    'duration',
    '0s',
    'How long samples are kept; 15d where neither this nor a size is given. Deprecated: use storage.tsdb.retention.time of the configuration file.',
  ),
  server(
    'storage.tsdb.retention.size',
    'bytes',
    '0B',
    'Bytes that blocks may take, with a unit (B, KB, MB, ...; 1KB is 1024B). Deprecated: use storage.tsdb.retention.size of the configuration file.',
  ),
  server('storage.tsdb.no-lockfile', 'switch', 'false', 'Do not lock the data directory.'),
  hidden(
    server(
      'storage.tsdb.allow-overlapping-compaction',
      'switch',
      'true',
      'Make one block of those that overlap in time.',
    ),
  ),
  hidden(server('storage.tsdb.wal-compression', 'switch', 'true', 'Compress records of the log.')),
  hidden(server('storage.tsdb.wal-compression-type', COMPRESSIONS, 'snappy', 'How records of the log are compressed.')),
  server(
    'storage.tsdb.head-chunks-write-queue-size',
    'integer',
    '0',
    'Accepted for compatibility: full chunks are written to chunks_head from memory, in the background.',
  ),
  hidden(
    server(
      'storage.tsdb.samples-per-chunk',
      'integer',
      '120',
      'Samples that a chunk of floats should get; other numbers than 120 make appending slower.',
    ),
  ),
  hidden(
    server(
      'storage.tsdb.delayed-compaction.max-percent',
      'integer',
      '10',
      'Longest random delay of a compaction, in percent of the head range.',
    ),
  ),
  server(
    'storage.tsdb.delay-compact-file.path',
    'text',
    '',
    'JSON file listing uploaded blocks; first-level blocks wait for their place in it.',
  ),
  hidden(
    server('storage.tsdb.block-reload-interval', 'duration', '1m', 'Time between two looks for new or removed blocks.'),
  ),
  agent('storage.agent.path', 'text', 'data-agent/', 'The data directory of agent mode.'),
  hidden(agent('storage.agent.wal-segment-size', 'bytes', '0B', 'Size at which a new log segment begins.')),
  agent('storage.agent.wal-compression', 'switch', 'true', 'Compress records of the log.'),
  hidden(agent('storage.agent.wal-compression-type', COMPRESSIONS, 'snappy', 'How records of the log are compressed.')),
  hidden(agent('storage.agent.wal-truncate-frequency', 'duration', '0s', 'Time between two truncations of the log.')),
  agent('storage.agent.retention.min-time', 'duration', '5m', 'Age below which no sample is truncated.'),
  agent('storage.agent.retention.max-time', 'duration', '4h', 'Age above which every sample is truncated.'),
  agent(
    'storage.agent.checkpoint-from-in-memory-series',
    'switch',
    'false',
    'Build checkpoints from series in memory alone.',
  ),
  agent('storage.agent.checkpoint-batch-size', 'integer', '1000', 'Records of one write of such a checkpoint.'),
  agent('storage.agent.no-lockfile', 'switch', 'false', 'Do not lock the data directory.'),
  flag('storage.remote.flush-deadline', 'duration', '1m', 'Longest time to send what is queued at shutdown or reload.'),
  server(
    'storage.remote.read-sample-limit',
    'integer',
    '5e7',
    'Samples one remote read may answer in unstreamed form; 0 = no limit.',
  ),
  server('storage.remote.read-concurrent-limit', 'integer', '10', 'Remote reads answered at once; 0 = no limit.'),
  server(
    'storage.remote.read-max-bytes-in-frame',
    'integer',
    '1048576',
    'Bytes of one frame of a streamed remote read.',
  ),
  server('web.search.max-limit', 'integer', '10000', 'Largest "limit" of the search API; 0 = no limit.'),
  server(
    'rules.alert.for-outage-tolerance',
    'duration',
    '1h',
    'Longest outage after which the "for" state of alerts is restored.',
  ),
  server(
    'rules.alert.for-grace-period',
    'duration',
    '10m',
    'Shortest time between a restored "for" state and its alert.',
  ),
  server('rules.alert.resend-delay', 'duration', '1m', 'Time before an alert is sent to Alertmanager again.'),
  server('rules.max-concurrent-evals', 'integer', '4', 'Independent rules evaluated at once.'),
  hidden(
    flag(
      'scrape.adjust-timestamps',
      'switch',
      'true',
      'Move timestamps of scrapes onto their schedule within the tolerance.',
    ),
  ),
  hidden(flag('scrape.timestamp-tolerance', 'goDuration', '2ms', 'How far timestamps of scrapes may be moved.')),
  server(
    'alertmanager.notification-queue-capacity',
    'integer',
    '10000',
    'Notifications that may wait for Alertmanager.',
  ),
  server('alertmanager.notification-batch-size', 'integer', '256', 'Notifications of one request to Alertmanager.'),
  server(
    'alertmanager.drain-notification-queue-on-shutdown',
    'switch',
    'true',
    'Send waiting notifications before the process ends.',
  ),
  server('query.lookback-delta', 'duration', '5m', 'How far back a query looks for the last sample of a series.'),
  server('query.timeout', 'duration', '2m', 'Longest time of one query.'),
  server('query.max-concurrency', 'integer', '20', 'Queries running at once.'),
  server('query.max-samples', 'integer', '50000000', 'Samples one query may hold in memory.'),
  server('query.max-bytes', 'bytes', '1GiB', 'Memory one query may allocate.'),
  hidden(
    flag('scrape.discovery-reload-interval', 'duration', '5s', 'Shortest time between two updates of the target sets.'),
  ),
  flag(
    'enable-feature',
    'texts',
    '',
    'Names of features to switch on, separated by commas. May be repeated. docs/flags.md lists them.',
  ),
  flag('agent', 'switch', 'false', 'Run in agent mode.'),
  flag('log.level', LOG_LEVELS, 'info', 'Least severe messages to log: debug, info, warn or error.'),
  flag('log.format', LOG_FORMATS, 'logfmt', 'Form of log lines: logfmt or json.'),
  hidden(flag('write-documentation', 'switch', 'false', 'Print the flags as Markdown.')),
];

function flag(name: string, kind: FlagKind, standard: string, help: string): FlagSpec {
  return { name, kind, default: standard, mode: 'any', hidden: false, help };
}

function server(name: string, kind: FlagKind, standard: string, help: string): FlagSpec {
  return { name, kind, default: standard, mode: 'server', hidden: false, help };
}

function agent(name: string, kind: FlagKind, standard: string, help: string): FlagSpec {
  return { name, kind, default: standard, mode: 'agent', hidden: false, help };
}

function hidden(spec: FlagSpec): FlagSpec {
  return { ...spec, hidden: true };
}
