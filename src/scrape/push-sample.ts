import { STALE_HIGH, STALE_LOW } from '../model/stale.ts';
import { reserveSampleBatch, type SampleBatch } from '../storage/append.ts';

/** Adds a staleness marker to a batch. */
export function pushStale(batch: SampleBatch, ref: number, time: number): void {
  pushBits(batch, ref, time, STALE_LOW, STALE_HIGH);
}

/** Adds a sample whose value is given by its 32-bit halves. */
export function pushBits(batch: SampleBatch, ref: number, time: number, low: number, high: number): void {
  const at = batch.length;
  reserveSampleBatch(batch, at + 1);
  batch.refs[at] = ref;
  batch.times[at] = time;
  batch.bits[2 * at] = low;
  batch.bits[2 * at + 1] = high;
  batch.length = at + 1;
}

/** Adds a sample whose value is a plain number. */
export function pushValue(batch: SampleBatch, ref: number, time: number, value: number): void {
  const at = batch.length;
  reserveSampleBatch(batch, at + 1);
  batch.refs[at] = ref;
  batch.times[at] = time;
  batch.values[at] = value;
  batch.length = at + 1;
}
