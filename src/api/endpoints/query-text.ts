import type { Matcher } from '../../model/matcher.ts';
import { compareMoments, MAX_MOMENT, MIN_MOMENT, storageMs } from '../../model/timestamp.ts';
import { ApiError, invalidParameter } from '../api-error.ts';
import type { Call } from '../call.ts';
import { type ApiResult, data } from '../envelope.ts';
import { seriesExemplarsJson } from '../exemplar-json.ts';
import { arrayJson, htmlEscaped, jsonText } from '../json.ts';
import { optionalTime } from '../parameters.ts';
import { parsedBeside } from '../parsed-beside.ts';

/** GET, POST /api/v1/parse_query: the syntax tree as the tree view of the reference's page reads it. */
export async function parseQuery(call: Call): Promise<ApiResult> {
  return data(
    htmlEscaped(
      await parsedBeside(call, call.form.get('query'), 'tree', (message) => invalidParameter('query', message)),
    ),
  );
}

/** GET, POST /api/v1/format_query */
export async function formatQuery(call: Call): Promise<ApiResult> {
  return data(
    jsonText(
      await parsedBeside(call, call.form.get('query'), 'format', (message) => invalidParameter('query', message)),
    ),
  );
}

/** GET, POST /api/v1/query_exemplars: the exemplars of all series that the query's selectors read. */
export async function queryExemplars(call: Call): Promise<ApiResult> {
  const start = optionalTime(call.form, 'start', MIN_MOMENT);
  const end = optionalTime(call.form, 'end', MAX_MOMENT);
  if (compareMoments(end, start) < 0) {
    throw new ApiError('bad_data', 'end timestamp must not be before start timestamp');
  }
  const selectors = await parsedBeside(
    call,
    call.form.get('query'),
    'selectors',
    (message) => new ApiError('bad_data', message),
  );
  const matcherSets = JSON.parse(selectors) as (readonly Matcher[])[];
  if (matcherSets.length === 0) return { kind: 'nothing' };
  const range = { minTime: storageMs(start), maxTime: storageMs(end) };
  const found = await call.deps.exemplars.exemplars(range, matcherSets);
  return data(arrayJson(found.map(seriesExemplarsJson)));
}
