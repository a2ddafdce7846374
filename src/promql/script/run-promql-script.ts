import type { Queryable } from '../../storage/query.ts';
import type { Expr, MatrixSelector, VectorSelector } from '../syntax/ast.ts';
import { ALL_PARSER_OPTIONS } from '../syntax/options.ts';
import { parseExpr } from '../syntax/parse.ts';
import { printExpr } from '../syntax/print.ts';
import { walk } from '../syntax/walk.ts';
import { MemoryQueryable } from './memory-queryable.ts';
import {
  type EvalCommand,
  type Expectation,
  type LoadCommand,
  type ScriptCommand,
  ScriptSyntaxError,
} from './promql-script.ts';
import { orderDifference, type ResultSeries, resultDifference, type ScriptValue } from './script-result.ts';

/** One query for the engine under test. Times in ms; `end` equals `start` for an instant query. */
export interface ScriptRequest {
  readonly queryable: Queryable;
  readonly text: string;
  readonly kind: 'instant' | 'range';
  readonly start: number;
  readonly end: number;
  readonly step: number;
}

export type ScriptReply =
  | {
      readonly ok: true;
      readonly value: ScriptValue;
      /** As the API prints them: with "PromQL warning: " before and the position behind. */
      readonly warnings: readonly string[];
      readonly infos: readonly string[];
    }
  /** `supported` is false where the engine says that it can not do this yet. */
  | { readonly ok: false; readonly message: string; readonly supported: boolean };

export type Evaluate = (request: ScriptRequest) => Promise<ScriptReply>;

export interface EvalOutcome {
  readonly command: EvalCommand;
  readonly result: 'pass' | 'fail' | 'not supported';
  /** What was wrong; empty where it passed. */
  readonly detail: string;
}

/**
 * Runs the commands of a script in order and tells how each evaluation went. Besides the query itself, an instant one is
 * asked again as the middle of a range, and with `@` on every selector at other times: the answer must stay the same.
 * Rejects with `ScriptSyntaxError` where samples are loaded that are older than those of a `load` before, or have no labels.
 */
export async function runPromqlScript(commands: readonly ScriptCommand[], evaluate: Evaluate): Promise<EvalOutcome[]> {
  const outcomes: EvalOutcome[] = [];
  let queryable = new MemoryQueryable();
  for (const command of commands) {
    if (command.kind === 'clear') queryable = new MemoryQueryable();
    else if (command.kind === 'load') load(command, queryable);
    else outcomes.push(await runEval(command, queryable, evaluate));
  }
  return outcomes;
}

function load({ line, series }: LoadCommand, queryable: MemoryQueryable): void {
  try {
    for (const entry of series) {
      if (entry.labels.pairs.length === 0 && entry.samples.length > 0) {
        throw new RangeError('empty labelset: invalid sample');
      }
      queryable.append(entry);
    }
  } catch (error) {
    throw new ScriptSyntaxError(line, error as Error);
  }
}

async function runEval(command: EvalCommand, queryable: Queryable, evaluate: Evaluate): Promise<EvalOutcome> {
  try {
    const ask: Ask = (query) => evaluate({ queryable, ...query });
    const problem = command.isRange ? await runRange(command, ask) : await runInstant(command, ask);
    return { command, result: problem === null ? 'pass' : 'fail', detail: problem ?? '' };
  } catch (error) {
    if (error instanceof NotSupported) return { command, result: 'not supported', detail: error.message };
    return { command, result: 'fail', detail: `engine threw ${(error as Error).stack}` };
  }
}

class NotSupported extends Error {}

type Query = Omit<ScriptRequest, 'queryable'>;
type Ask = (query: Query) => Promise<ScriptReply>;

async function runRange(command: EvalCommand, ask: Ask): Promise<string | null> {
  const { text, start, end, step } = command;
  const { problem } = await checked(command, ask, { text, kind: 'range', start, end, step });
  return problem;
}

async function runInstant(command: EvalCommand, ask: Ask): Promise<string | null> {
  for (const { text, time } of [{ text: command.text, time: command.end }, ...atVariants(command)]) {
    const { problem, value } = await checked(command, ask, { text, kind: 'instant', start: time, end: time, step: 0 });
    if (problem !== null) return `${text} at ${time}: ${problem}`;
    if (value === null || command.instantOnly || DEPENDS_ON_GRID.test(text)) continue;
    const inRange = await asMiddleOfRange(command, ask, text, time, value);
    if (inRange !== null) return `${text} at ${time} in a range: ${inRange}`;
  }
  return null;
}

