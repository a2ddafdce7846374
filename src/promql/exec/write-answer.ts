import { Labels } from '../../model/labels.ts';
import { isRangePlan, isScalarPlan, type Plan, type RangePlan } from '../plan/plan.ts';
import type { ResultSink } from '../result.ts';
import type { QueryContext } from './context.ts';
import { EqualRanges } from './equal-ranges.ts';
import { FinishNames, finishedLabels } from './finish-names.ts';
import { samplesWeight } from './histogram-weight.ts';
import type { Operators, RangeOperator, ScalarOperator, VectorOperator } from './operator.ts';
import type { Scope } from './scope.ts';
import { extendFloats } from './select/extend-floats.ts';

/** Writing a sample takes as long as looking at so many: some 100 ns. */
const WRITING_WORK = 10;
/** Giving a series and writing its labels takes as long as looking at so many samples, at least. */
const ROW_WORK = 20;
/** And writing a byte of long labels. */
const WRITTEN_WORK = 1 / 16;

/** Where the answer of a query goes, and what belongs to it. */
export interface AnswerParts {
  readonly scope: Scope;
  readonly context: QueryContext;
  /** A range query answers scalars and vectors as a matrix. */
  readonly isRangeQuery: boolean;
  readonly sink: ResultSink;
}

/**
 * Runs the operators of a plan and hands what they give to the sink, all but its end. Lets the event loop run in between.
 *
 * @throws QueryError where a limit is met, at the end at the latest
 */
export async function writeAnswer(plan: Plan, operators: Operators, parts: AnswerParts): Promise<void> {
  const { context, scope, sink } = parts;
  if (plan.kind === 'string') {
    sink.begin('string', scope.grid);
    sink.setString(plan.value);
  } else if (isScalarPlan(plan)) await writeScalar(operators.scalar!, parts);
  else if (isRangePlan(plan)) await writeRanges(plan, operators.range!, parts);
  else await writeVector(operators.vector!, parts);
  context.budget.check();
}

async function writeScalar(scalar: ScalarOperator, { isRangeQuery, scope, sink }: AnswerParts): Promise<void> {
  const { grid } = scope;
  const values = await scalar.read();
  sink.begin(isRangeQuery ? 'matrix' : 'scalar', grid);
  if (isRangeQuery) {
    sink.addColumn(Labels.EMPTY, { values, present: new Uint8Array(grid.count).fill(1), histograms: null });
  } else {
    sink.setScalar(values[0]!);
  }
}

/** Samples as they are stored: a range selector or subquery that no function is applied to. */
async function writeRanges(
  plan: RangePlan,
  range: RangeOperator,
  { context, scope, sink }: AnswerParts,
): Promise<void> {
  const { budget, features } = context;
  sink.begin('matrix', scope.grid);
  const heads = await range.series();
  const labels = features.delayedNameRemoval ? finishedLabels(heads, budget) : heads.labels;
  budget.held.hold(labels);
  const writing = (written: number) => {
    budget.noteAnswer(sink.heldBytes);
    budget.spend(WRITING_WORK * written);
  };
  const samples = budget.samples();
  const equal = labels === heads.labels ? null : new EqualRanges(labels, budget);
  if (equal !== null) budget.held.hold(equal);
  for (let row = 0; range.next(samples); row++) {
    if (plan.kind === 'rangeSelect' && plan.extension !== 'none') extendFloats(samples, range.window, plan.extension);
    const weight = samplesWeight(samples, budget.spending);
    if (range.isRead) scope.counts.addAt(0, weight);
    budget.hold(weight);
    if (equal === null || !equal.take(row, samples)) sink.addSamples(labels[row]!, samples, writing);
    budget.noteAnswer(sink.heldBytes);
    budget.spend(samples.length);
    if (budget.pauseDue) await budget.pause();
  }
  for (const [shared, merged] of equal?.merged() ?? []) sink.addSamples(shared, merged, writing);
}

async function writeVector(vector: VectorOperator, { context, isRangeQuery, scope, sink }: AnswerParts): Promise<void> {
  const { grid, isInstant } = scope;
  const { budget, features } = context;
  const root = features.delayedNameRemoval ? new FinishNames(vector, isInstant, budget) : vector;
  sink.begin(isRangeQuery ? 'matrix' : 'vector', grid);
  const { labels } = await root.series();
  budget.held.hold(labels);
  // Told of histograms alone: their texts are long, and a column may have thousands.
  const writing = (work: number) => {
    budget.noteAnswer(sink.heldBytes);
    budget.spend(WRITING_WORK * work);
  };
  for (let column = root.next(), row = 0; column !== null; column = root.next(), row++) {
    const before = sink.byteLength;
    sink.addColumn(labels[row]!, column, writing);
    const written = sink.byteLength - before;
    budget.noteAnswer(sink.heldBytes);
    budget.spend(ROW_WORK + grid.count + WRITTEN_WORK * written);
    if (budget.pauseDue) await budget.pause();
  }
}
