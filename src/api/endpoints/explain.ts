import type { Call } from '../call.ts';
import type { ApiResult } from '../envelope.ts';
import { askRunner, instantEvaluation, rangeEvaluation } from './query.ts';

/**
 * GET, POST /api/v1/explain: how a query would be computed (docs/promql/explain.md). It is a range query where any of
 * `start`, `end` and `step` is given, and an instant one otherwise.
 */
export async function explain(call: Call): Promise<ApiResult> {
  const isRange = ['start', 'end', 'step'].some((name) => call.form.get(name) !== '');
  return askRunner(call, isRange ? rangeEvaluation(call) : instantEvaluation(call), 'explain');
}
