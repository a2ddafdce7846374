import type { Spend } from '../../kernels/blocks.ts';
import type { WindowShapes } from '../../kernels/window-shapes.ts';
import type { Labels } from '../../model/labels.ts';
import type { SampleColumn } from '../../storage/query.ts';
import type { Annotations } from '../steps/annotations.ts';
import type { Grid, Window } from '../steps/grid.ts';
import type { StepColumn } from '../steps/step-column.ts';
import type { PositionRange } from '../syntax/ast.ts';
import type { WorkArrays } from './work-arrays.ts';

/** What every function may look at beside its columns. One object per call expression, reused for all series. */
export interface FunctionContext {
  /** The evaluation times that the columns belong to. */
  readonly grid: Grid;
  /**
   * The scalar arguments in written order (the vector, range and string arguments are left out), each with one value
   * per step of the grid.
   */
  readonly args: readonly Float64Array[];
  readonly annotations: Annotations;
  /** Metric name of the series at hand, or empty; the engine sets it before each call. */
  metricName: string;
  /** The whole call. */
  readonly position: PositionRange;
  /** Every written argument, vector and string arguments included: index = place in the call. */
  readonly argPositions: readonly PositionRange[];
  readonly features: FunctionFeatures;
  /**
   * To be called by whatever takes long, with the samples or steps that it takes: loops over them (`blockEnd`), and windows
   * that are read anew. Throws when the query is over.
   */
  readonly spend: Spend;
}

export interface FunctionFeatures {
  /** `promql-delayed-name-removal`: annotations may then print the metric name of dropped series. */
  readonly delayedNameRemoval: boolean;
  /** `use-start-timestamps`: rate, irate, increase and resets look at `SampleColumn.startTimes`. */
  readonly useStartTimestamps: boolean;
  /** `type-and-unit-labels`. */
  readonly typeAndUnitLabels: boolean;
}

export interface RangeContext extends FunctionContext {
  /**
   * `anchored` and `smoothed` selectors: the column then reaches `lookbackMs` further back than the first window
   * (and, smoothed, `lookbackMs` beyond each window's end). The windows themselves are the plain ones.
   */
  readonly extension: 'none' | 'anchored' | 'smoothed';
  readonly lookbackMs: number;
  /** All labels of the series at hand; the engine sets it before each call. */
  labels: Labels;
  /** The windows' bounds in the column at hand, where they are known; the engine sets it before each call. */
  bounds: ColumnBounds | null;
  /** Room to work in. */
  readonly work: WorkArrays;
}

/** The samples `from[i] <= index < to[i]` lie in window i. Not to be changed. */
export interface Bounds {
  readonly from: Uint32Array;
  readonly to: Uint32Array;
}

export interface ColumnBounds extends Bounds {
  readonly samples: SampleColumn;
  /** The samples have the very times that those of the call before had, so the bounds are the same, too. */
  readonly areAsBefore: boolean;
  /** What a function keeps from one call to the next, and follows from times and windows alone. */
  kept: WindowShapes | null;
}

/**
 * Sees a whole raw series and fills the whole grid: one call per series, O(1) amortised a step.
 *
 * - `samples`: oldest first, stale markers already removed; it may hold samples before the first and after the last
 *   window. Owned by the engine; not to be changed or kept.
 * - `window`: see `Window`. `window.step` may be 0 (a selector with `@`): all windows are then the same.
 * - `out`: the function writes `present[i]` (0 or 1) for every i < `window.count`, and `values[i]` where it is 1.
 *   `out.histograms` is null on entry; a function that gives histograms puts an array of `window.count` entries there.
 */
export type RangeFunction = (samples: SampleColumn, window: Window, out: StepColumn, context: RangeContext) => void;

/**
 * Element-wise: fills `out` from `input` step by step. `out` may be the very same column as `input` (so read a step
 * before writing it). Writes `present[i]` for every step, and sets `out.histograms` (null unless it gives histograms).
 */
export type InstantFunction = (input: StepColumn, out: StepColumn, context: FunctionContext) => void;

/** Scalars in, scalars out, one value per step: `time()`, `pi()`, `min_of(a, b)`. */
export type ScalarFunction = (out: Float64Array, context: FunctionContext) => void;

