import { Pool } from 'undici';
import { WriteRequestEncoder, type WriteSeries } from './write-request.ts';

export interface WriteLoad {
  readonly series: readonly WriteSeries[];
  readonly steps: number;
  /** Time of step 0, ms. */
  readonly start: number;
  readonly stepMs: number;
  readonly seriesPerRequest: number;
  /** Steps of one series in one request. */
  readonly stepsPerRequest: number;
  /** Requests under way at once; a series always goes through the same of them, so its samples stay in order. */
  readonly shards: number;
}

/** Sends the whole load, oldest steps first; returns the number of samples that the server acknowledged. */
export async function sendLoad(url: string, load: WriteLoad): Promise<number> {
  const pool = new Pool(url, { connections: load.shards, pipelining: 1 });
  const encoder = new WriteRequestEncoder(load.series);
  const slices: { from: number; to: number }[] = [];
  for (let from = 0; from < load.series.length; from += load.seriesPerRequest) {
    slices.push({ from, to: Math.min(from + load.seriesPerRequest, load.series.length) });
  }
  let acknowledged = 0;
  for (let step = 0; step < load.steps; step += load.stepsPerRequest) {
    const steps = Math.min(load.stepsPerRequest, load.steps - step);
    const shards = Array.from({ length: load.shards }, async (_, shard) => {
      for (let i = shard; i < slices.length; i += load.shards) {
        const { body, samples } = encoder.encode({
          ...slices[i]!,
          firstStep: step,
          steps,
          start: load.start,
          stepMs: load.stepMs,
        });
        if (samples === 0) continue;
        const response = await pool.request({
          path: '/api/v1/write',
          method: 'POST',
          headers: {
            'content-type': 'application/x-protobuf',
            'content-encoding': 'snappy',
            'x-prometheus-remote-write-version': '0.1.0',
          },
          body,
        });
        const text = await response.body.text();
        if (response.statusCode >= 300) {
          throw new Error(`Cannot write to ${url}: status ${response.statusCode}: ${text.slice(0, 300)}`);
        }
        acknowledged += samples;
      }
    });
    // The next steps follow only when these have arrived: a head refuses samples that lie far behind its newest one.
    await Promise.all(shards);
  }
  await pool.close();
  return acknowledged;
}
