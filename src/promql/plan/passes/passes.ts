import type { FunctionFeatures } from '../../functions/contracts.ts';
import type { Look } from '../fold-tree.ts';
import type { Plan } from '../plan.ts';
import { dropLabels } from './drop-labels.ts';
import { foldConstants } from './fold-constants.ts';
import { hoistStepInvariant } from './hoist-step-invariant.ts';
import { propagateMatchers } from './propagate-matchers.ts';
import { shareSelectors } from './share-selectors.ts';
import { shareSubexpressions } from './share-subexpressions.ts';

/** Turns a plan into one that gives the same answer with less work. */
export interface Pass {
  readonly name: string;
  /** What it does, in a few words. */
  readonly purpose: string;
  /**
   * Less is read with it, and so counted in a query's statistics. It is left out where a client asks for these, which are
   * the reference's then.
   */
  readonly readsLess: boolean;
  /** `look` is called now and then, and may throw. */
  readonly run: (plan: Plan, look: Look, features: FunctionFeatures) => Plan;
}

/** All passes, in the order in which they run. */
export const PASSES: readonly Pass[] = [
  {
    name: 'fold-constants',
    purpose: 'calculates what is made of numbers alone',
    readsLess: false,
    run: foldConstants,
  },
  {
    name: 'propagate-matchers',
    purpose: 'reads of one side of a join only what the matchers of the other side allow',
    readsLess: true,
    run: propagateMatchers,
  },
  {
    name: 'hoist-step-invariant',
    purpose: 'evaluates what is the same on all steps once',
    readsLess: false,
    run: hoistStepInvariant,
  },
  {
    name: 'drop-labels',
    purpose: 'leaves labels alone that nobody looks at',
    readsLess: false,
    run: dropLabels,
  },
  {
    name: 'share-subexpressions',
    purpose: 'evaluates equal parts once',
    readsLess: true,
    run: shareSubexpressions,
  },
  {
    name: 'share-selectors',
    purpose: 'decodes samples that several selectors read once',
    readsLess: false,
    run: shareSelectors,
  },
];
