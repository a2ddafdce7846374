import * as calendar from './calendar.ts';
import { changes, resets } from './changes.ts';
import type { FunctionImplementation, FunctionRegistry, InstantFunction, RangeFunction } from './contracts.ts';
import { maxOverTime, minOverTime, tsOfMaxOverTime, tsOfMinOverTime } from './extremes-over-time.ts';
import { histogramFraction, histogramQuantile, histogramQuantiles } from './histogram-quantile.ts';
import {
  histogramAvg,
  histogramCount,
  histogramStddev,
  histogramStdvar,
  histogramSum,
} from './histogram-statistics.ts';
import * as math from './instant-math.ts';
import { idelta, irate } from './instant-rate.ts';
import { labelJoin, labelReplace } from './label-functions.ts';
import { compareByLabels, compareByLabelsDescending } from './natural-order.ts';
import { madOverTime, quantileOverTime } from './quantiles-over-time.ts';
import { delta, increase, rate } from './rate.ts';
import { deriv, doubleExponentialSmoothing, predictLinear } from './regression.ts';
import {
  countOverTime,
  firstOverTime,
  lastOverTime,
  presentOverTime,
  tsOfFirstOverTime,
  tsOfLastOverTime,
} from './samples-over-time.ts';
import { maxOf, minOf, pi, time } from './scalars.ts';
import { avgOverTime, stddevOverTime, stdvarOverTime, sumOverTime } from './sums-over-time.ts';

const ENGINE: FunctionImplementation = { kind: 'engine' };

/** Every function that can be evaluated, by name. */
export const functionImplementations: FunctionRegistry = {
  abs: ofVector(math.abs),
  absent: ENGINE,
  absent_over_time: ENGINE,
  acos: ofVector(math.acos),
  acosh: ofVector(math.acosh),
  asin: ofVector(math.asin),
  asinh: ofVector(math.asinh),
  atan: ofVector(math.atan),
  atanh: ofVector(math.atanh),
  avg_over_time: ofRange(avgOverTime),
  ceil: ofVector(math.ceil),
  changes: ofRange(changes),
  clamp: ofVector(math.clamp),
  clamp_max: ofVector(math.clampMax),
  clamp_min: ofVector(math.clampMin),
  cos: ofVector(math.cos),
  cosh: ofVector(math.cosh),
  count_over_time: ofRange(countOverTime),
  day_of_month: ofVector(calendar.dayOfMonth),
  day_of_week: ofVector(calendar.dayOfWeek),
  day_of_year: ofVector(calendar.dayOfYear),
  days_in_month: ofVector(calendar.daysInMonth),
  deg: ofVector(math.deg),
  delta: ofRange(delta),
  deriv: ofRange(deriv),
  double_exponential_smoothing: ofRange(doubleExponentialSmoothing),
  end: ENGINE,
  exp: ofVector(math.exp),
  first_over_time: keepingName(firstOverTime),
  floor: ofVector(math.floor),
  histogram_avg: ofVector(histogramAvg),
  histogram_count: ofVector(histogramCount),
  histogram_fraction: { kind: 'histogram', run: histogramFraction, vectorArgument: 2 },
  histogram_quantile: { kind: 'histogram', run: histogramQuantile, vectorArgument: 1 },
  histogram_quantiles: { kind: 'histogramQuantiles', run: histogramQuantiles },
  histogram_stddev: ofVector(histogramStddev),
  histogram_stdvar: ofVector(histogramStdvar),
  histogram_sum: ofVector(histogramSum),
  hour: ofVector(calendar.hour),
  idelta: ofRange(idelta),
  increase: ofRange(increase),
  info: ENGINE,
  irate: ofRange(irate),
  label_join: { kind: 'labels', run: labelJoin },
  label_replace: { kind: 'labels', run: labelReplace },
  last_over_time: keepingName(lastOverTime),
  ln: ofVector(math.ln),
  log10: ofVector(math.log10),
  log2: ofVector(math.log2),
  mad_over_time: ofRange(madOverTime),
  max_of: { kind: 'scalar', run: maxOf },
  max_over_time: ofRange(maxOverTime),
  min_of: { kind: 'scalar', run: minOf },
  min_over_time: ofRange(minOverTime),
  minute: ofVector(calendar.minute),
  month: ofVector(calendar.month),
  pi: { kind: 'scalar', run: pi },
  predict_linear: ofRange(predictLinear),
  present_over_time: ofRange(presentOverTime),
  quantile_over_time: { kind: 'range', run: quantileOverTime, rangeArgument: 1, keepsName: false },
  rad: ofVector(math.rad),
  range: ENGINE,
  rate: ofRange(rate),
  resets: ofRange(resets),
  round: ofVector(math.round),
  scalar: ENGINE,
  sgn: ofVector(math.sgn),
  sin: ofVector(math.sin),
  sinh: ofVector(math.sinh),
  sort: { kind: 'sortByValue', descending: false },
  sort_by_label: { kind: 'sortByLabel', compare: compareByLabels },
  sort_by_label_desc: { kind: 'sortByLabel', compare: compareByLabelsDescending },
  sort_desc: { kind: 'sortByValue', descending: true },
  sqrt: ofVector(math.sqrt),
  start: ENGINE,
  start_timestamp: ENGINE,
  stddev_over_time: ofRange(stddevOverTime),
  stdvar_over_time: ofRange(stdvarOverTime),
  step: ENGINE,
  sum_over_time: ofRange(sumOverTime),
  tan: ofVector(math.tan),
  tanh: ofVector(math.tanh),
  time: { kind: 'scalar', run: time },
  timestamp: ENGINE,
  ts_of_first_over_time: ofRange(tsOfFirstOverTime),
  ts_of_last_over_time: ofRange(tsOfLastOverTime),
  ts_of_max_over_time: ofRange(tsOfMaxOverTime),
  ts_of_min_over_time: ofRange(tsOfMinOverTime),
  vector: ENGINE,
  year: ofVector(calendar.year),
};

function ofVector(run: InstantFunction): FunctionImplementation {
  return { kind: 'instant', run, vectorArgument: 0 };
}

function ofRange(run: RangeFunction): FunctionImplementation {
  return { kind: 'range', run, rangeArgument: 0, keepsName: false };
}

function keepingName(run: RangeFunction): FunctionImplementation {
  return { kind: 'range', run, rangeArgument: 0, keepsName: true };
}
