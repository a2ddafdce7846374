import { goFloatCompact } from '../../../model/go-float.ts';
import { METRIC_NAME } from '../../../model/labels.ts';
import type { AggregatePlan } from '../../plan/plan.ts';
import type { QueryContext } from '../context.ts';
import { ignoreHistograms } from '../ignore-histograms.ts';
import type { ScalarOperator, SeriesHeads, VectorOperator } from '../operator.ts';
import type { Scope } from '../scope.ts';
import { AverageFold } from './average.ts';
import { CountFold, GroupFold } from './count-group.ts';
import { CountValues } from './count-values.ts';
import { DeviationFold } from './deviation.ts';
import type { Fold } from './fold.ts';
import { FoldOperator } from './fold-operator.ts';
import { HeapOrder } from './heap-order.ts';
import { HistogramSums } from './histogram-sums.ts';
import { LimitK, LimitRatio } from './limit.ts';
import { MaxFold, MinFold } from './min-max.ts';
import { parameterFromValues } from './parameter.ts';
import { QuantileFold } from './quantile.ts';
import { SumFold } from './sum.ts';
import { TopK } from './top-k.ts';

/** The operator of an aggregation. `param` is there for those that take a number. */
export function buildAggregate(
  plan: AggregatePlan,
  param: ScalarOperator | null,
  input: VectorOperator,
  scope: Scope,
  context: QueryContext,
): VectorOperator {
  const steps = scope.grid.count;
  const fold = (create: (groups: number) => Fold) =>
    new FoldOperator(plan, input, scope, context, async (sizes) => create(sizes.length));
  switch (plan.op) {
    case 'sum':
      return new FoldOperator(plan, input, scope, context, async ({ length }, heads) => {
        return new SumFold(length, steps, histogramSums('sum', plan, heads, context));
      });
    case 'avg':
      return new FoldOperator(plan, input, scope, context, async ({ length }, heads) => {
        return new AverageFold(length, steps, histogramSums('avg', plan, heads, context));
      });
    case 'min':
      return fold((groups) => new FloatsOnly(new MinFold(groups, steps), plan, context));
    case 'max':
      return fold((groups) => new FloatsOnly(new MaxFold(groups, steps), plan, context));
    case 'count':
      return fold((groups) => new CountFold(groups, steps));
    case 'group':
      return fold((groups) => new GroupFold(groups, steps));
    case 'stddev':
    case 'stdvar': {
      const { op } = plan;
      return fold((groups) => new FloatsOnly(new DeviationFold(op, groups, steps), plan, context));
    }
    case 'quantile':
      return new FoldOperator(plan, input, scope, context, async (sizes) => {
        const quantiles = await readQuantiles(plan, param!, context);
        return new FloatsOnly(new QuantileFold(sizes, quantiles, context.budget), plan, context);
      });
    case 'topk':
    case 'bottomk':
      return new TopK(plan, param!, input, scope, context);
    case 'limitk':
      return inOrder(new LimitK(plan, param!, input, scope, context));
    case 'limit_ratio':
      return inOrder(new LimitRatio(plan, param!, input, context));
    case 'count_values':
      return new CountValues(plan, input, scope, context);
  }

  function inOrder(limited: VectorOperator): VectorOperator {
    return scope.isInstant ? new HeapOrder(plan, limited, context) : limited;
  }
}

function histogramSums(op: 'sum' | 'avg', plan: AggregatePlan, { labels }: SeriesHeads, context: QueryContext) {
  return new HistogramSums(op, plan.inputPosition, context, (row) => labels[row]!.get(METRIC_NAME));
}

async function readQuantiles(plan: AggregatePlan, param: ScalarOperator, context: QueryContext): Promise<Float64Array> {
  const { values, min, max, hasNaN } = parameterFromValues(await param.read(), context.budget);
  const warn = (found: number) =>
    context.annotations.warn(
      `quantile value should be between 0 and 1, got ${goFloatCompact(found)}`,
      plan.paramPosition,
      plan.position,
    );
  if (hasNaN) warn(Number.NaN);
  if (max > 1) warn(max);
  if (min < 0) warn(min);
  return values;
}

/** Passes floats on to a fold that knows nothing else. */
class FloatsOnly implements Fold {
  readonly #fold: Fold;
  readonly #plan: AggregatePlan;
  readonly #context: QueryContext;

  constructor(fold: Fold, plan: AggregatePlan, context: QueryContext) {
    this.#fold = fold;
    this.#plan = plan;
    this.#context = context;
  }

  add(...[column, group, row, spend]: Parameters<Fold['add']>): void {
    ignoreHistograms(column, this.#plan.op, this.#plan.inputPosition, this.#context);
    this.#fold.add(column, group, row, spend);
  }

  finish(...[group, out, spend]: Parameters<Fold['finish']>): void {
    this.#fold.finish(group, out, spend);
  }
}
