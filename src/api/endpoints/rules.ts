import { goQuote } from '../../model/labels.ts';
import { ApiError, invalidParameter } from '../api-error.ts';
import type { Call } from '../call.ts';
import { type ApiResult, data } from '../envelope.ts';
import type { Form } from '../form.ts';
import { booleanFromText, integerFromText } from '../parameters.ts';
import { selectors } from '../selectors.ts';

/**
 * GET /api/v1/rules, /alerts, /alertmanagers. Rules and alerting are not part of this version: without any in the
 * configuration the empty lists are the truth, and with them an error says so instead of an empty answer.
 */
export async function rules(call: Call): Promise<ApiResult> {
  const { deps, formProblem, form } = call;
  if (formProblem !== null) throw new ApiError('bad_data', `error parsing form values: ${formProblem}`);
  await selectors(call, form.all('match[]'));
  const nextToken = checkRuleParameters(call.query);
  if (deps.configuration.hasRuleFiles) throw notEvaluated('rule_files');
  if (nextToken !== '') {
    const problem = `invalid group_next_token '${nextToken}'. were rule groups changed?`;
    throw invalidParameter('group_next_token', problem);
  }
  return data('{"groups":[]}');
}

/** Refuses what no list of rules can be asked for; gives the token of the page that is wanted, or the empty string. */
function checkRuleParameters(query: Form): string {
  const type = query.get('type').toLowerCase();
  if (!['', 'alert', 'record'].includes(type)) throw invalidParameter('type', `not supported value ${goQuote(type)}`);
  const excludeAlerts = query.get('exclude_alerts').toLowerCase();
  const parsed = excludeAlerts === '' ? false : booleanFromText(excludeAlerts);
  if (typeof parsed === 'string') {
    throw invalidParameter('exclude_alerts', `error converting exclude_alerts: ${parsed}`);
  }
  const limit = query.get('group_limit');
  const nextToken = query.get('group_next_token');
  if (limit === '') {
    if (nextToken === '') return '';
    const problem = 'group_limit needs to be present in order to paginate over the groups';
    throw invalidParameter('group_next_token', problem);
  }
  const count = integerFromText(limit, 32);
  if (typeof count === 'string') {
    throw invalidParameter('group_limit', `group_limit needs to be a valid number: ${count}`);
  }
  if (count <= 0) throw invalidParameter('group_limit', 'group_limit needs to be greater than 0');
  return nextToken;
}

export function alerts({ deps }: Call): ApiResult {
  if (deps.configuration.hasRuleFiles) throw notEvaluated('rule_files');
  return data('{"alerts":[]}');
}

export function alertmanagers({ deps }: Call): ApiResult {
  if (deps.configuration.hasAlertmanagers) throw notEvaluated('alerting.alertmanagers');
  return data('{"activeAlertmanagers":[],"droppedAlertmanagers":[]}');
}

function notEvaluated(section: string): ApiError {
  return new ApiError('execution', `${section} is configured, but Narthex does not support it yet`);
}
