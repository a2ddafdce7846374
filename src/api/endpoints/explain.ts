import { PASSES } from '../../promql/plan/passes/passes.ts';
import { invalidParameter } from '../api-error.ts';
import type { Call } from '../call.ts';
import type { ApiResult } from '../envelope.ts';
import { booleanFromText } from '../parameters.ts';
import { askRunner, instantEvaluation, rangeEvaluation } from './query.ts';

/**
 * GET, POST /api/v1/explain: how a query would be computed, or with `analyze=true` what every step took when it was
 * (docs/promql/explain.md). It is a range query where any of `start`, `end` and `step` is given, and an instant one
 * otherwise. Each `without` names a pass over the plan that is left out.
 */
export async function explain(call: Call): Promise<ApiResult> {
  const isRange = ['start', 'end', 'step'].some((name) => call.form.get(name) !== '');
  const evaluation = isRange ? rangeEvaluation(call) : instantEvaluation(call);
  const analyze = call.form.get('analyze');
  const wanted = analyze === '' ? false : booleanFromText(analyze);
  if (typeof wanted === 'string') throw invalidParameter('analyze', wanted);
  return askRunner(call, evaluation, wanted ? 'analyze' : 'explain', passNames(call));
}

function passNames({ form }: Call): string[] {
  const names = form.all('without').filter((name) => name !== '');
  const known = PASSES.map(({ name }) => name);
  for (const name of names) {
    if (!known.includes(name)) throw invalidParameter('without', `there is no pass ${name}, only ${known.join(', ')}`);
  }
  return names;
}
