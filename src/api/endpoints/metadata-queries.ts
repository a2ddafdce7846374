import { goQuote, type Labels, type LabelsJson } from '../../model/labels.ts';
import type { Matcher } from '../../model/matcher.ts';
import { MAX_MOMENT, MIN_MOMENT, storageMs } from '../../model/timestamp.ts';
import type { Querier, SeriesSet } from '../../storage/query.ts';
import { SetHeap } from '../../storage/set-heap.ts';
import { TextUnion } from '../../storage/union-texts.ts';
import { ApiError } from '../api-error.ts';
import type { Call } from '../call.ts';
import type { ApiResult } from '../envelope.ts';
import { unescapeName } from '../escaped-name.ts';
import { jsonText, labelsJson } from '../json.ts';
import { listResult } from '../json-list.ts';
import { limitParameter, optionalTime, storageLimit } from '../parameters.ts';
import { asParameterError, FoundSeries, selectors } from '../selectors.ts';
import { slicesOf } from '../slices.ts';

/** GET, POST /api/v1/labels */
export async function labelNames(call: Call): Promise<ApiResult> {
  const limit = limitParameter(call.form);
  const range = timeRange(call);
  const matcherSets = await selectors(call, call.form.all('match[]'));
  return withQuerier(call, range, async (querier) => {
    const names = await union(call, matcherSets, (matchers) => querier.labelNames(matchers, storageLimit(limit)));
    return listResult(call, names, jsonText, limit);
  });
}

/** GET /api/v1/label/:name/values */
export async function labelValues(call: Call): Promise<ApiResult> {
  const name = unescapeName(call.params['name'] ?? '');
  if (name === '' || !name.isWellFormed()) throw new ApiError('bad_data', `invalid label name: ${goQuote(name)}`);
  const limit = limitParameter(call.form);
  const range = timeRange(call);
  const matcherSets = await selectors(call, call.form.all('match[]'));
  return withQuerier(call, range, async (querier) => {
    const values = await union(call, matcherSets, (matchers) =>
      querier.labelValues(name, matchers, storageLimit(limit)),
    );
    return listResult(call, values, jsonText, limit);
  });
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
  return withQuerier(call, range, async (querier) => {
    // Also where one is given twice.
    const sorted = selectorCount > 1;
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
    const isFew =
      sets.length === 1 && sets[0]!.length <= (limit > 0 ? Math.min(SERIES_AS_BYTES_MAX, limit) : SERIES_AS_BYTES_MAX);
    if (isFew && warnings.length === 0) return { kind: 'rendered', bytes: fewSeries(sets[0]!) };
    return listResult(call, merged(sets), labelsJson, limit, warnings);
  });
}

/** So many series take some 0.2 ms as bytes, which label sets keep; with more of them too much would be kept. */
const SERIES_AS_BYTES_MAX = 1024;
const BEFORE_SERIES = Buffer.from('{"status":"success","data":[');
const AFTER_SERIES = Buffer.from(']}');
const COMMA = 0x2c;
const WORD_BYTES = 8;

/** The whole answer for a set, in the order in which it gives its series. */
function fewSeries(set: SeriesSet): Uint8Array {
  const lasting = set.lastingLabels ?? null;
  const texts: (LabelsJson | Buffer)[] = [];
  let size = BEFORE_SERIES.length + AFTER_SERIES.length + set.length;
  for (let row = 0; row < set.length; row++) {
    const labels = lasting === null ? set.labels(row) : lasting[row]!;
    const plain = labels.plainJson;
    const text = plain ?? Buffer.from(labelsJson(labels));
    size += plain === null ? (text as Buffer).length : plain.size;
    texts.push(text);
  }
  // A word is written whole.
  const bytes = Buffer.allocUnsafe(size + WORD_BYTES);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  bytes.set(BEFORE_SERIES);
  let at = BEFORE_SERIES.length;
  for (let row = 0; row < texts.length; row++) {
    if (row > 0) bytes[at++] = COMMA;
    const text = texts[row]!;
    if (text instanceof Uint8Array) {
      bytes.set(text, at);
      at += text.length;
    } else {
      const { words, start } = text;
      for (let i = 0; i < text.size; i += WORD_BYTES) view.setFloat64(at + i, words[start + (i >>> 3)]!, true);
      at += text.size;
    }
  }
  bytes.set(AFTER_SERIES, at);
  return bytes.subarray(0, at + AFTER_SERIES.length);
}

/** One set as it is; of several sorted ones each label set once, in order. */
function* merged(sets: readonly SeriesSet[]): Generator<Labels> {
  const only = sets.length === 1 ? sets[0]! : null;
  if (only !== null) {
    for (let row = 0; row < only.length; row++) yield only.labels(row);
    return;
  }
  const heap = new SetHeap(sets);
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

async function withQuerier<T>(
  call: Call,
  range: { minTime: number; maxTime: number },
  use: (querier: Querier) => Promise<T>,
): Promise<T> {
  const querier = call.deps.queryable(call.signal).querier(range);
  try {
    return await use(querier);
  } finally {
    querier.close();
  }
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
  return slices.run(found.all());
}