/** Asks once, and compares failure, annotations and value with what is expected. The value is null after a failure. */
async function checked(
  command: EvalCommand,
  ask: Ask,
  query: Query,
): Promise<{ readonly problem: string | null; readonly value: ScriptValue | null }> {
  const reply = await ask(query);
  if (!reply.ok) {
    if (!reply.supported) throw new NotSupported(reply.message);
    if (command.fail === null) return { problem: `failed: ${reply.message}`, value: null };
    return { problem: command.fail(reply.message) ? null : `failed with another text: ${reply.message}`, value: null };
  }
  if (command.fail !== null) return { problem: 'expected an error, but it succeeded', value: reply.value };
  const problem =
    annotationProblem('warning', command.warnings, command.noWarnings, reply.warnings) ??
    annotationProblem('info', command.infos, command.noInfos, reply.infos) ??
    resultDifference(command, reply.value);
  return { problem, value: reply.value };
}

function annotationProblem(
  kind: string,
  expected: readonly Expectation[],
  none: boolean,
  got: readonly string[],
): string | null {
  if (none && got.length > 0) return `unexpected ${kind}: ${got.join(' | ')}`;
  if (expected.length === 0) return null;
  if (expected.some((accepts) => !got.some(accepts))) return `expected ${kind} not found among: ${got.join(' | ')}`;
  const extra = got.find((message) => !expected.some((accepts) => accepts(message)));
  return extra === undefined ? null : `unexpected ${kind}: ${extra}`;
}

/** These calls give another value in a range than in an instant query. */
const DEPENDS_ON_GRID = /(start|end|range|step)\(\)/;

async function asMiddleOfRange(
  command: EvalCommand,
  ask: Ask,
  text: string,
  time: number,
  instant: ScriptValue,
): Promise<string | null> {
  const reply = await ask({ text, kind: 'range', start: time - 60_000, end: time + 60_000, step: 60_000 });
  if (!reply.ok) {
    if (!reply.supported) throw new NotSupported(reply.message);
    return `failed: ${reply.message}`;
  }
  if (command.ordered) return null;
  if (reply.value.type !== 'matrix') return `expected a matrix, got ${reply.value.type}`;
  const disorder = orderDifference(reply.value.series);
  if (disorder !== null) return disorder;
  const series: ResultSeries[] = reply.value.series
    .map(({ labels, points }) => ({ labels, points: points.filter((point) => point.time === time) }))
    .filter(({ points }) => points.length > 0);
  if (instant.type !== 'scalar') return resultDifference(command, { type: 'vector', series });
  const value = series[0]?.points[0]?.value ?? Number.NaN;
  return resultDifference(command, { type: 'scalar', value });
}

/** Functions whose answer follows the evaluation time even where their argument does not. */
const FOLLOW_TIME: ReadonlySet<string> = new Set([
  'days_in_month',
  'day_of_month',
  'day_of_week',
  'day_of_year',
  'end',
  'hour',
  'minute',
  'month',
  'year',
  'predict_linear',
  'range',
  'start',
  'step',
  'time',
  'timestamp',
]);

/** The query with `@` on every selector, at several evaluation times; none where a function follows the time. */
function atVariants({ text, end: time }: EvalCommand): { readonly text: string; readonly time: number }[] {
  let expr: Expr;
  try {
    expr = parseExpr(text, ALL_PARSER_OPTIONS);
  } catch {
    return [];
  }
  let followsTime = false;
  walk(expr, (node) => {
    followsTime ||= node.kind === 'call' && FOLLOW_TIME.has(node.func);
  });
  if (followsTime) return [];
  const pinned = printExpr(pin(expr, time));
  const times = time === 0 ? [-1000, 0, 1000] : [-10 * time, 0, Math.trunc(time / 5), time, 10 * time];
  return times.map((at) => ({ text: pinned, time: at }));
}

/** Puts `@ time` on every selector and subquery that has no fixed time, but not inside a subquery. */
function pin(expr: Expr, time: number): Expr {
  const at = { kind: 'time', timestamp: time } as const;
  switch (expr.kind) {
    case 'number':
    case 'string':
      return expr;
    case 'vectorSelector':
      return pinSelector(expr, time);
    case 'matrixSelector':
      return { ...expr, selector: pinSelector(expr.selector, time) } satisfies MatrixSelector;
    case 'subquery':
      return { ...expr, at: expr.at?.kind === 'time' ? expr.at : at };
    case 'paren':
    case 'unary':
      return { ...expr, expr: pin(expr.expr, time) };
    case 'call':
      return { ...expr, args: expr.args.map((arg) => pin(arg, time)) };
    case 'aggregate':
      return { ...expr, expr: pin(expr.expr, time), param: expr.param === null ? null : pin(expr.param, time) };
    case 'binary':
      return { ...expr, left: pin(expr.left, time), right: pin(expr.right, time) };
  }
}

function pinSelector(selector: VectorSelector, time: number): VectorSelector {
  return selector.at?.kind === 'time' ? selector : { ...selector, at: { kind: 'time', timestamp: time } };
}
