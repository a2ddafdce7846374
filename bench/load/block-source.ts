import { compareLabels, type Labels, labelsFromObject } from '../../src/model/labels.ts';
import { createRandom } from '../../src/std/random.ts';
import { ChunkEncoder } from '../../src/tsdb/chunk/chunk-encoder.ts';
import type { ChunkSource, SourceChunk } from '../../src/tsdb/chunk/chunk-source.ts';
import { NO_INTERVALS } from '../../src/tsdb/tombstones/intervals.ts';

const STEP_MS = 15_000;
const CHUNK_SAMPLES = 120;
/** Different courses of values: making one for each series would take longer than what is measured. */
const PATTERNS = 500;

/** Series as hosts have them: 500 a host, ten labels each. */
export function hostLabels(count: number): Labels[] {
  const labels = Array.from({ length: count }, (_, i) => {
    const host = Math.floor(i / 500);
    const metric = i % 500;
    return labelsFromObject({
      __name__: `node_metric_${metric % 250}_total`,
      cluster: `c${host % 10}`,
      device: `dev${metric >> 3}`,
      env: 'production',
      instance: `host-${host}.example.org:9100`,
      job: 'node',
      mode: metric < 250 ? 'a' : 'b',
      region: `eu-west-${host % 3}`,
      version: '1.2.3',
      zone: `z${host % 7}`,
    });
  });
  return labels.sort(compareLabels);
}

/** Two hours of samples each 15 s from `start` on for each of the label sets: counters, gauges, constants. */
export function hostSource(labels: readonly Labels[], start: number): ChunkSource {
  const patterns = Array.from({ length: PATTERNS }, (_, seed) => pattern(seed, start));
  let at = -1;
  return {
    next: () => ++at < labels.length,
    get labels() {
      return labels[at]!;
    },
    get chunks() {
      return patterns[at % PATTERNS]!;
    },
    deleted: NO_INTERVALS,
    close() {},
  };
}

function pattern(seed: number, start: number): SourceChunk[] {
  const random = createRandom(seed);
  const encoder = new ChunkEncoder(CHUNK_SAMPLES);
  const value = new Float64Array(1);
  const halves = new Uint32Array(value.buffer);
  for (let i = 0; i < 4 * CHUNK_SAMPLES; i++) {
    const kind = seed % 5;
    if (kind === 0) value[0]! += 1;
    else if (kind === 1) value[0]! += random.below(1000);
    else if (kind === 2) value[0] = random.next();
    else if (kind === 3) value[0]! += random.next();
    const jitter = seed % 3 === 0 ? random.below(3) : 0;
    encoder.float(start + i * STEP_MS + jitter, halves[0]!, halves[1]!);
  }
  return encoder.finish();
}
