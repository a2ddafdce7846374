import { hashBytes } from '../../kernels/hash.ts';
import { utf8FromString } from '../../model/utf8.ts';

/** Both 32-bit halves of a hash of a text; two seeds make them independent. */
export interface TextHash {
  readonly low: number;
  readonly high: number;
}

const SEEDS = [0x5bd1e995, 0x1b873593] as const;

export function hashOfBytes(bytes: Uint8Array): TextHash {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return { low: hashBytes(view, 0, bytes.length, SEEDS[0]), high: hashBytes(view, 0, bytes.length, SEEDS[1]) };
}

export function hashOfText(text: string): TextHash {
  return hashOfBytes(utf8FromString(text));
}

/**
 * Compares two collections of (value, row) pairs without keeping them: the sums of their hashes, 64 bits, are equal where
 * the collections are, and differ else but for one time in 2^64.
 */
export class PairSums {
  low = 0;
  high = 0;
  count = 0;

  add({ high, low }: TextHash, row: number): void {
    this.low = (this.low + scramble(low, row)) | 0;
    this.high = (this.high + scramble(high, row)) | 0;
    this.count++;
  }

  equals({ count, high, low }: PairSums): boolean {
    return this.low === low && this.high === high && this.count === count;
  }
}

function scramble(hash: number, row: number): number {
  let mixed = Math.imul(hash ^ Math.imul(row, 0x9e3779b1), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0xc2b2ae35);
  return mixed ^ (mixed >>> 13);
}
