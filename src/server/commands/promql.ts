import type { MatchType } from '../../model/matcher.ts';
import type { Expr } from '../../promql/syntax/ast.ts';
import { deleteMatcher, setMatcher } from '../../promql/syntax/edit-matchers.ts';
import { parseExpr } from '../../promql/syntax/parse.ts';
import { prettyPrint } from '../../promql/syntax/pretty-print.ts';
import { argument, type Command, type CommandGroup, type Given, switchFlag, valueFlag } from './command-tree.ts';
import { explainCommand } from './promql-explain.ts';
import { FEATURE_FLAG, featuresFrom } from './promql-features.ts';
import { testScripts } from './promql-test.ts';
import { reported } from './query-mistakes.ts';
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
    explain: explainCommand(COMMON),
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
