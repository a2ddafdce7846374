import type { Matcher } from '../../../model/matcher.ts';
import type { FunctionFeatures } from '../../functions/contracts.ts';
import type { VectorMatching } from '../../syntax/ast.ts';
import { isUnique } from '../distinct-series.ts';
import { foldTree, type Look } from '../fold-tree.ts';
import {
  isFilled,
  isMatched,
  isSameMatcher,
  knownMatchers,
  NAMES_MAX,
  withoutMetricLabels,
} from '../known-matchers.ts';
import { type Plan, planInputs, type VectorPlan, withInputs } from '../plan.ts';
import { quietness } from '../quiet-plans.ts';

/**
 * Gives the selectors on one side of a join the matchers of the other side: series that agree in the labels of a join meet
 * the same matchers on them, so those that do not find no partner and need not be read.
 *
 * It stops where leaving series out could be seen: behind what may refuse them (names that are dropped, match groups that are
 * no longer unique), behind what looks at all series at once, and where a missing partner is filled in. Where something would
 * be told of native histograms alone, or refused of series with types alone, the matchers become those for a storage that has none
 * of these (`floatMatchers`).
 */
export function propagateMatchers(root: Plan, look: Look, features: FunctionFeatures): Plan {
  const narrowing = { features, needsPlainData: false, work: { left: WORK_MAX } };
  return foldTree<Plan, Plan>(
    root,
    planInputs,
    (plan, inputs) => {
      const over = inputs.length === 0 ? plan : withInputs(plan, inputs);
      if (narrowing.work.left <= 0) return over;
      if (over.kind === 'vectorBinary') {
        const { left, right, matching } = over;
        const one = matching.card === 'one-to-many' ? left : right;
        if (isFilled(matching) || !isUnique(one, matching, features)) return over;
        return withInputs(over, [joined(left, right, matching, narrowing), joined(right, left, matching, narrowing)]);
      }
      if (over.kind === 'setOperation') {
        const { left, right, matching, op } = over;
        const narrowedLeft = op === 'and' ? joined(left, right, matching, narrowing) : left;
        return withInputs(over, [narrowedLeft, joined(right, left, matching, narrowing)]);
      }
      return over;
    },
    { look },
  );
}

/** Plans that are looked at for narrowing, in one query: what a dashboard asks has dozens, a chain of joins millions. */
const WORK_MAX = 1000;

function joined(into: VectorPlan, other: VectorPlan, matching: VectorMatching, narrowing: Narrowing): VectorPlan {
  const matched = knownMatchers(other).filter(({ name }) => isMatched(matching, name));
  if (matched.length === 0) return into;
  const known = knownMatchers(into);
  const matchers = matched.filter((each) => !known.some((one) => isSameMatcher(one, each)));
  return narrowed(into, matchers, narrowing) as VectorPlan;
}

interface Narrowing {
  readonly features: FunctionFeatures;
  /** Something above would speak of histograms that are left out, or refuse series with types. */
  readonly needsPlainData: boolean;
  /** Shared by all that a query narrows. */
  readonly work: { left: number };
}

/** The plan without series that do not meet the matchers, as far as nobody can tell. */
function narrowed(plan: Plan, matchers: readonly Matcher[], narrowing: Narrowing): Plan {
  if (matchers.length === 0 || --narrowing.work.left < 0) return plan;
  if (plan.kind === 'instantSelect' || plan.kind === 'rangeSelect') return withMatchers(plan, matchers, narrowing);
  if (plan.kind === 'setOperation') {
    return { ...plan, left: narrowed(plan.left, matchers, narrowing) as VectorPlan };
  }
  if (plan.kind === 'union') return allNarrowed(plan, plan.matching, matchers, narrowing);
  if (plan.kind === 'vectorBinary') {
    const { left, right, matching } = plan;
    const { features } = narrowing;
    // Two of one match group would be refused even if nobody asked for them.
    if (matching.card !== 'one-to-one' || isFilled(matching)) return plan;
    if (!isUnique(left, matching, features) || !isUnique(right, matching, features)) return plan;
    return allNarrowed(plan, matching, matchers, { ...narrowing, needsPlainData: true });
  }
  const quiet = quietness(plan, narrowing.features);
  if (quiet === 'never') return plan;
  const needsPlainData = narrowing.needsPlainData || quiet === 'over plain data';
  const inputs = [...planInputs(plan)];
  const place =
    plan.kind === 'vectorScalar' && plan.scalarLeft ? 1 : plan.kind === 'vectorScalar' ? 0 : inputs.length - 1;
  inputs[place] = narrowed(inputs[place]!, passedOn(plan, matchers), { ...narrowing, needsPlainData });
  return withInputs(plan, inputs);
}

/** Those that say of a plan's input what they say of the plan. */
function passedOn(plan: Plan, matchers: readonly Matcher[]): readonly Matcher[] {
  switch (plan.kind) {
    case 'aggregate':
      if (plan.grouping.length > NAMES_MAX) return [];
      return matchers.filter(({ name }) => plan.grouping.includes(name) !== plan.without);
    case 'labelCall':
      return matchers.filter(({ name }) => name !== plan.strings[0]);
    case 'rangeCall':
      return withoutMetricLabels(matchers);
    default:
      return matchers;
  }
}

/** All sides agree in the labels that they are matched by. */
function allNarrowed(plan: Plan, matching: VectorMatching, matchers: readonly Matcher[], narrowing: Narrowing): Plan {
  const shared = matchers.filter(({ name }) => isMatched(matching, name));
  const inputs = planInputs(plan);
  const after = inputs.map((input) => narrowed(input, shared, narrowing));
  // Some alone would let others through of those that are not.
  return after.some((input, i) => input === inputs[i]) ? plan : withInputs(plan, after);
}

function withMatchers(
  plan: Extract<Plan, { kind: 'instantSelect' | 'rangeSelect' }>,
  matchers: readonly Matcher[],
  narrowing: Narrowing,
): Plan {
  const quiet = quietness(plan, narrowing.features);
  if (quiet === 'never') return plan;
  const needsPlainData = narrowing.needsPlainData || quiet === 'over plain data';
  const own = needsPlainData ? [...plan.matchers, ...plan.floatMatchers] : plan.matchers;
  const more = matchers.filter((each) => !own.some((known) => isSameMatcher(known, each)));
  if (more.length === 0) return plan;
  if (needsPlainData) return { ...plan, floatMatchers: [...plan.floatMatchers, ...more] };
  return { ...plan, matchers: [...plan.matchers, ...more] };
}
