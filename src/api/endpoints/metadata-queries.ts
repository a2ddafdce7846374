import { goQuote, type Labels } from '../../model/labels.ts';
import type { Matcher } from '../../model/matcher.ts';
import { MAX_MOMENT, MIN_MOMENT, storageMs } from '../../model/timestamp.ts';
import { FoundSeries } from '../../query/lists/found-series.ts';
import { type ListRequest, LongList, storageLimit } from '../../query/lists/list-request.ts';
import type { Querier, SeriesSet } from '../../storage/query.ts';
import { SetHeap } from '../../storage/set-heap.ts';
import { TextUnion } from '../../storage/union-texts.ts';
import { ApiError } from '../api-error.ts';
import type { Call } from '../call.ts';
import type { ApiResult } from '../envelope.ts';
import { unescapeName } from '../escaped-name.ts';
import { listResult } from '../json-list.ts';
import { labelSetsResult } from '../label-sets-list.ts';
import { limitParameter, optionalTime } from '../parameters.ts';
import { asParameterError, selectors } from '../selectors.ts';
import { replyResult } from '../sent-reply.ts';
import { slicesOf } from '../slices.ts';

/** GET, POST /api/v1/labels */
export async function labelNames(call: Call): Promise<ApiResult> {
  const request = await textsRequest(call, 'names');
  return listed(call, request, async (querier) => {
    const { limit, matcherSets } = request;
    const names = await union(call, matcherSets, (matchers) => querier.labelNames(matchers, storageLimit(limit)));
    return listResult(call, names, limit);
  });
}

/** GET /api/v1/label/:name/values */
export async function labelValues(call: Call): Promise<ApiResult> {
  const name = unescapeName(call.params['name'] ?? '');
  if (name === '' || !name.isWellFormed()) throw new ApiError('bad_data', `invalid label name: ${goQuote(name)}`);
  const request = await textsRequest(call, { valuesOf: name });
  return listed(call, request, async (querier) => {
    const { limit, matcherSets } = request;
    const values = await union(call, matcherSets, (matchers) =>
      querier.labelValues(name, matchers, storageLimit(limit)),
    );
    return listResult(call, values, limit);
  });
}

async function textsRequest(call: Call, what: ListRequest['what']): Promise<ListRequest> {
  const limit = limitParameter(call.form);
  const range = timeRange(call);
  return { what, range, matcherSets: await selectors(call, call.form.all('match[]')), sorted: true, limit };
}

/** GET, POST /api/v1/series */
export async function series(call: Call): Promise<ApiResult> {
  const { form } = call;
  if (call.formProblem !== null) throw new ApiError('bad_data', `error parsing form values: ${call.formProblem}`);
  const selectorCount = form.all('match[]').length;
  if (selectorCount === 0) throw new ApiError('bad_data', 'no match[] parameter provided');
  const limit = limitParameter(form);
  const range = timeRange(call);
  const matcherSets = await selectors(call, form.all('match[]')).catch((error: unknown) => {
    throw asParameterError('match[]', error);
  });
  // Also where one is given twice.
  const sorted = selectorCount > 1;
  return listed(call, { what: 'series', range, matcherSets, sorted, limit }, async (querier) => {
    const sets: SeriesSet[] = [];
    const found = new FoundSeries();
    const slices = slicesOf(call);
    const check = () => slices.check();
    for (const matchers of matcherSets) {
      const set = await querier.select({
        matchers,
        range,
        sorted,
        limit: storageLimit(limit),
        labelsOnly: true,
        check,
      });
      found.add(set.length);
      if (set.length > 0 || matcherSets.length === 1) sets.push(set);
      if (slices.isOver()) await slices.next();
    }
    const warnings = sets.flatMap((set) => set.warnings);
    const list = sets.length === 1 ? (sets[0]!.lastingLabels ?? null) : null;
    const isWhole = list !== null && (limit === 0 || list.length <= limit) && warnings.length === 0;
    if (isWhole && list.length <= LASTING_SERIES_MAX) return lastingResult(call, list);
    return labelSetsResult(
      call,
      sets.length === 1 ? allOf(sets[0]!) : merged(await slices.run(SetHeap.inSteps(sets))),
      limit,
      warnings,
    );
  });
}

/** Of longer lists too much would be kept. */
const LASTING_SERIES_MAX = 1024;
const lastingResults = new WeakMap<readonly Labels[], ApiResult>();

/** The answer with all of a list that lasts: the same bytes, which nobody may change, as long as it does. */
async function lastingResult(call: Call, list: readonly Labels[]): Promise<ApiResult> {
  let result = lastingResults.get(list);
  if (result === undefined) {
    result = await labelSetsResult(call, list, 0, []);
    lastingResults.set(list, result);
  }
  return result;
}

function* allOf(set: SeriesSet): Generator<Labels> {
  for (let row = 0; row < set.length; row++) yield set.labels(row);
}

/** Each label set of several sorted sets once, in order. */
function* merged(heap: SetHeap): Generator<Labels> {
  let last: Labels | null = null;
  for (let labels = heap.take(); labels !== null; labels = heap.take()) {
    if (last === null || !labels.equals(last)) yield labels;
    last = labels;
  }
}

function timeRange({ form }: Call): { minTime: number; maxTime: number } {
  return {
    minTime: storageMs(optionalTime(form, 'start', MIN_MOMENT)),
    maxTime: storageMs(optionalTime(form, 'end', MAX_MOMENT)),
  };
}

/** A list that `make` makes of what a querier finds, or where it is long one that a thread writes. */
async function listed(
  call: Call,
  request: ListRequest,
  make: (querier: Querier) => Promise<ApiResult>,
): Promise<ApiResult> {
  const querier = call.deps.queryable(call.signal).querier(request.range);
  try {
    return await make(querier);
  } catch (error) {
    if (!(error instanceof LongList)) throw error;
  } finally {
    querier.close();
  }
  return replyResult(call, await call.deps.lists.list(request, call.signal));
}

/** What any of the selectors finds, sorted; without selectors everything. */
async function union(
  call: Call,
  matcherSets: readonly (readonly Matcher[])[],
  find: (matchers: readonly Matcher[]) => readonly string[] | Promise<readonly string[]>,
): Promise<readonly string[]> {
  if (matcherSets.length <= 1) return find(matcherSets[0] ?? []);
  const found = new TextUnion();
  const slices = slicesOf(call);
  for (const matchers of matcherSets) {
    await slices.run(found.add(await find(matchers)));
    if (slices.isOver()) await slices.next();
  }
  return (await slices.run(found.all())) ?? [];
}
