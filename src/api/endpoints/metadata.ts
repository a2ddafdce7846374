import { ApiError } from '../api-error.ts';
import type { Call } from '../call.ts';
import type { MetricMetadata } from '../dependencies.ts';
import { type ApiResult, data } from '../envelope.ts';
import { jsonText } from '../json.ts';
import { integerFromText } from '../parameters.ts';

/** GET /api/v1/metadata: what the active targets say of each metric; different tellings stand beside each other. */
export function metricMetadata({ deps, form }: Call): ApiResult {
  const limit = countLimit(form.get('limit'), 'limit');
  const limitPerMetric = countLimit(form.get('limit_per_metric'), 'limit_per_metric');
  const wanted = form.get('metric');

  const byMetric = new Map<string, Map<string, object>>();
  for (const target of deps.targets.active()) {
    for (const entry of target.metadata()) {
      if (wanted !== '' && entry.metric !== wanted) continue;
      const shown = { type: entry.type, unit: entry.unit, help: entry.help };
      const known = byMetric.get(entry.metric);
      if (known === undefined) byMetric.set(entry.metric, new Map([[telling(entry), shown]]));
      else if (limitPerMetric <= 0 || known.size < limitPerMetric) known.set(telling(entry), shown);
    }
  }
  const metrics = [...byMetric].slice(0, limit < 0 ? undefined : limit);
  return data(jsonText(Object.fromEntries(metrics.map(([metric, tellings]) => [metric, [...tellings.values()]]))));
}

/** -1: no limit, as for a negative number. */
export function countLimit(text: string, name: string): number {
  if (text === '') return -1;
  const limit = integerFromText(text);
  if (typeof limit === 'string') throw new ApiError('bad_data', `${name} must be a number`);
  return limit;
}

function telling({ type, help, unit }: MetricMetadata): string {
  return `${type}\0${unit}\0${help}`;
}
