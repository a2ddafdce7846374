import type { Plan } from '../plan.ts';
import { hoistStepInvariant } from './hoist-step-invariant.ts';
import { keepHistogramStatistics } from './keep-histogram-statistics.ts';

/** Turns a plan into one that gives the same answer with less work. */
export interface Pass {
  readonly name: string;
  /** What it does, in a few words. */
  readonly purpose: string;
  readonly run: (plan: Plan) => Plan;
}

/** All passes, in the order in which they run. */
export const PASSES: readonly Pass[] = [
  {
    name: 'keep-histogram-statistics',
    purpose: 'reads native histograms without buckets where only count and sum are wanted',
    run: keepHistogramStatistics,
  },
  {
    name: 'hoist-step-invariant',
    purpose: 'evaluates what is the same on all steps once',
    run: hoistStepInvariant,
  },
];
