import { xxhash64Remainder } from '../kernels/xxhash64.ts';
import type { Labels } from './labels.ts';

/** One of `count` parts of all series; which part a series is in follows from its labels alone, forever. */
export interface LabelShard {
  /** From 0 to `count - 1`. */
  readonly index: number;
  /** From 1 to `SHARDS_MAX`. */
  readonly count: number;
}

export const SHARDS_MAX = 2 ** 20;

/** Between names and values: a byte that UTF-8 does not have. */
const SEPARATOR = 0xff;

const encoder = new TextEncoder();
let bytes = new Uint8Array(1024);

/**
 * The number of the shard, of `count`, that a label set is in: xxhash64 of its names and values in their order, each followed
 * by the byte 0xFF, modulo `count`. That is the stable hash by which the reference's storage shards queries, so both put a series into the
 * same shard.
 */
export function shardOfLabels({ pairs }: Labels, count: number): number {
  let most = 0;
  for (const text of pairs) most += 3 * text.length + 1;
  if (bytes.length < most) bytes = new Uint8Array(2 * most);
  let at = 0;
  for (const text of pairs) {
    at += encoder.encodeInto(text, bytes.subarray(at)).written;
    bytes[at++] = SEPARATOR;
  }
  return xxhash64Remainder(bytes, at, count);
}

/** Throws a `RangeError` where there is no such shard. */
export function assertShard({ index, count }: LabelShard): void {
  if (!Number.isInteger(count) || count < 1 || count > SHARDS_MAX) {
    throw new RangeError(`The number of shards must be an integer from 1 to ${SHARDS_MAX}, not ${count}.`);
  }
  if (!Number.isInteger(index) || index < 0 || index >= count) {
    throw new RangeError(`There is no shard ${index} of ${count}: the first one is 0.`);
  }
}
