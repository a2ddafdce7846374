import { CUSTOM_BUCKETS_SCHEMA } from '../../model/histogram.ts';
import { METRIC_NAME } from '../../model/labels.ts';
import type { Matcher } from '../../model/matcher.ts';
import { RegexSyntaxError } from '../../model/regex.ts';
import { isStale } from '../../model/stale.ts';
import { compareUtf8 } from '../../model/utf8.ts';
import { QueryError } from '../../promql/exec/query-error.ts';
import { FoundSeries } from '../../query/lists/found-series.ts';
import { Slices } from '../../std/slices.ts';
import { mergeSeriesSets } from '../../storage/merge-series.ts';
import { createSampleColumn, type Querier, type SeriesSet, type TimeRange } from '../../storage/query.ts';
import type { Counter, Registry } from '../../telemetry/registry.ts';
import { type Answer, plainError } from '../answer.ts';
import { ApiError } from '../api-error.ts';
import type { Call, Handler } from '../call.ts';
import { compressed } from '../compression.ts';
import { parsedSelectors } from '../selectors.ts';
import { type EscapingScheme, escapingSchemeFromText } from './escape-name.ts';
import { type FederatedSample, FederationText } from './federation-text.ts';

/** Series read between two looks at the clock. */
const ROWS_PER_LOOK = 64;

/**
 * GET /federate: the newest sample of each selected series, in the text format, which every scraper takes. Native
 * histograms have no place in it and are left out, those with custom buckets become classic ones.
 */
export function federate(registry: Registry): Handler {
  const errors = registry
    .counter({
      name: 'prometheus_web_federation_errors_total',
      help: 'Total number of errors that occurred while sending federation responses.',
    })
    .with();
  const warnings = registry
    .counter({
      name: 'prometheus_web_federation_warnings_total',
      help: 'Total number of warnings that occurred while sending federation responses.',
    })
    .with();
  return async (call) => {
    const answer = await federation(call, errors, warnings);
    return compressed(
      { ...answer, headers: { ...answer.headers, vary: 'Accept-Encoding' } },
      call.header('accept-encoding'),
    );
  };
}

async function federation(call: Call, errors: Counter, warnings: Counter): Promise<Answer> {
  const { clock, settings, log, configuration } = call.deps;
  if (call.formProblem !== null) return plainError(400, `error parsing form values: ${call.formProblem}`);
  let matcherSets: readonly (readonly Matcher[])[];
  try {
    matcherSets = await parsedSelectors(call, call.form.all('match[]'));
  } catch (error) {
    if (error instanceof ApiError) return plainError(400, error.message);
    throw error;
  }
  const now = clock.now();
  const range = { minTime: Math.floor(now - settings.lookbackMs), maxTime: Math.floor(now) };
  const slices = new Slices({ clock: call.deps.clock, signal: call.signal }, () => new Abandoned());
  const querier = call.deps.queryable(call.signal).querier(range);
  try {
    const set = await selected(slices, querier, matcherSets, range);
    warnings.inc(set.warnings.length);
    const samples = await newestSamples(set, slices);
    const scheme = escapingScheme(call.header('accept'));
    const text = new FederationText(scheme, addedLabels(configuration.externalLabels().pairs));
    let body = '';
    for (const name of [...samples.keys()].sort(compareUtf8)) {
      for (const sample of samples.get(name)!) {
        const lines = text.lines(sample);
        if (lines === null) log.warn('Ignoring nameless metric during federation', { metric: name });
        else body += lines;
        if (slices.isOver()) await slices.next();
      }
    }
    const contentType = `text/plain; version=0.0.4; charset=utf-8; escaping=${scheme}`;
    return { status: 200, headers: { 'content-type': contentType }, body };
  } catch (error) {
    if (error instanceof Abandoned || call.signal.aborted) return plainError(499, 'context canceled');
    errors.inc();
    if (error instanceof QueryError || error instanceof RegexSyntaxError) return plainError(500, error.message);
    throw error;
  } finally {
    querier.close();
  }
}

async function selected(
  slices: Slices,
  querier: Querier,
  matcherSets: readonly (readonly Matcher[])[],
  range: TimeRange,
): Promise<SeriesSet> {
  const sets: SeriesSet[] = [];
  const found = new FoundSeries();
  const check = () => slices.check();
  for (const matchers of matcherSets) {
    const set = await querier.select({ matchers, range, sorted: true, limit: 0, newestOnly: true, check });
    found.add(set.length);
    if (set.length > 0 || sets.length === 0) sets.push(set);
    if (slices.isOver()) await slices.next();
  }
  return mergeSeriesSets(sets, true, 0);
}

/** The newest sample of each series by its metric's name; none where that is a stale marker or has no place in the format. */
async function newestSamples(set: SeriesSet, slices: Slices): Promise<Map<string, FederatedSample[]>> {
  const samples = new Map<string, FederatedSample[]>();
  const column = createSampleColumn(64);
  for (let row = 0; row < set.length; row++) {
    const wait = set.ahead?.(row) ?? null;
    if (wait !== null) await wait;
    set.read(row, column);
    if (row % ROWS_PER_LOOK === 0 && slices.isOver()) await slices.next();
    const last = column.length - 1;
    if (last < 0 || isStale(column.bits, last)) continue;
    const histogram = column.histograms?.[last] ?? null;
    if (histogram !== null && histogram.schema !== CUSTOM_BUCKETS_SCHEMA) continue;
    const labels = set.labels(row);
    const sample = { pairs: labels.pairs, time: column.times[last]!, value: column.values[last]!, histogram };
    const name = labels.get(METRIC_NAME);
    const others = samples.get(name);
    if (others === undefined) samples.set(name, [sample]);
    else others.push(sample);
  }
  return samples;
}

/** The external labels, and an empty `instance`, so that who scrapes this does not put its own there. */
function addedLabels(pairs: readonly string[]): readonly string[] {
  for (let i = 0; i < pairs.length; i += 2) {
    if (pairs[i] === 'instance') return pairs;
    if (compareUtf8(pairs[i]!, 'instance') > 0) return [...pairs.slice(0, i), 'instance', '', ...pairs.slice(i)];
  }
  return [...pairs, 'instance', ''];
}

/** What the client asks for beside a format; later entries of equal weight count, up to the first plain text. */
function escapingScheme(accept: string): EscapingScheme {
  let scheme: EscapingScheme = 'underscores';
  const entries = accept.split(',', ACCEPT_ENTRIES_MAX).map((entry) => {
    const [type, ...parameters] = entry.split(';').map((part) => part.trim());
    const named = new Map(parameters.map((parameter) => splitAt(parameter, '=')));
    return { type, named, weight: Number(named.get('q') ?? 1) };
  });
  entries.sort((a, b) => b.weight - a.weight);
  for (const { type, named } of entries) {
    scheme = escapingSchemeFromText(named.get('escaping') ?? '') ?? scheme;
    const version = named.get('version') ?? '';
    if (type === 'text/plain' && (version === '' || version === '0.0.4')) break;
  }
  return scheme;
}

/** Entries of an `Accept` header that are looked at. */
const ACCEPT_ENTRIES_MAX = 32;

function splitAt(text: string, mark: string): [string, string] {
  const at = text.indexOf(mark);
  return at < 0 ? [text, ''] : [text.slice(0, at).trim(), text.slice(at + 1).trim()];
}

/** The client is gone: nobody is left to answer. */
class Abandoned extends Error {}
