import { METRIC_TYPE, METRIC_UNIT } from '../../model/labels.ts';
import type { RowIndex } from './row-index.ts';

/** True where no series of a head or block has a type or a unit. */
export function hasNoTypes(index: Pick<RowIndex, 'valueCount'>): boolean {
  return index.valueCount(METRIC_TYPE) === 0 && index.valueCount(METRIC_UNIT) === 0;
}
