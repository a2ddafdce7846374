import { ApiError } from '../api-error.ts';
import type { Call } from '../call.ts';
import type { HeadStatistics, NameAndCount } from '../dependencies.ts';
import { type ApiResult, data } from '../envelope.ts';
import { jsonText, objectJson, timeJson } from '../json.ts';
import { integerFromText } from '../parameters.ts';

/** GET /api/v1/status/config */
export function configuration({ deps }: Call): ApiResult {
  return data(jsonText({ yaml: deps.configuration.yaml() }));
}

/** GET /api/v1/status/flags */
export function flags({ deps }: Call): ApiResult {
  return data(jsonText(sortedByName(deps.flags)));
}

/** GET /api/v1/status/buildinfo */
export function buildInfo({ deps }: Call): ApiResult {
  return data(jsonText(deps.build));
}

/** GET /api/v1/status/runtimeinfo. What only a Go process has is told by the nearest thing of ours, or empty. */
export function runtimeInfo({ deps }: Call): ApiResult {
  const { process, clock } = deps;
  const reload = process.lastReload();
  const fields = objectJson({
    startTime: timeJson(process.startTime),
    CWD: jsonText(process.workingDirectory),
    hostname: jsonText(process.hostname),
    serverTime: timeJson(clock.now()),
    reloadConfigSuccess: jsonText(reload.successful),
    lastConfigTime: timeJson(Math.trunc(reload.time / 1000) * 1000),
    corruptionCount: jsonText(process.walCorruptions()),
    goroutineCount: jsonText(process.activeResources()),
    GOMAXPROCS: jsonText(process.cpuCount),
    GOMEMLIMIT: jsonText(process.memoryLimitBytes),
    GOGC: jsonText(''),
    GODEBUG: jsonText(''),
    storageRetention: jsonText(process.storageRetention()),
  });
  return data(fields.text);
}

/** GET /api/v1/status/walreplay; answers before the server is ready. */
export function walReplay({ deps }: Call): ApiResult {
  const { min, max, current } = deps.storage.walReplay();
  return data(jsonText({ min, max, current }));
}

/** GET /api/v1/status/tsdb/blocks */
export function blocks({ deps }: Call): ApiResult {
  return data(jsonText({ blocks: deps.storage.blocks() }));
}

const STATISTICS_DEFAULT = 10;
const STATISTICS_MAX = 10_000;

/** GET /api/v1/status/tsdb */
export async function tsdb({ deps, form }: Call): Promise<ApiResult> {
  const statistics = await deps.storage.headStatistics(statisticsLimit(form.get('limit')));
  return data(
    objectJson({
      headStats: headJson(statistics),
      seriesCountByMetricName: countsJson(statistics.seriesCountByMetricName),
      labelValueCountByLabelName: countsJson(statistics.labelValueCountByLabelName),
      memoryInBytesByLabelName: countsJson(statistics.memoryInBytesByLabelName),
      seriesCountByLabelValuePair: countsJson(statistics.seriesCountByLabelValuePair),
    }).text,
  );
}

/** GET /api/v1/features */
export function features({ deps }: Call): ApiResult {
  const categories = Object.entries(deps.features).map(([name, category]) => [name, sortedByName(category)] as const);
  // Operators such as `>=` are names here; they are written as they are, without HTML escapes.
  return data(JSON.stringify(sortedByName(Object.fromEntries(categories))));
}

function statisticsLimit(text: string): number {
  if (text === '') return STATISTICS_DEFAULT;
  const limit = integerFromText(text);
  if (typeof limit === 'string' || limit < 1) throw new ApiError('bad_data', 'limit must be a positive number');
  if (limit > STATISTICS_MAX) throw new ApiError('bad_data', `limit must not exceed ${STATISTICS_MAX}`);
  return limit;
}

/** An empty head has no times; the reference prints the ends of its 64-bit range, larger than any exact number here. */
function headJson(head: HeadStatistics): string {
  return objectJson({
    numSeries: jsonText(head.numSeries),
    numLabelPairs: jsonText(head.numLabelPairs),
    chunkCount: jsonText(head.chunkCount),
    minTime: head.minTime === null ? '9223372036854775807' : jsonText(head.minTime),
    maxTime: head.maxTime === null ? '-9223372036854775808' : jsonText(head.maxTime),
  }).text;
}

function countsJson(counts: readonly NameAndCount[]): string {
  return jsonText(counts.map(({ name, value }) => ({ name, value })));
}

function sortedByName<T>(record: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
}
