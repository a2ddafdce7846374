import type { Matcher } from '../../model/matcher.ts';
import { MAX_MOMENT, MIN_MOMENT, storageMs } from '../../model/timestamp.ts';
import { ApiError, invalidParameter } from '../api-error.ts';
import type { Call } from '../call.ts';
import { type ApiResult, data } from '../envelope.ts';
import { jsonText } from '../json.ts';
import { booleanFromText, optionalTime } from '../parameters.ts';
import { parameterErrors, parsedSelector } from '../selectors.ts';

/** POST, PUT /api/v1/admin/tsdb/delete_series: `match[]`, `start`, `end`. `{}` chooses nothing, as in the reference. */
export async function deleteSeries({ deps, form, formProblem }: Call): Promise<ApiResult> {
  assertEnabled(deps.settings.enableAdminApi);
  if (formProblem !== null) throw new ApiError('bad_data', `error parsing form values: ${formProblem}`);
  const texts = form.all('match[]');
  if (texts.length === 0) throw new ApiError('bad_data', 'no match[] parameter provided');
  const minTime = storageMs(optionalTime(form, 'start', MIN_MOMENT));
  const maxTime = storageMs(optionalTime(form, 'end', MAX_MOMENT));
  const matcherSets = texts.map((text): readonly Matcher[] => parameterErrors('match[]', () => parsedSelector(text)));
  await internalErrors('', () => deps.admin.deleteSeries(matcherSets, { minTime, maxTime }));
  return { kind: 'nothing' };
}

/** POST, PUT /api/v1/admin/tsdb/clean_tombstones */
export async function cleanTombstones({ deps }: Call): Promise<ApiResult> {
  assertEnabled(deps.settings.enableAdminApi);
  await internalErrors('', () => deps.admin.cleanTombstones());
  return { kind: 'nothing' };
}

/** POST, PUT /api/v1/admin/tsdb/snapshot: `skip_head` leaves out what is in no block yet. */
export async function snapshot({ deps, form }: Call): Promise<ApiResult> {
  assertEnabled(deps.settings.enableAdminApi);
  const text = form.get('skip_head');
  const skipsHead = text === '' ? false : booleanFromText(text);
  if (typeof skipsHead === 'string') throw invalidParameter('skip_head', `unable to parse boolean: ${skipsHead}`);
  const name = await internalErrors('create snapshot: ', () => deps.admin.snapshot({ skipsHead }));
  return data(jsonText({ name }));
}

function assertEnabled(isEnabled: boolean): void {
  if (!isEnabled) throw new ApiError('unavailable', 'admin APIs disabled');
}

/** What the storage can not do is the client's to know: it asked for just that. */
async function internalErrors<T>(prefix: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof ApiError) throw error;
    throw new ApiError('internal', `${prefix}${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}
