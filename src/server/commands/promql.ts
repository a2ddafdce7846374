import type { MatchType } from '../../model/matcher.ts';
import { Engine } from '../../promql/engine.ts';
import { EvaluationError } from '../../promql/functions/contracts.ts';
import { functionImplementations } from '../../promql/functions/registry.ts';
import { explanationText } from '../../promql/plan/explain.ts';
import { PlanError } from '../../promql/plan/resolve-duration.ts';
import type { Expr } from '../../promql/syntax/ast.ts';
import { deleteMatcher, setMatcher } from '../../promql/syntax/edit-matchers.ts';
import { PromqlSyntaxError } from '../../promql/syntax/error.ts';
import { parseExpr } from '../../promql/syntax/parse.ts';
import { prettyPrint } from '../../promql/syntax/pretty-print.ts';
import { systemClock } from '../../std/clock.ts';
import { argument, type Command, type CommandGroup, type Given, switchFlag, valueFlag } from './command-tree.ts';
import { FEATURE_FLAG, featuresFrom } from './promql-features.ts';
import { testScripts } from './promql-test.ts';
import { EVALUATION_FLAGS, evaluationFrom } from './query-times.ts';
import { runCommand } from './run-command.ts';

/** Runs `narthex promql ...` with the arguments behind `promql`. Gives the exit code. */
export function runPromql(args: readonly string[]): Promise<number> {
  return runCommand('promql', PROMQL, args);
}

/** The reference's tool asks for this flag; here it changes nothing. */
const EXPERIMENTAL = switchFlag('experimental', "Taken for the reference's sake; changes nothing.");
const COMMON = [FEATURE_FLAG, EXPERIMENTAL];
const QUERY = argument('query', 'PromQL query.');

const format: Command = {
  kind: 'command',
  help: 'Format PromQL query to pretty printed form.',
  flags: COMMON,
  args: [QUERY],
  run: (given) => edited(given, (expr) => expr),
};

const setMatchers: Command = {
  kind: 'command',
  help: 'Set a label matcher in every selector of the query.',
  flags: [
    valueFlag('type', 'TYPE', 'Type of the label matcher to set.', {
      short: 't',
      standard: '=',
      oneOf: ['=', '!=', '=~', '!~'],
    }),
    ...COMMON,
  ],
  args: [QUERY, argument('name', 'Name of the label matcher to set.'), argument('value', 'Its value.')],
  run(given) {
    const [, name, value] = given.args;
    return edited(given, (expr) =>
      setMatcher(expr, { type: given.flag('type') as MatchType, name: name!, value: value! }),
    );
  },
};

const deleteMatchers: Command = {
  kind: 'command',
  help: 'Delete a label from every selector of the query.',
  flags: COMMON,
  args: [QUERY, argument('name', 'Name of the label to delete.')],
  run: (given) => edited(given, (expr) => deleteMatcher(expr, given.args[1]!)),
};

const explain: Command = {
  kind: 'command',
  help: 'Print how a query is computed: the passes that changed its plan, what each selector reads, and the plan as a tree.',
  flags: [
    ...EVALUATION_FLAGS,
    valueFlag('format', 'FORMAT', 'Output format.', { short: 'o', standard: 'text', oneOf: ['text', 'json'] }),
    ...COMMON,
  ],
  args: [QUERY],
  run: (given) => reported(() => explained(given)),
};

const test: Command = {
  kind: 'command',
  help: "Run scripts in the reference's PromQL test format, with all features on, and print what fails.",
  flags: [],
  args: [{ ...argument('file', 'Script to run.'), repeatable: true }],
  run: ({ args }) => testScripts(args),
};

const PROMQL: CommandGroup = {
  kind: 'group',
  help: 'Format, edit, explain and test PromQL.',
  commands: {
    format,
    'label-matchers': {
      kind: 'group',
      help: 'Edit label matchers contained within an existing PromQL query.',
      commands: { set: setMatchers, delete: deleteMatchers },
      withFlag: null,
    },
    explain,
    test,
  },
  withFlag: null,
};

function edited(given: Given, edit: (expr: Expr) => Expr): number {
  return reported(() => {
    const expr = parseExpr(given.args[0]!, featuresFrom(given).parser);
    return `${prettyPrint(edit(expr))}\n`;
  });
}

function explained(given: Given): string {
  const { parser, delayedNameRemoval } = featuresFrom(given);
  const engine = new Engine({
    samplesMax: 50_000_000,
    defaultSubqueryStepMs: () => 60_000,
    parser,
    features: { delayedNameRemoval, useStartTimestamps: false, typeAndUnitLabels: false },
    functions: functionImplementations,
    clock: systemClock,
  });
  const explanation = engine.explain(engine.prepare(given.args[0]!, evaluationFrom(given, systemClock.now())));
  return given.flag('format') === 'json' ? `${JSON.stringify(explanation)}\n` : explanationText(explanation);
}

/** Prints what `render` gives, or what is wrong with the query. */
function reported(render: () => string): number {
  try {
    process.stdout.write(render());
    return 0;
  } catch (error) {
    if (error instanceof RangeError) {
      // Pretty forms indent by depth: that of a chain of thousands of operators is longer than any text.
      process.stderr.write(`the query is too large to be printed: ${error.message}\n`);
      return 1;
    }
    const isMistake =
      error instanceof PromqlSyntaxError || error instanceof PlanError || error instanceof EvaluationError;
    if (!isMistake) throw error;
    process.stderr.write(`${error.message.toWellFormed()}\n`);
    return 1;
  }
}