/** What a label function tells before it does it; either throws where it is too much, or nobody waits any more. */
export interface LabelCosts {
  /** A text of so many UTF-16 units is made; `isWide` where each of them takes two bytes. */
  takeText(length: number, isWide: boolean): void;
  /** Work that takes about as long as reading so many samples. */
  spend(work: number): void;
}

/**
 * Changes labels and leaves values alone. `prepare` gets the call's string arguments in written order, checks them
 * (throws an `EvaluationError` with the reference's text) and gives the function that is applied to each series.
 */
export interface LabelFunction {
  prepare(strings: readonly string[], costs: LabelCosts): (labels: Labels) => Labels;
}

/**
 * All series that form one histogram: classic bucket series with equal labels apart from `le`, and the native series
 * with the very same labels. The engine groups; the metric name is part of the identity.
 */
export interface HistogramGroup {
  /** Labels of the answer: without `le` and metric name. */
  readonly labels: Labels;
  /** Metric name of the group, or empty; for annotations. */
  readonly metricName: string;
  /** Upper bounds of `buckets`, rising; equal bounds (`1`, `1.0`) may follow each other, to be merged per step. */
  readonly upperBounds: Float64Array;
  /** One of them is NaN: their order means nothing then. */
  readonly hasNaNBound: boolean;
  /** One column a bucket, whole grid each; float entries only count (histogram entries were moved to `native`). */
  readonly buckets: readonly StepColumn[];
  /** For each of `buckets` the place that its series has among all of the group. */
  readonly places: readonly number[];
  /** Native histograms of the group, or null. A step that has both kinds has no answer, and a warning. */
  readonly native: StepColumn | null;
}

/** histogram_quantile, histogram_fraction: one call per group, fills the whole grid. Same duties as `RangeFunction`. */
export type HistogramFunction = (group: HistogramGroup, out: StepColumn, context: FunctionContext) => void;

/** What one answer of `histogram_quantiles` is about; the call's quantiles are `args` of the context, in written order. */
export interface AskedQuantile {
  /** Place of the quantile in `args`. */
  readonly index: number;
  /** 1 for each step on which the quantile has the value that the answer is for. */
  readonly steps: Uint8Array;
}

/** histogram_quantiles: one call per group and answer; steps that are not asked for are left without a value. */
export type HistogramQuantilesFunction = (
  group: HistogramGroup,
  out: StepColumn,
  asked: AskedQuantile,
  context: FunctionContext,
) => void;

/** How one function is carried out; what is absent from the registry is answered "`name` is not supported yet". */
export type FunctionImplementation =
  | {
      readonly kind: 'range';
      readonly run: RangeFunction;
      /** Place of the range vector among the arguments. */
      readonly rangeArgument: number;
      /** last_over_time and first_over_time keep the metric name. */
      readonly keepsName: boolean;
    }
  | {
      readonly kind: 'instant';
      readonly run: InstantFunction;
      /** Place of the instant vector; where the call leaves it out (calendar functions) it is `vector(time())`. */
      readonly vectorArgument: number;
    }
  | { readonly kind: 'scalar'; readonly run: ScalarFunction }
  | { readonly kind: 'labels'; readonly run: LabelFunction }
  | { readonly kind: 'histogram'; readonly run: HistogramFunction; readonly vectorArgument: number }
  /** `histogram_quantiles(v, "label", q...)`: one answer series per quantile, made with `run` for each of them. */
  | { readonly kind: 'histogramQuantiles'; readonly run: HistogramQuantilesFunction }
  /** By value, NaN last; the engine sorts. */
  | { readonly kind: 'sortByValue'; readonly descending: boolean }
  /** `compare` gets the string arguments of the call; ties are broken by all labels inside it. */
  | {
      readonly kind: 'sortByLabel';
      readonly compare: (a: Labels, b: Labels, names: readonly string[]) => number;
    }
  /**
   * Needs the engine itself: vector, scalar, absent, absent_over_time, timestamp, start_timestamp, info, and the query
   * parameters start, end, step, range. (Labels of absent: `plan/absent-labels.ts`.)
   */
  | { readonly kind: 'engine' };

/** `functions/registry.ts` exports `functionImplementations` of this type: one visible table. */
export type FunctionRegistry = Readonly<Record<string, FunctionImplementation>>;

/** A mistake that only the evaluation can find; it ends the query with error type `execution`. */
export class EvaluationError extends Error {
  override readonly name = 'EvaluationError';
}
