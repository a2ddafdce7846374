import type { Matcher } from '../../model/matcher.ts';
import { compareMoments, MAX_MOMENT, MIN_MOMENT, storageMs } from '../../model/timestamp.ts';
import { PromqlSyntaxError } from '../../promql/syntax/error.ts';
import { PARSED_HERE_LENGTH_MAX, type ParsedForm, parsedText } from '../../query/parsed-text.ts';
import { ApiError, invalidParameter } from '../api-error.ts';
import type { Call } from '../call.ts';
import { type ApiResult, data } from '../envelope.ts';
import { seriesExemplarsJson } from '../exemplar-json.ts';
import { arrayJson, htmlEscaped, jsonText } from '../json.ts';
import { optionalTime } from '../parameters.ts';

/** GET, POST /api/v1/parse_query: the syntax tree as the tree view of the reference's page reads it. */
export async function parseQuery(call: Call): Promise<ApiResult> {
  return data(htmlEscaped(await parsed(call, 'tree', (message) => invalidParameter('query', message))));
}

/** GET, POST /api/v1/format_query */
export async function formatQuery(call: Call): Promise<ApiResult> {
  return data(jsonText(await parsed(call, 'format', (message) => invalidParameter('query', message))));
}

/** GET, POST /api/v1/query_exemplars: the exemplars of all series that the query's selectors read. */
export async function queryExemplars(call: Call): Promise<ApiResult> {
  const start = optionalTime(call.form, 'start', MIN_MOMENT);
  const end = optionalTime(call.form, 'end', MAX_MOMENT);
  if (compareMoments(end, start) < 0) {
    throw new ApiError('bad_data', 'end timestamp must not be before start timestamp');
  }
  const selectors = await parsed(call, 'selectors', (message) => new ApiError('bad_data', message));
  const matcherSets = JSON.parse(selectors) as (readonly Matcher[])[];
  if (matcherSets.length === 0) return { kind: 'nothing' };
  const range = { minTime: storageMs(start), maxTime: storageMs(end) };
  return data(arrayJson(call.deps.exemplars.exemplars(range, matcherSets).map(seriesExemplarsJson)));
}

/** What is wanted of the query's text; a long one is parsed in a query thread. `refusal` words what is wrong with it. */
async function parsed(
  { form, deps, signal }: Call,
  wanted: ParsedForm,
  refusal: (message: string) => ApiError,
): Promise<string> {
  const text = form.get('query');
  if (text.length <= PARSED_HERE_LENGTH_MAX) {
    try {
      return parsedText(text, wanted, deps.settings.parser, () => {});
    } catch (error) {
      if (error instanceof PromqlSyntaxError) throw refusal(error.message);
      throw error;
    }
  }
  const reply = await deps.parse(text, wanted, signal);
  if (!reply.ok)
    throw reply.errorType === 'bad_data' ? refusal(reply.message) : new ApiError(reply.errorType, reply.message);
  if (reply.form !== 'json') throw new ApiError('internal', `a query was parsed as ${reply.form}`);
  return Buffer.from(reply.body.buffer, reply.body.byteOffset, reply.body.byteLength).toString();
}
