import type { Matcher } from '../../model/matcher.ts';
import { PromqlSyntaxError } from '../../promql/syntax/error.ts';
import { parseMetricSelector } from '../../promql/syntax/parse.ts';
import { systemClock } from '../../std/clock.ts';
import { FileSystemError } from '../../std/file-system.ts';
import { nodeFiles } from '../../std/node-files.ts';
import type { TimeRange } from '../../storage/query.ts';
import { createLog } from '../../telemetry/line-log.ts';
import { DamagedFile } from '../../tsdb/damaged-file.ts';
import { printed, READER_GONE_EXIT, ReaderGone } from '../standard-output.ts';
import {
  argument,
  type Command,
  type CommandGroup,
  type Given,
  optionalArgument,
  switchFlag,
  valueFlag,
} from './command-tree.ts';
import { durationFlag } from './query-times.ts';
import { runCommand, UsageError } from './run-command.ts';
import { analysisText } from './tsdb-analyze.ts';
import { NoSuchBlock, openBlock } from './tsdb-blocks.ts';
import { BackfillError, createBlocks } from './tsdb-create-blocks.ts';
import { dumpDatabase } from './tsdb-dump.ts';
import { listText } from './tsdb-list.ts';
import { OPEN_METRICS_FORMAT, PROM_FORMAT, SERIES_JSON_FORMAT, type SeriesFormat } from './tsdb-series-formats.ts';
import { VERIFY_EXIT, verify } from './tsdb-verify.ts';

/** Runs `narthex tsdb ...` with the arguments behind `tsdb`. Gives the exit code. */
export function runTsdb(args: readonly string[]): Promise<number> {
  const isVerify = args.find((arg) => !arg.startsWith('-')) === 'verify';
  return runCommand('tsdb', TSDB, args, isVerify ? VERIFY_EXIT.usage : undefined);
}

const DIRECTORY_STANDARD = 'data/';
const DB_PATH = optionalArgument('db path', `Database path (default is ${DIRECTORY_STANDARD}).`);

/** Every series; also what stands for "no selector" in the reference's tool. */
const MATCH_ALL = "{__name__=~'(?s:.*)'}";
const INT64_MIN = '-9223372036854775808';
const INT64_MAX = '9223372036854775807';

const DUMP_FLAGS = [
  valueFlag(
    'sandbox-dir-root',
    'DIR',
    "Taken for the reference's sake: it has nothing to put there, since replaying a log writes no files.",
  ),
  valueFlag('min-time', 'MS', 'Minimum timestamp to dump, in milliseconds since the Unix epoch.', {
    standard: INT64_MIN,
  }),
  valueFlag('max-time', 'MS', 'Maximum timestamp to dump, in milliseconds since the Unix epoch.', {
    standard: INT64_MAX,
  }),
  valueFlag('match', 'SELECTOR', 'Series selector. Can be specified multiple times.', {
    standard: MATCH_ALL,
    repeatable: true,
  }),
];

const dump: Command = {
  kind: 'command',
  help: 'Dump data (series+samples or optionally just series) from a TSDB. Nothing is changed.',
  flags: [
    ...DUMP_FLAGS,
    valueFlag('format', 'FORMAT', 'Output format of the dump.', { standard: 'prom', oneOf: ['prom', 'seriesjson'] }),
  ],
  args: [DB_PATH],
  run: (given) => dumped(given, given.flag('format') === 'seriesjson' ? SERIES_JSON_FORMAT : PROM_FORMAT),
};

const dumpOpenMetrics: Command = {
  kind: 'command',
  help: 'Dump samples from a TSDB into OpenMetrics text format, excluding native histograms and staleness markers, which are not representable in OpenMetrics. Nothing is changed.',
  flags: DUMP_FLAGS,
  args: [DB_PATH],
  run: (given) => dumped(given, OPEN_METRICS_FORMAT),
};

