import { createRandom } from '../../src/std/random.ts';

/** Columns of one scrape's rows, as the head hands them to the log. */
export interface Rows {
  readonly count: number;
  readonly refs: Float64Array;
  readonly times: Float64Array;
  readonly bits: Uint32Array;
  readonly indexes: Uint32Array;
}

/**
 * Known series with neighbouring refs and one time, as a scrape of `count` rows: a third counters that are integers, a
 * third gauges with all their digits, a third mostly zeros.
 */
export function scrapeRows(count: number): Rows {
  const random = createRandom(count);
  const values = Float64Array.from({ length: count }, (_, i) => {
    if (i % 3 === 0) return random.below(1_000_000);
    if (i % 3 === 1) return random.next() * 100;
    return i % 17 === 0 ? 1 : 0;
  });
  return {
    count,
    refs: Float64Array.from({ length: count }, (_, i) => 100_000 + i),
    times: new Float64Array(count).fill(1_700_000_000_000),
    bits: new Uint32Array(values.buffer),
    indexes: Uint32Array.from({ length: count }, (_, i) => i),
  };
}

/** A remote-write-like body: label texts that repeat from series to series, and some binary between them. */
export function labelTexts(series: number): Uint8Array {
  const random = createRandom(series);
  const parts: string[] = [];
  for (let i = 0; i < series; i++) {
    parts.push(`__name__http_request_duration_seconds_bucket\x12le${2 ** (i % 12)}\x1ainstancehost-${i % 40}:9090`);
    parts.push(`\x1amethod${['GET', 'POST', 'PUT'][i % 3]}\x1apath/api/v1/${i % 23}\x10${random.below(1e9)}`);
  }
  return new TextEncoder().encode(parts.join(''));
}
