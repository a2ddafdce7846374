import { EvaluationError } from '../functions/contracts.ts';
import type { StepColumn } from '../steps/step-column.ts';
import type { QueryBudget } from './budget.ts';
import type { VectorOperator } from './operator.ts';
import { QueryError } from './query-error.ts';

/** Reading an operator that gives nothing takes as long as so many samples: there may be 16,000 of them. */
const DRAIN_WORK = 200;
/** And keeping what was read of a column: small objects that stay take V8's time twice, when it collects. */
const COLUMN_WORK = 100;

/**
 * Reads an operator to its end, giving way to the event loop in between. `take` gets every column with its row; the
 * column is valid during the call only.
 */
export async function drain(
  input: VectorOperator,
  budget: QueryBudget,
  take: (column: StepColumn, row: number) => void,
): Promise<void> {
  budget.spend(DRAIN_WORK);
  let row = 0;
  for (let column = input.next(); column !== null; column = input.next()) {
    take(column, row++);
    budget.spend(COLUMN_WORK + column.present.length);
    if (budget.pauseDue) await budget.pause();
  }
}

/**
 * Asks an operand of a binary operator for what `ask` does. Where that fails, a mistake in one of the first `before` operands is told
 * instead: clients know these as evaluated first, and whole.
 */
export async function afterLeft<T>(
  operands: readonly VectorOperator[],
  before: number,
  budget: QueryBudget,
  ask: () => Promise<T>,
): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    const isMistake = error instanceof EvaluationError || (error instanceof QueryError && error.kind === 'execution');
    for (let i = 0; isMistake && i < before; i++) await drain(operands[i]!, budget, () => {});
    throw error;
  }
}
