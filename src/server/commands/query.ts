import { systemClock } from '../../std/clock.ts';
import { argument, type Command, type CommandGroup, type Given, valueFlag } from './command-tree.ts';
import { FEATURE_FLAG } from './promql-features.ts';
import { analyzeHistograms } from './query-analyze.ts';
import type { QueryData } from './query-client.ts';
import { queryDirectory } from './query-directory.ts';
import { printerOf } from './query-output.ts';
import { answered, HEADER, HTTP_CONFIG } from './query-server.ts';
import { durationFlag, EVALUATION_FLAGS, RANGE_FLAGS, rangeFrom, TIME_FLAG, timeFlag } from './query-times.ts';
import { runCommand } from './run-command.ts';

/** Runs `narthex query ...` with the arguments behind `query`. Gives the exit code. */
export function runQuery(args: readonly string[]): Promise<number> {
  return runCommand('query', QUERY, args);
}

const FORMAT = valueFlag('format', 'FORMAT', 'Output format of the query.', {
  short: 'o',
  standard: 'promql',
  oneOf: ['promql', 'json'],
});
const CLIENT_FLAGS = [FORMAT, HTTP_CONFIG];
const SERVER = argument('server', 'Server to query: http://host:port, with a path where it has a prefix.');
const EXPR = argument('expr', 'PromQL query expression.');
const MATCH = valueFlag('match', 'SELECTOR', 'Series selector.', { repeatable: true });
const PERIOD = [
  valueFlag('start', 'TIME', 'Start time (RFC3339 or Unix timestamp).'),
  valueFlag('end', 'TIME', 'End time (RFC3339 or Unix timestamp).'),
];
/** A period without a start or end reaches so far into the past or future. */
const PERIOD_MS = 9999 * 3_600_000;
const HOUR_MS = 3_600_000;

const instant: Command = {
  kind: 'command',
  help: 'Run instant query.',
  flags: [...CLIENT_FLAGS, TIME_FLAG, HEADER],
  args: [SERVER, EXPR],
  run: (given) =>
    answered(given, async (client) => {
      const time = timeFlag(given, TIME_FLAG.name, 'evaluation time') ?? systemClock.now();
      const pairs = [
        ['query', given.args[1]!],
        ['time', seconds(time)],
      ] as const;
      return printerOf(given.flag('format')!).value((await client.post('query', pairs)).data as QueryData);
    }),
};

const range: Command = {
  kind: 'command',
  help: 'Run range query.',
  flags: [...CLIENT_FLAGS, ...RANGE_FLAGS, HEADER],
  args: [SERVER, EXPR],
  run: (given) =>
    answered(given, async (client) => {
      const { start, end, step } = rangeFrom(given, systemClock.now());
      const pairs = [
        ['query', given.args[1]!],
        ['start', seconds(start)],
        ['end', seconds(end)],
        ['step', seconds(step)],
      ] as const;
      return printerOf(given.flag('format')!).value((await client.post('query_range', pairs)).data as QueryData);
    }),
};

const series: Command = {
  kind: 'command',
  help: 'Run series query.',
  flags: [{ ...MATCH, required: true }, ...CLIENT_FLAGS, ...PERIOD],
  args: [SERVER],
  run: (given) =>
    answered(given, async (client) => {
      const { data } = await client.post('series', [...matchPairs(given), ...periodPairs(given)]);
      return printerOf(given.flag('format')!).series(data as Record<string, string>[]);
    }),
};

const labels: Command = {
  kind: 'command',
  help: 'Print the values of a label.',
  flags: [...CLIENT_FLAGS, ...PERIOD, MATCH],
  args: [SERVER, argument('name', 'Label name to provide label values for.')],
  run: (given) =>
    answered(given, async (client) => {
      const path = `label/${encodeURIComponent(given.args[1]!)}/values`;
      const { data, warnings } = await client.get(path, [...matchPairs(given), ...periodPairs(given)]);
      for (const warning of warnings) process.stderr.write(`query warning: ${warning}\n`);
      return printerOf(given.flag('format')!).labelValues(data as string[]);
    }),
};

const analyze: Command = {
  kind: 'command',
  help: 'Run queries against a server to analyze the usage pattern of certain metrics.',
  flags: [
    valueFlag('server', 'URL', 'Server to query.', { required: true }),
    valueFlag('type', 'TYPE', 'Type of metric.', { required: true, oneOf: ['histogram'] }),
    { ...MATCH, required: true },
    valueFlag('duration', 'DURATION', 'Time frame to analyze.', { standard: '1h' }),
    TIME_FLAG,
    ...CLIENT_FLAGS,
  ],
  args: [],
  run: (given) =>
    answered(given, (client) =>
      analyzeHistograms(client, {
        selectors: given.flags('match'),
        durationMs: durationFlag(given, 'duration') ?? HOUR_MS,
        time: timeFlag(given, TIME_FLAG.name, 'time') ?? systemClock.now(),
      }),
    ),
};

const directory: Command = {
  kind: 'command',
  help: 'Run a query on a data directory, without a server. Nothing is changed.',
  flags: [valueFlag('dir', 'DIR', 'Data directory.', { required: true }), FORMAT, ...EVALUATION_FLAGS, FEATURE_FLAG],
  args: [EXPR],
  run: queryDirectory,
};

const QUERY: CommandGroup = {
  kind: 'group',
  help: 'Ask a server, or with --dir a data directory without one.',
  commands: { instant, range, series, labels, analyze },
  withFlag: { flag: 'dir', command: directory },
};

function matchPairs(given: Given): (readonly [string, string])[] {
  return given.flags(MATCH.name).map((selector) => ['match[]', selector] as const);
}

function periodPairs(given: Given): (readonly [string, string])[] {
  const now = systemClock.now();
  const start = timeFlag(given, 'start', 'start time') ?? now - PERIOD_MS;
  const end = timeFlag(given, 'end', 'end time') ?? now + PERIOD_MS;
  return [
    ['start', seconds(start)],
    ['end', seconds(end)],
  ];
}

function seconds(ms: number): string {
  return String(ms / 1000);
}
