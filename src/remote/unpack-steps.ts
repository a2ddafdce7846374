import {
  SNAPPY_EXPANSION_MAX,
  SNAPPY_PAUSED,
  snappyDecodedSize,
  snappyDecodeSome,
  snappyElementsStart,
} from '../kernels/snappy-decode.ts';

/** Compressed bytes of one step: a few milliseconds where each element makes one byte. */
const STEP_BYTES = 128 * 1024;

/** The bytes that a snappy block claims to make; -1 where it is not one that could. Nothing was allocated then. */
export function claimedSize(compressed: Uint8Array): number {
  const size = snappyDecodedSize(compressed, 0, compressed.length);
  return size < 0 || size > compressed.length * SNAPPY_EXPANSION_MAX ? -1 : size;
}

/** Decompresses a block that claims to make `target.length` bytes, in steps. Ends with false where it is corrupt. */
export function* unpackSteps(compressed: Uint8Array, target: Uint8Array): Generator<undefined, boolean> {
  const progress = { from: snappyElementsStart(compressed, 0), made: 0 };
  for (;;) {
    const code = snappyDecodeSome(compressed, target, progress, STEP_BYTES);
    if (code !== SNAPPY_PAUSED) return code === target.length;
    yield;
  }
}
