import { METRIC_NAME } from '../../model/labels.ts';
import type { Matcher } from '../../model/matcher.ts';

/** The metric name that all series of a selector have, or null where the matchers leave it open. */
export function metricNameOf(matchers: readonly Matcher[]): string | null {
  for (const { name, type, value } of matchers) if (name === METRIC_NAME && type === '=' && value !== '') return value;
  return null;
}

export function namesMetric(matchers: readonly Matcher[]): boolean {
  return metricNameOf(matchers) !== null;
}
