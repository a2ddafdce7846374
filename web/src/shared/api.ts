export type Metric = Readonly<Record<string, string>>;
export type Point = readonly [time: number, value: string];

export interface HistogramValue {
  readonly count: string;
  readonly sum: string;
  /** Which bounds belong to it (0 to 3), lower and upper bound, count. */
  readonly buckets?: readonly (readonly [number, string, string, string])[];
}

export interface VectorSample {
  readonly metric: Metric;
  readonly value?: Point;
  readonly histogram?: readonly [number, HistogramValue];
}

export interface MatrixSeries {
  readonly metric: Metric;
  readonly values?: readonly Point[];
  readonly histograms?: readonly (readonly [number, HistogramValue])[];
}

export type QueryData =
  | { readonly resultType: 'vector'; readonly result: readonly VectorSample[] }
  | { readonly resultType: 'matrix'; readonly result: readonly MatrixSeries[] }
  | { readonly resultType: 'scalar'; readonly result: Point }
  | { readonly resultType: 'string'; readonly result: Point };

export interface Answer<T> {
  readonly data: T;
  readonly warnings: readonly string[];
  readonly infos: readonly string[];
  /** From sending the request to having parsed the answer. */
  readonly elapsedMs: number;
}

/** Asks the server that served this page; rejects with the server's own words when it answers with an error. */
export async function askApi<T>(
  path: string,
  params: Record<string, string>,
  signal?: AbortSignal,
): Promise<Answer<T>> {
  const started = performance.now();
  const query = new URLSearchParams(params).toString();
  const response = await fetch(`./api/v1/${path}${query === '' ? '' : `?${query}`}`, signal ? { signal } : {});
  const text = await response.text();
  let body: { status: string; data: T; error?: string; warnings?: string[]; infos?: string[] };
  try {
    body = JSON.parse(text);
  } catch {
    throw new Error(`The server answered ${response.status} ${response.statusText}: ${text.slice(0, 200)}`);
  }
  if (body.status !== 'success') throw new Error(body.error ?? `The server answered ${response.status}`);
  return {
    data: body.data,
    warnings: body.warnings ?? [],
    infos: body.infos ?? [],
    elapsedMs: performance.now() - started,
  };
}
