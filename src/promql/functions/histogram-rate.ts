import type { SampleColumn } from '../../storage/query.ts';
import type { Window } from '../exec/grid.ts';
import type { StepColumn } from '../exec/step-column.ts';
import { EvaluationError, type RangeContext } from './contracts.ts';
import type { Bounds } from './range-input.ts';
import type { RateKind } from './rate.ts';

export function rateOfHistograms(
  _kind: RateKind,
  _samples: SampleColumn,
  _floatBounds: Bounds,
  _window: Window,
  _out: StepColumn,
  _context: RangeContext,
): void {
  throw new EvaluationError('rate, increase and delta of native histograms are not supported yet');
}

export function instantRateOfMixed(
  _isRate: boolean,
  _samples: SampleColumn,
  _bounds: Bounds,
  _window: Window,
  _out: StepColumn,
  _context: RangeContext,
): void {
  throw new EvaluationError('irate and idelta of native histograms are not supported yet');
}
