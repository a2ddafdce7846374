import { ApiError } from '../api-error.ts';
import type { Call } from '../call.ts';
import { type ApiResult, data } from '../envelope.ts';

/**
 * GET /api/v1/rules, /alerts, /alertmanagers. Rules and alerting are not part of this version: without any in the
 * configuration the empty lists are the truth, and with them an error says so instead of an empty answer.
 */
export function rules({ deps }: Call): ApiResult {
  if (deps.configuration.hasRuleFiles) throw notEvaluated('rule_files');
  return data('{"groups":[]}');
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
