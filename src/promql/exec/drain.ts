import type { QueryBudget } from './budget.ts';
import type { VectorOperator } from './operator.ts';
import type { StepColumn } from './step-column.ts';

/**
 * Reads an operator to its end, giving way to the event loop in between. `take` gets every column with its row; the
 * column is valid during the call only.
 */
export async function drain(
  input: VectorOperator,
  budget: QueryBudget,
  take: (column: StepColumn, row: number) => void,
): Promise<void> {
  let row = 0;
  for (let column = input.next(); column !== null; column = input.next()) {
    take(column, row++);
    budget.spend(column.present.length);
    if (budget.pauseDue) await budget.pause();
  }
}