const list: Command = {
  kind: 'command',
  help: 'List tsdb blocks.',
  flags: [{ ...switchFlag('human-readable', 'Print human readable values.'), short: 'r' }],
  args: [DB_PATH],
  run: (given) =>
    reported(() => {
      process.stdout.write(listText(nodeFiles, directoryOf(given), given.isOn('human-readable')));
    }),
};

const analyze: Command = {
  kind: 'command',
  help: 'Analyze churn, label pair cardinality and compaction efficiency of a block.',
  flags: [
    valueFlag('limit', 'N', 'How many items to show in each list.', { standard: '20' }),
    switchFlag('extended', 'Run extended analysis.'),
    valueFlag('match', 'SELECTOR', 'Series selector to analyze. Only 1 set of matchers is supported now.'),
  ],
  args: [DB_PATH, optionalArgument('block id', 'Block to analyze (default is the last block).')],
  run: (given) =>
    reported(() => {
      const limit = integerFrom(given.flag('limit')!);
      const text = given.flag('match') ?? '';
      const selector = text === '' ? null : { text, matchers: parseMetricSelector(text) };
      const block = openBlock(nodeFiles, directoryOf(given), given.args[1] || null);
      try {
        process.stdout.write(analysisText({ block, limit, isExtended: given.isOn('extended'), selector }));
      } finally {
        block.close();
      }
    }),
};

const verifyCommand: Command = {
  kind: 'command',
  help: 'Check every checksum, order and reference of a data directory or a block, and print each fault with file and offset. Nothing is changed. Exit code 0: sound, 1: faults, 2: it could not be checked.',
  flags: [switchFlag('json', 'Print one JSON object on a line for each finding, and a last one that sums up.')],
  args: [DB_PATH],
  run: (given) =>
    verify({
      directory: directoryOf(given),
      isJson: given.isOn('json'),
      print: (text) => process.stdout.write(text),
      progress: process.stderr.isTTY ? (text) => process.stderr.write(text) : null,
      complain: (text) => process.stderr.write(text),
    }),
};

const CREATE_FLAGS = [
  { ...switchFlag('human-readable', 'Print human readable values.'), short: 'r' },
  { ...switchFlag('quiet', 'Do not print created blocks.'), short: 'q' },
];

const openMetrics: Command = {
  kind: 'command',
  help: 'Import samples from OpenMetrics input and produce TSDB blocks.',
  flags: [
    ...CREATE_FLAGS,
    valueFlag('label', 'NAME=VALUE', 'Label to attach to metrics. Can be specified multiple times.', {
      repeatable: true,
    }),
    valueFlag(
      'max-block-duration',
      'DURATION',
      'Maximum duration created blocks may span. Anything less than 2h is ignored.',
    ),
  ],
  args: [
    argument('input file', 'OpenMetrics file to read samples from.'),
    optionalArgument('output directory', `Output directory for generated blocks (default is ${DIRECTORY_STANDARD}).`),
  ],
  run: (given) =>
    reported(() => {
      const [input, directory] = given.args;
      createBlocks({
        input: input!,
        directory: trimmed(directory || DIRECTORY_STANDARD),
        labels: new Map(given.flags('label').map(labelFrom)),
        blockDurationMaxMs: durationFlag(given, 'max-block-duration') ?? 0,
        isHumanReadable: given.isOn('human-readable'),
        fileSystem: nodeFiles,
        clock: systemClock,
        print: given.isOn('quiet') ? null : (text) => process.stdout.write(text),
        warn: (text) => process.stderr.write(text),
      });
    }),
};

/** A command of the reference's tool that is not here: it takes that one's flags, and says so. */
function missing(help: string, words: string, instead: string, flags: readonly string[]): Command {
  return {
    kind: 'command',
    help: `${help} Not supported.`,
    flags: flags.map((name) => valueFlag(name, 'VALUE', 'Not used.')),
    args: [{ ...optionalArgument('file', 'Not used.'), repeatable: true }],
    run() {
      process.stderr.write(`narthex: error: '${words}' is not supported, ${instead}\n`);
      return 1;
    },
  };
}

