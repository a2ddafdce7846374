import type { SampleColumn } from '../../../storage/query.ts';
import type { StepColumn } from '../../steps/step-column.ts';
import type { QueryBudget } from '../budget.ts';

/** What a selector reads a series into, and what it makes of it. */
export interface SelectorBuffers {
  readonly samples: SampleColumn;
  readonly out: StepColumn;
}

/** To be made for the first series, not before: of thousands of selectors in one query most find none. */
export function selectorBuffers(stepCount: number, budget: QueryBudget): SelectorBuffers {
  return { samples: budget.samples(), out: budget.column(stepCount) };
}
