import type { PositionRange } from '../syntax/ast.ts';
import type { Annotations } from './annotations.ts';
import { dropHistograms, type StepColumn } from './step-column.ts';

/** Takes the histograms out of a column for an aggregation that knows floats only, and says so once. */
export function ignoreHistograms(
  column: StepColumn,
  op: string,
  position: PositionRange,
  annotations: Annotations,
): void {
  const { histograms, present } = column;
  if (histograms === null) return;
  for (let i = 0; i < present.length; i++) {
    if (present[i] === 0 || histograms[i] === undefined) continue;
    annotations.info(`ignored histogram in ${op} aggregation`, position);
    break;
  }
  dropHistograms(column);
}
