import { goQuote } from '../../model/labels.ts';

/** Texts of warnings and infos that functions give, with the reference's wording and without its prefix. */

export function mixedFloatsHistograms(metricName: string): string {
  return `encountered a mix of histograms and floats for metric name ${goQuote(metricName)}`;
}

export function histogramIgnoredInMixedRange(metricName: string): string {
  return `ignored histograms in a range containing both floats and histograms for metric name ${goQuote(metricName)}`;
}

export function possibleNonCounter(metricName: string): string {
  return `metric might not be a counter, name does not end in _total/_sum/_count/_bucket: ${goQuote(metricName)}`;
}

export function possibleNonCounterLabel(metricName: string, typeLabel: string): string {
  return `metric might not be a counter, __type__ label is not set to "counter" or "histogram", got ${goQuote(typeLabel)}: ${goQuote(metricName)}`;
}

export function nativeHistogramNotCounter(metricName: string): string {
  return `this native histogram metric is not a counter: ${goQuote(metricName)}`;
}

export function nativeHistogramNotGauge(metricName: string): string {
  return `this native histogram metric is not a gauge: ${goQuote(metricName)}`;
}

export function mixedExponentialCustom(metricName: string): string {
  return `vector contains a mix of histograms with exponential and custom buckets schemas for metric name ${goQuote(metricName)}`;
}

export function mismatchedCustomBuckets(operation: 'addition' | 'subtraction' | 'aggregation'): string {
  return `mismatched custom buckets were reconciled during ${operation}`;
}

export function counterResetCollision(operation: 'addition' | 'subtraction' | 'aggregation'): string {
  return `conflicting counter resets during histogram ${operation}`;
}

export function mixedClassicNative(metricName: string): string {
  return `vector contains a mix of classic and native histograms${ofMetric(metricName)}`;
}

export function forcedMonotonicity(metricName: string): string {
  const link = 'https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile';
  return `input to histogram_quantile needed to be fixed for monotonicity (see ${link})${ofMetric(metricName)}`;
}

export function quantileOfNaNs(metricName: string): string {
  return `input to histogram_quantile has NaN observations, result is NaN${ofMetric(metricName)}`;
}

export function quantileSkewedByNaNs(metricName: string): string {
  return `input to histogram_quantile has NaN observations, result is skewed higher${ofMetric(metricName)}`;
}

export function fractionWithoutNaNs(metricName: string): string {
  return `input to histogram_fraction has NaN observations, which are excluded from all fractions${ofMetric(metricName)}`;
}

export function invalidQuantile(quantile: string): string {
  return `quantile value should be between 0 and 1, got ${quantile}`;
}

function ofMetric(metricName: string): string {
  return metricName === '' ? '' : ` for metric name ${goQuote(metricName)}`;
}
