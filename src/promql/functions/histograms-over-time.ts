import type { SampleColumn } from '../../storage/query.ts';
import type { Window } from '../exec/grid.ts';
import type { StepColumn } from '../exec/step-column.ts';
import { EvaluationError, type RangeContext } from './contracts.ts';
import type { Bounds } from './range-input.ts';

type FillHistograms = (
  samples: SampleColumn,
  floatBounds: Bounds,
  window: Window,
  out: StepColumn,
  context: RangeContext,
) => void;

export const sumHistograms: FillHistograms = () => {
  throw new EvaluationError('sum_over_time of native histograms is not supported yet');
};

export const averageHistograms: FillHistograms = () => {
  throw new EvaluationError('avg_over_time of native histograms is not supported yet');
};
