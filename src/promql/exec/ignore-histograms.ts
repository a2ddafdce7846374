import { blockEnd } from '../../kernels/blocks.ts';
import { dropHistograms, type StepColumn } from '../steps/step-column.ts';
import type { PositionRange } from '../syntax/ast.ts';
import type { QueryContext } from './context.ts';

/** Takes the histograms out of a column for an aggregation that knows floats only, and says so once. */
export function ignoreHistograms(
  column: StepColumn,
  op: string,
  position: PositionRange,
  { annotations, budget }: QueryContext,
): void {
  const { histograms, present } = column;
  if (histograms === null) return;
  for (let i = 0; i < present.length; ) {
    const stop = blockEnd(i, present.length, budget.spending);
    for (; i < stop; i++) {
      if (present[i] === 0 || histograms[i] === undefined) continue;
      annotations.info(`ignored histogram in ${op} aggregation`, position);
      dropHistograms(column, budget.spending);
      return;
    }
  }
  dropHistograms(column, budget.spending);
}
