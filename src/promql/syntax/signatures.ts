import type { ValueType } from './ast.ts';

/** What a function takes and gives. The type checker, the plan builder and the API's feature list read it. */
export interface FunctionSignature {
  readonly name: string;
  /** Types of the arguments in order; further arguments of a variadic function have the last of these types. */
  readonly argTypes: readonly ValueType[];
  /**
   * 0: exactly `argTypes.length` arguments. n > 0: at least `argTypes.length - 1` and at most n more than that.
   * -1: at least `argTypes.length - 1`, without an upper bound.
   */
  readonly variadic: number;
  readonly returnType: ValueType;
  /** Needs `--enable-feature=promql-experimental-functions`. */
  readonly experimental: boolean;
  readonly doc: string;
}

/** The signature of `name`, or undefined where no such function exists. Names are case-sensitive. */
export function functionSignature(name: string): FunctionSignature | undefined {
  return byName.get(name);
}

const VECTOR: readonly ValueType[] = ['vector'];
const MATRIX: readonly ValueType[] = ['matrix'];
const NOTHING: readonly ValueType[] = [];

/** Every function of PromQL, sorted by name. */
export const FUNCTION_SIGNATURES: readonly FunctionSignature[] = [
  ofVector('abs', 'Absolute value of every sample.'),
  ofVector('absent', 'One element with value 1 if the vector is empty, otherwise nothing.'),
  ofMatrix('absent_over_time', 'One element with value 1 if the range holds no sample, otherwise nothing.'),
  ofVector('acos', 'Arc cosine.'),
  ofVector('acosh', 'Inverse hyperbolic cosine.'),
  ofVector('asin', 'Arc sine.'),
  ofVector('asinh', 'Inverse hyperbolic sine.'),
  ofVector('atan', 'Arc tangent.'),
  ofVector('atanh', 'Inverse hyperbolic tangent.'),
  ofMatrix('avg_over_time', 'Mean of the samples in the range.'),
  ofVector('ceil', 'Rounds up to the next integer.'),
  ofMatrix('changes', 'How often the value changed within the range.'),
  signature(
    'clamp',
    ['vector', 'scalar', 'scalar'],
    'vector',
    'Limits values to at least the first and at most the second bound.',
  ),
  signature('clamp_max', ['vector', 'scalar'], 'vector', 'Limits values to at most the bound.'),
  signature('clamp_min', ['vector', 'scalar'], 'vector', 'Limits values to at least the bound.'),
  ofVector('cos', 'Cosine.'),
  ofVector('cosh', 'Hyperbolic cosine.'),
  ofMatrix('count_over_time', 'Number of samples in the range.'),
  ofTime('day_of_month', 'Day of the month in UTC, 1 to 31.'),
  ofTime('day_of_week', 'Day of the week in UTC, 0 (Sunday) to 6.'),
  ofTime('day_of_year', 'Day of the year in UTC, 1 to 366.'),
  ofTime('days_in_month', 'Number of days of the month in UTC, 28 to 31.'),
  ofVector('deg', 'Radians to degrees.'),
  ofMatrix('delta', 'Difference between the ends of the range of a gauge, extrapolated to the whole range.'),
  ofMatrix('deriv', 'Slope per second by simple linear regression.'),
  experimental(
    signature(
      'double_exponential_smoothing',
      ['matrix', 'scalar', 'scalar'],
      'vector',
      'Smoothed value of a gauge; smoothing and trend factor lie between 0 and 1.',
    ),
  ),
  experimental(signature('end', NOTHING, 'scalar', 'End of the query range, in seconds since the epoch.')),
  ofVector('exp', 'Exponential function.'),
  ofMatrix('first_over_time', 'Oldest sample in the range.'),
  ofVector('floor', 'Rounds down to the next integer.'),
  ofVector('histogram_avg', 'Mean of the observations in a native histogram.'),
  ofVector('histogram_count', 'Number of observations in a native histogram.'),
  signature(
    'histogram_fraction',
    ['scalar', 'scalar', 'vector'],
    'vector',
    'Fraction of the observations between two bounds.',
  ),
  signature(
    'histogram_quantile',
    ['scalar', 'vector'],
    'vector',
    'Quantile estimated from a classic or native histogram.',
  ),
  experimental(
    signature(
      'histogram_quantiles',
      ['vector', 'string', 'scalar', 'scalar'],
      'vector',
      'Several quantiles at once, told apart by the named label.',
      9,
    ),
  ),
  ofVector('histogram_stddev', 'Estimated standard deviation of the observations in a native histogram.'),
  ofVector('histogram_stdvar', 'Estimated variance of the observations in a native histogram.'),
  ofVector('histogram_sum', 'Sum of the observations in a native histogram.'),
  ofTime('hour', 'Hour of the day in UTC, 0 to 23.'),
  ofMatrix('idelta', 'Difference between the last two samples.'),
  ofMatrix('increase', 'Increase of a counter over the range, extrapolated to the whole range.'),
  experimental(signature('info', ['vector', 'vector'], 'vector', 'Adds the data labels of matching info series.', 1)),
  ofMatrix('irate', 'Increase of a counter per second, from the last two samples.'),
  signature(
    'label_join',
    ['vector', 'string', 'string', 'string'],
    'vector',
    'Sets a label to the joined values of others.',
    -1,
  ),
  signature(
    'label_replace',
    ['vector', 'string', 'string', 'string', 'string'],
    'vector',
    'Sets a label from a regex match on another.',
  ),
  ofMatrix('last_over_time', 'Newest sample in the range.'),
  ofVector('ln', 'Natural logarithm.'),
  ofVector('log10', 'Decimal logarithm.'),
  ofVector('log2', 'Binary logarithm.'),
  experimental(ofMatrix('mad_over_time', 'Median absolute deviation of the samples in the range.')),
  experimental(signature('max_of', ['scalar', 'scalar'], 'scalar', 'The larger of two scalars.')),
  ofMatrix('max_over_time', 'Largest sample in the range.'),
  experimental(signature('min_of', ['scalar', 'scalar'], 'scalar', 'The smaller of two scalars.')),
  ofMatrix('min_over_time', 'Smallest sample in the range.'),
  ofTime('minute', 'Minute of the hour in UTC, 0 to 59.'),
  ofTime('month', 'Month of the year in UTC, 1 to 12.'),
  signature('pi', NOTHING, 'scalar', 'The number pi.'),
  signature(
    'predict_linear',
    ['matrix', 'scalar'],
    'vector',
    'Value so many seconds from now, by simple linear regression.',
  ),
  ofMatrix('present_over_time', 'The value 1 for every series with a sample in the range.'),
  signature('quantile_over_time', ['scalar', 'matrix'], 'vector', 'Quantile of the samples in the range.'),
  ofVector('rad', 'Degrees to radians.'),
  experimental(signature('range', NOTHING, 'scalar', 'Length of the query range, in seconds.')),
  ofMatrix('rate', 'Increase of a counter per second, averaged over the range.'),
  ofMatrix('resets', 'How often a counter was reset within the range.'),
  signature(
    'round',
    ['vector', 'scalar'],
    'vector',
    'Rounds to the nearest multiple of the second argument (1 if absent).',
    1,
  ),
  signature('scalar', VECTOR, 'scalar', 'The value of a vector with one element, otherwise NaN.'),
  ofVector('sgn', 'Sign of every sample: 1, 0 or -1.'),
  ofVector('sin', 'Sine.'),
  ofVector('sinh', 'Hyperbolic sine.'),
  ofVector('sort', 'Sorts an instant query by value, ascending.'),
  experimental(
    signature('sort_by_label', ['vector', 'string'], 'vector', 'Sorts an instant query by labels, ascending.', -1),
  ),
  experimental(
    signature(
      'sort_by_label_desc',
      ['vector', 'string'],
      'vector',
      'Sorts an instant query by labels, descending.',
      -1,
    ),
  ),
  ofVector('sort_desc', 'Sorts an instant query by value, descending.'),
  ofVector('sqrt', 'Square root.'),
  experimental(signature('start', NOTHING, 'scalar', 'Start of the query range, in seconds since the epoch.')),
  experimental(ofVector('start_timestamp', 'Start timestamp of every sample, in seconds since the epoch.')),
  ofMatrix('stddev_over_time', 'Population standard deviation of the samples in the range.'),
  ofMatrix('stdvar_over_time', 'Population variance of the samples in the range.'),
  experimental(signature('step', NOTHING, 'scalar', 'Step of the query, in seconds.')),
  ofMatrix('sum_over_time', 'Sum of the samples in the range.'),
  ofVector('tan', 'Tangent.'),
  ofVector('tanh', 'Hyperbolic tangent.'),
  signature('time', NOTHING, 'scalar', 'Evaluation time, in seconds since the epoch.'),
  ofVector('timestamp', 'Timestamp of every sample, in seconds since the epoch.'),
  experimental(ofMatrix('ts_of_first_over_time', 'Timestamp of the oldest sample in the range.')),
  experimental(ofMatrix('ts_of_last_over_time', 'Timestamp of the newest sample in the range.')),
  experimental(ofMatrix('ts_of_max_over_time', 'Timestamp of the last occurrence of the largest sample in the range.')),
  experimental(
    ofMatrix('ts_of_min_over_time', 'Timestamp of the last occurrence of the smallest sample in the range.'),
  ),
  signature('vector', ['scalar'], 'vector', 'A scalar as a vector with one element without labels.'),
  ofTime('year', 'Year in UTC.'),
];

const byName = new Map(FUNCTION_SIGNATURES.map((entry) => [entry.name, entry]));

function signature(
  name: string,
  argTypes: readonly ValueType[],
  returnType: ValueType,
  doc: string,
  variadic = 0,
): FunctionSignature {
  return { name, argTypes, variadic, returnType, experimental: false, doc };
}

function ofVector(name: string, doc: string): FunctionSignature {
  return signature(name, VECTOR, 'vector', doc);
}

function ofMatrix(name: string, doc: string): FunctionSignature {
  return signature(name, MATRIX, 'vector', doc);
}

/** Calendar functions: of the given timestamps, or of the evaluation time where the argument is absent. */
function ofTime(name: string, doc: string): FunctionSignature {
  return signature(name, VECTOR, 'vector', doc, 1);
}

function experimental(entry: FunctionSignature): FunctionSignature {
  return { ...entry, experimental: true };
}
