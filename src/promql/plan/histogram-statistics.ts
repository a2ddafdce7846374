import { foldTree, type Look } from './fold-tree.ts';
import { type Plan, planInputs, withInputs } from './plan.ts';

/**
 * Marks the selectors whose native histograms are wanted for their count and sum alone, because `histogram_count`,
 * `histogram_sum` or `histogram_avg` stands above them and nothing on the way up to the root looks at buckets. Such
 * histograms are read without buckets.
 *
 * This is no pass that could be left out, since it shows: nobody can complain about buckets, histograms are equal that
 * differ in them alone, and counter resets are decided sample by sample while they are there. The reference reads so always.
 */
export function keepHistogramStatistics(root: Plan, look: Look): Plan {
  const top: Node = { plan: root, wantsStatistics: false, needsBuckets: false };
  return foldTree<Node, Plan>(
    top,
    inputNodes,
    ({ plan, wantsStatistics, needsBuckets }, inputs) => {
      if (plan.kind === 'instantSelect' || plan.kind === 'rangeSelect') {
        return wantsStatistics && !needsBuckets ? { ...plan, statisticsOnly: true } : plan;
      }
      return inputs.length === 0 ? plan : withInputs(plan, inputs);
    },
    { look },
  );
}

/** A plan, and what the plans above it ask for. */
interface Node {
  readonly plan: Plan;
  readonly wantsStatistics: boolean;
  readonly needsBuckets: boolean;
}

const STATISTICS_FUNCTIONS: ReadonlySet<string> = new Set(['histogram_avg', 'histogram_count', 'histogram_sum']);

function inputNodes({ plan, wantsStatistics, needsBuckets }: Node): readonly Node[] {
  const own = {
    wantsStatistics: wantsStatistics || (plan.kind === 'instantCall' && STATISTICS_FUNCTIONS.has(plan.call.func)),
    needsBuckets: needsBuckets || looksAtBuckets(plan),
  };
  return planInputs(plan).map((input) => ({ plan: input, ...own }));
}

/** Subqueries too: counter resets between their samples can be told by buckets only. */
function looksAtBuckets(plan: Plan): boolean {
  switch (plan.kind) {
    case 'subquery':
    case 'histogramCall':
    case 'histogramQuantiles':
      return true;
    case 'vectorBinary':
    case 'vectorScalar':
      return plan.op === '</' || plan.op === '>/';
    default:
      return false;
  }
}
