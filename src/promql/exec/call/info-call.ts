import type { InfoPlan } from '../../plan/plan.ts';
import type { QueryContext } from '../context.ts';
import type { SeriesHeads, VectorOperator } from '../operator.ts';
import { QueryError } from '../query-error.ts';
import type { Scope } from '../scope.ts';
import type { StepColumn } from '../step-column.ts';

/** `info(v, {...})`. */
export class InfoCall implements VectorOperator {
  constructor(plan: InfoPlan, input: VectorOperator, scope: Scope, context: QueryContext) {
    void plan;
    void input;
    void scope;
    void context;
  }

  async series(): Promise<SeriesHeads> {
    throw new QueryError('execution', 'info is not supported yet');
  }

  next(): StepColumn | null {
    return null;
  }
}
