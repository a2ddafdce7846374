import { closest } from '../../config/closest.ts';
import { Engine } from '../../promql/engine.ts';
import { functionImplementations } from '../../promql/functions/registry.ts';
import { type Explanation, explanationText } from '../../promql/plan/explain.ts';
import { PASSES } from '../../promql/plan/passes/passes.ts';
import { systemClock } from '../../std/clock.ts';
import { argument, type Command, type FlagSpec, type Given, switchFlag, valueFlag } from './command-tree.ts';
import { featuresFrom } from './promql-features.ts';
import { askDirectory } from './query-directory.ts';
import { reported } from './query-mistakes.ts';
import { answered, HEADER, HTTP_CONFIG } from './query-server.ts';
import { EVALUATION_FLAGS, evaluationFrom } from './query-times.ts';
import { UsageError } from './run-command.ts';

/** `narthex promql explain`, with `common` flags of the commands beside it. */
export function explainCommand(common: readonly FlagSpec[]): Command {
  return {
    kind: 'command',
    help: 'Print how a query is computed: the passes that changed its plan, what each selector reads, and the plan as a tree.',
    flags: [
      switchFlag(
        'analyze',
        'Run the query, on --dir or --server, and print what every step of the plan gave and took.',
      ),
      valueFlag('dir', 'DIR', 'Data directory to run the query on. Nothing is changed.'),
      valueFlag('server', 'URL', 'Server to ask: http://host:port. Its own settings count.'),
      valueFlag('without-pass', 'NAME', 'A pass over the plan that is left out.', { repeatable: true }),
      ...EVALUATION_FLAGS,
      valueFlag('format', 'FORMAT', 'Output format.', { short: 'o', standard: 'text', oneOf: ['text', 'json'] }),
      HTTP_CONFIG,
      HEADER,
      ...common,
    ],
    args: [argument('query', 'PromQL query.')],
    run: explain,
  };
}

function explain(given: Given): Promise<number> | number {
  const withoutPasses = passNames(given);
  const isAnalyzed = given.isOn('analyze');
  const isLocal = given.flag('dir') !== null;
  const isRemote = given.flag('server') !== null;
  if (isLocal && isRemote) throw new UsageError('--dir and --server are two places to run a query', 'give one of them');
  const render = (explanation: Explanation) =>
    given.flag('format') === 'json' ? `${JSON.stringify(explanation)}\n` : explanationText(explanation);
  if (isRemote) return explainedByServer(given, withoutPasses, isAnalyzed, render);
  if (isLocal && isAnalyzed) return askDirectory<Explanation>(given, { form: 'analyze', withoutPasses }, render);
  if (isAnalyzed) throw new UsageError('--analyze runs the query', 'say on what: --dir DIR or --server URL');
  if (isLocal) throw new UsageError('--dir is where a query is run, which only --analyze does', 'give --analyze');
  return reported(() => render(explained(given, withoutPasses)));
}

function explained(given: Given, withoutPasses: readonly string[]): Explanation {
  const { parser, delayedNameRemoval } = featuresFrom(given);
  const engine = new Engine({
    samplesMax: 50_000_000,
    defaultSubqueryStepMs: () => 60_000,
    parser,
    features: { delayedNameRemoval, useStartTimestamps: false, typeAndUnitLabels: false },
    functions: functionImplementations,
    clock: systemClock,
  });
  const query = engine.prepare(given.args[0]!, evaluationFrom(given, systemClock.now()));
  return engine.explain(query, new Set(withoutPasses));
}

function explainedByServer(
  given: Given,
  withoutPasses: readonly string[],
  isAnalyzed: boolean,
  render: (explanation: Explanation) => string,
): Promise<number> {
  const { kind, start, end, step, lookbackMs } = evaluationFrom(given, systemClock.now());
  const seconds = (ms: number) => String(ms / 1000);
  const times: [string, string][] =
    kind === 'instant'
      ? [['time', seconds(start)]]
      : [
          ['start', seconds(start)],
          ['end', seconds(end)],
          ['step', seconds(step)],
        ];
  const pairs: [string, string][] = [
    ['query', given.args[0]!],
    ...times,
    ['lookback_delta', seconds(lookbackMs)],
    ['analyze', String(isAnalyzed)],
    ...withoutPasses.map((name): [string, string] => ['without', name]),
  ];
  return answered(given, async (client) => render((await client.post('explain', pairs)).data as Explanation));
}

/** Throws UsageError for a name that is no pass. */
function passNames(given: Given): readonly string[] {
  const names = given.flags('without-pass');
  const known = PASSES.map(({ name }) => name);
  for (const name of names) {
    if (known.includes(name)) continue;
    const near = closest(name, known);
    throw new UsageError(
      `'${name}' is no pass over plans`,
      near === null ? `there are ${known.join(', ')}` : `did you mean ${near}?`,
    );
  }
  return names;
}
