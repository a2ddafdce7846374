/**
 * xxHash64 (Yann Collet, specification version 0.1.1), seed 0, in 32-bit halves.
 *
 * The state lives in module variables, low and high half of each lane, so that nothing is allocated.
 */
const P1_LOW = 0x85ebca87;
const P1_HIGH = 0x9e3779b1;
const P2_LOW = 0x27d4eb4f;
const P2_HIGH = 0xc2b2ae3d;
const P3_LOW = 0x9e3779f9;
const P3_HIGH = 0x165667b1;
const P4_LOW = 0xc2b2ae63;
const P4_HIGH = 0x85ebca77;
const P5_LOW = 0x165667c5;
const P5_HIGH = 0x27d4eb2f;

let low = 0;
let high = 0;

/** The hash of the first `length` bytes, divided by 2^64 - 1. */
export function xxhash64Fraction(bytes: Uint8Array, length: number): number {
  hash(bytes, length);
  return ((high >>> 0) * 2 ** 32 + (low >>> 0)) / (2 ** 64 - 1);
}

/** The hash of the first `length` bytes, modulo `divisor`: an integer from 1 to 2^26, so that every step is exact. */
export function xxhash64Remainder(bytes: Uint8Array, length: number, divisor: number): number {
  hash(bytes, length);
  return (((high >>> 0) % divisor) * (2 ** 32 % divisor) + ((low >>> 0) % divisor)) % divisor;
}

/** The hash of the first `length` bytes as 16 hex digits; for tests against published values. */
export function xxhash64Hex(bytes: Uint8Array, length: number): string {
  hash(bytes, length);
  return (high >>> 0).toString(16).padStart(8, '0') + (low >>> 0).toString(16).padStart(8, '0');
}

function hash(bytes: Uint8Array, length: number): void {
  let at = 0;
  if (length >= 32) at = stripes(bytes, length);
  else set(P5_LOW, P5_HIGH);
  add(length, 0);
  for (; at + 8 <= length; at += 8) {
    const hashLow = low;
    const hashHigh = high;
    round(0, 0, word(bytes, at), word(bytes, at + 4));
    set(low ^ hashLow, high ^ hashHigh);
    rotate(27);
    multiply(P1_LOW, P1_HIGH);
    add(P4_LOW, P4_HIGH);
  }
  if (at + 4 <= length) {
    const hashLow = low;
    const hashHigh = high;
    set(word(bytes, at), 0);
    multiply(P1_LOW, P1_HIGH);
    set(low ^ hashLow, high ^ hashHigh);
    rotate(23);
    multiply(P2_LOW, P2_HIGH);
    add(P3_LOW, P3_HIGH);
    at += 4;
  }
  for (; at < length; at++) {
    const hashLow = low;
    const hashHigh = high;
    set(bytes[at]!, 0);
    multiply(P5_LOW, P5_HIGH);
    set(low ^ hashLow, high ^ hashHigh);
    rotate(11);
    multiply(P1_LOW, P1_HIGH);
  }
  avalanche();
}

const lanes = new Int32Array(8);

/** Whole stripes of 32 bytes through four lanes; leaves their mixture and returns where the rest begins. */
function stripes(bytes: Uint8Array, length: number): number {
  set(P1_LOW, P1_HIGH);
  add(P2_LOW, P2_HIGH);
  lanes[0] = low;
  lanes[1] = high;
  lanes[2] = P2_LOW;
  lanes[3] = P2_HIGH;
  lanes[4] = 0;
  lanes[5] = 0;
  // 0 - P1
  set(~P1_LOW, ~P1_HIGH);
  add(1, 0);
  lanes[6] = low;
  lanes[7] = high;
  let at = 0;
  for (; at + 32 <= length; at += 32) {
    for (let lane = 0; lane < 8; lane += 2) {
      round(lanes[lane]!, lanes[lane + 1]!, word(bytes, at + 4 * lane), word(bytes, at + 4 * lane + 4));
      lanes[lane] = low;
      lanes[lane + 1] = high;
    }
  }
  let sumLow = 0;
  let sumHigh = 0;
  for (let lane = 0; lane < 4; lane++) {
    set(lanes[2 * lane]!, lanes[2 * lane + 1]!);
    rotate(lane === 0 ? 1 : lane === 1 ? 7 : lane === 2 ? 12 : 18);
    add(sumLow, sumHigh);
    sumLow = low;
    sumHigh = high;
  }
  for (let lane = 0; lane < 8; lane += 2) {
    round(0, 0, lanes[lane]!, lanes[lane + 1]!);
    set(low ^ sumLow, high ^ sumHigh);
    multiply(P1_LOW, P1_HIGH);
    add(P4_LOW, P4_HIGH);
    sumLow = low;
    sumHigh = high;
  }
  return at;
}

/** rotate(accumulator + input * P2, 31) * P1 */
function round(accumulatorLow: number, accumulatorHigh: number, inputLow: number, inputHigh: number): void {
  set(inputLow, inputHigh);
  multiply(P2_LOW, P2_HIGH);
  add(accumulatorLow, accumulatorHigh);
  rotate(31);
  multiply(P1_LOW, P1_HIGH);
}

/** The shifts by 33 and 32 move bits of the high half into the low half alone. */
function avalanche(): void {
  set(low ^ (high >>> 1), high);
  multiply(P2_LOW, P2_HIGH);
  set(low ^ ((low >>> 29) | (high << 3)), high ^ (high >>> 29));
  multiply(P3_LOW, P3_HIGH);
  set(low ^ high, high);
}

function word(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}

function set(newLow: number, newHigh: number): void {
  low = newLow | 0;
  high = newHigh | 0;
}

function add(otherLow: number, otherHigh: number): void {
  const sum = (low >>> 0) + (otherLow >>> 0);
  high = (high + otherHigh + (sum > 0xffffffff ? 1 : 0)) | 0;
  low = sum | 0;
}

function rotate(bits: number): void {
  const oldLow = low;
  low = (oldLow << bits) | (high >>> (32 - bits));
  high = (high << bits) | (oldLow >>> (32 - bits));
}

/** 64-bit product, of which only the low half's own product needs more than 32 bits. */
function multiply(otherLow: number, otherHigh: number): void {
  const a = low >>> 0;
  const b = otherLow >>> 0;
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const lowest = aLow * bLow;
  const middle = aHigh * bLow + (lowest >>> 16);
  const upper = aLow * bHigh + (middle % 0x10000);
  const carry = aHigh * bHigh + Math.floor(middle / 0x10000) + Math.floor(upper / 0x10000);
  high = (Math.imul(high, otherLow) + Math.imul(low, otherHigh) + (carry | 0)) | 0;
  low = (upper << 16) | (lowest & 0xffff) | 0;
}