const rules = missing(
  'Create blocks of data for new recording rules.',
  'tsdb create-blocks-from rules',
  "use promtool's: blocks that it writes are taken in",
  ['http.config.file', 'url', 'start', 'end', 'output-dir', 'eval-interval'],
);

const benchWrite = missing('Run a write performance benchmark.', 'tsdb bench write', 'use npm run bench -- tsdb', [
  'out',
  'metrics',
  'scrapes',
]);

const TSDB: CommandGroup = {
  kind: 'group',
  help: 'Check data directories, print what they hold, and fill them.',
  commands: {
    verify: verifyCommand,
    analyze,
    list,
    dump,
    'dump-openmetrics': dumpOpenMetrics,
    'create-blocks-from': {
      kind: 'group',
      help: 'Import samples from input and produce TSDB blocks.',
      commands: { openmetrics: openMetrics, rules },
      withFlag: null,
    },
    bench: { kind: 'group', help: 'Run benchmarks.', commands: { write: benchWrite }, withFlag: null },
  },
  withFlag: null,
};

function dumped(given: Given, format: SeriesFormat): Promise<number> {
  return reported(async () => {
    const range: TimeRange = {
      minTime: integerFrom(given.flag('min-time')!),
      maxTime: integerFrom(given.flag('max-time')!),
    };
    const directory = directoryOf(given);
    if (nodeFiles.statSync(directory) === null) {
      throw new NoSuchBlock(`opening the db dir: stat ${directory}: no such file or directory`);
    }
    const log = createLog({
      level: 'warn',
      format: 'logfmt',
      clock: systemClock,
      write: (line) => process.stderr.write(line),
    });
    const selectors = given.flags('match').map(matchersFrom);
    await dumpDatabase({ directory, fileSystem: nodeFiles, log, range, selectors, write: printed, format });
  });
}

/** Runs what prints an answer; a mistake of the user or damage is one message and exit code 1. */
async function reported(run: () => void | Promise<void>): Promise<number> {
  try {
    await run();
    return 0;
  } catch (error) {
    if (error instanceof ReaderGone) return READER_GONE_EXIT;
    const isTold =
      error instanceof FileSystemError ||
      error instanceof DamagedFile ||
      error instanceof NoSuchBlock ||
      error instanceof BackfillError ||
      isSystemError(error) ||
      error instanceof PromqlSyntaxError;
    if (!isTold) throw error;
    process.stderr.write(`${(error as Error).message}\n`);
    return 1;
  }
}

/** What `node:fs` throws. */
function isSystemError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error;
}

function labelFrom(text: string): readonly [string, string] {
  const equals = text.indexOf('=');
  if (equals < 0) throw new UsageError(`expected KEY=VALUE got '${text}'`, 'try --help');
  return [text.slice(0, equals), text.slice(equals + 1)];
}

function directoryOf({ args }: Given): string {
  return trimmed(args[0] || DIRECTORY_STANDARD);
}

function trimmed(path: string): string {
  return path.length > 1 ? path.replace(/\/+$/, '') || '/' : path;
}

function matchersFrom(selector: string): readonly Matcher[] {
  return selector === MATCH_ALL ? [] : parseMetricSelector(selector);
}

/** A 64-bit integer as far as a double holds one exactly; beyond it the nearest end. */
function integerFrom(text: string): number {
  if (!/^[-+]?\d+$/.test(text)) throw parseIntError(text, 'invalid syntax');
  const exact = BigInt(text.replace('+', ''));
  if (exact < BigInt(INT64_MIN) || exact > BigInt(INT64_MAX)) throw parseIntError(text, 'value out of range');
  return Math.max(-Number.MAX_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, Number(exact)));
}

function parseIntError(text: string, reason: string): UsageError {
  return new UsageError(`strconv.ParseInt: parsing ${JSON.stringify(text)}: ${reason}`, 'try --help');
}
