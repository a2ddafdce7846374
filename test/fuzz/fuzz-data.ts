import { loaded } from '../support/ask-engine.ts';

/** Counters with resets, gauges with gaps and odd values, classic and native histograms, thinly filled series, an info metric. */
export function fuzzStorage() {
  const lines = ['load 30s'];
  for (const instance of ['0', '1', '2']) {
    for (const job of ['a', 'api']) {
      const labels = `instance="${instance}", job="${job}"`;
      lines.push(
        `  counter{${labels}} 0+${1 + Number(instance)}x40 0+7x40`,
        `  gauge{${labels}} 1 NaN -3 _x5 Inf 1e308 -Inf 0 stale 5-1x60`,
        `  sparse{${labels}} _x20 1 _x30 2 stale _x20 3`,
        `  native{${labels}} {{schema:1 count:3 sum:4 z_bucket:1 buckets:[1 0 1]}}+{{schema:1 count:3 sum:4 buckets:[1 1 1]}}x40 _ {{schema:0 count:2 sum:1 buckets:[2]}}x20`,
        `  custom_buckets{${labels}} {{schema:-53 count:4 sum:9 custom_values:[1 5 10] buckets:[1 2 1]}}+{{schema:-53 count:2 sum:3 custom_values:[1 5 10] buckets:[1 1]}}x60`,
        `  mixed{${labels}} 1 2 {{schema:0 count:1 sum:1 buckets:[1]}} 3 {{schema:2 count:2 sum:1 buckets:[1 1]}}x10`,
        `  target_info{${labels}, version="v${instance}"} 1x80`,
      );
      for (const [i, le] of ['0.1', '1', '10', '+Inf'].entries()) {
        lines.push(`  classic_bucket{${labels}, le="${le}"} 0+${i + 1}x80`);
      }
    }
  }
  return loaded(lines.join('\n'));
}

/** From the start of the data to a while after its end, seconds. */
export const DATA_SECONDS = 3000;
