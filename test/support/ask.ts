import { setTimeout as sleep } from 'node:timers/promises';
import { request } from 'undici';

export interface RawSeries {
  readonly metric: Readonly<Record<string, string>>;
  readonly values: readonly (readonly [number, string])[];
}

/** The `data` of a successful API answer; throws with the whole text otherwise. */
export async function askData<T>(url: string, path: string, params: Record<string, string> = {}): Promise<T> {
  const { statusCode, body } = await request(`${url}/api/v1/${path}?${new URLSearchParams(params)}`);
  const text = await body.text();
  if (statusCode !== 200)
    throw new Error(`${path} ${JSON.stringify(params)} answered ${statusCode}: ${text.slice(0, 500)}`);
  return (JSON.parse(text) as { data: T }).data;
}

/** Every stored sample of a selector within `seconds` before `time` (seconds), by series. */
export async function rawSeries(url: string, selector: string, seconds: number, time: number): Promise<RawSeries[]> {
  const { result } = await askData<{ result: RawSeries[] }>(url, 'query', {
    query: `${selector}[${seconds}s]`,
    time: String(time),
  });
  return result;
}

/** A label set as one string, without the labels named. */
export function seriesKey(metric: Readonly<Record<string, string>>, without: readonly string[] = []): string {
  return Object.entries(metric)
    .filter(([name]) => !without.includes(name))
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
    .sort()
    .join(',');
}

/** After this what does not come is taken for missing, ms: far more than a busy machine needs. */
const PATIENCE_MS = 120_000;

/** Looks until something is so. */
export async function until(isSo: () => boolean): Promise<void> {
  await eventually(
    async () => isSo(),
    (so) => so,
  );
}

/** Asks until `check` holds; throws with what it last saw after `withinMs`. */
export async function eventually<T>(
  what: () => Promise<T>,
  check: (value: T) => boolean,
  withinMs = PATIENCE_MS,
): Promise<T> {
  const until = performance.now() + withinMs;
  let last: T | Error;
  do {
    try {
      last = await what();
      if (check(last)) return last;
    } catch (error) {
      last = error as Error;
    }
    await sleep(50);
  } while (performance.now() < until);
  throw last instanceof Error ? last : new Error(`Still ${JSON.stringify(last)} after ${withinMs} ms`);
}
