import { floatFromBits, highBits, lowBits } from './float-parts.ts';

/**
 * Payne-Hanek reduction of large angles: the product of the angle's mantissa with just those bits of 4/pi that decide
 * the octant and the fraction. Source: Payne and Hanek, "Radian reduction for trigonometric functions" (1983).
 */

/** 4/pi: one word before the binary point, then its fraction, 32 bits a word. */
const FOUR_OVER_PI = new Uint32Array([
  0x00000000, 0x00000001, 0x45f306dc, 0x9c882a53, 0xf84eafa3, 0xea69bb81, 0xb6c52b32, 0x78872083, 0xfca2c757,
  0xbd778ac3, 0x6e48dc74, 0x849ba5c0, 0x0c925dd4, 0x13a32439, 0xfc3bd639, 0x62534e7d, 0xd1046bea, 0x5d768909,
  0xd338e04d, 0x68befc82, 0x7323ac73, 0x06a673e9, 0x3908bf17, 0x7bf25076, 0x3ff12fff, 0xbc0b301f, 0xde5e2316,
  0xb414da3e, 0xda6cfd9e, 0x4f96136e, 0x9e8c7ecd, 0x3cbfd45a, 0xea4f758f, 0xd7cbe2f6, 0x7a0e73ef, 0x14a525d4,
  0xd7f6bf62, 0x3f1aba10, 0xac06608d, 0xf8f6d757,
]);

/** Six words of 4/pi beginning at the wanted bit, most significant first. */
const bits = new Uint32Array(6);
/** The product with the mantissa, most significant first; what would lie above is whole turns and drops out. */
const product = new Float64Array(6);

let octant = 0;
let angle = 0;

/** Octant 0, 2, 4 or 6 of the last reduction. */
export function reducedOctant(): number {
  return octant;
}

/** Angle within the octant, in radians, of the last reduction; negative where the octant was rounded up. */
export function reducedAngle(): number {
  return angle;
}

/** Reduces a finite `x` of at least pi/4. The results are read by `reducedOctant` and `reducedAngle`. */
export function reduceLargeAngle(x: number): void {
  const high = highBits(x);
  const exponent = (high >>> 20) - 1023 - 52;
  multiply((high & 0xfffff) | 0x100000, lowBits(x), exponent + 61);
  const p0 = product[0]!;
  const p1 = product[1]!;
  const p2 = product[2]!;
  octant = p0 >>> 29;
  // 128 bits of product: three for the octant, the rest is the fraction of an octant, rounded down to 53 bits.
  const f0 = ((p0 << 3) | (p1 >>> 29)) >>> 0;
  const f1 = ((p1 << 3) | (p2 >>> 29)) >>> 0;
  const zeros = f0 === 0 ? 32 + Math.clz32(f1) : Math.clz32(f0);
  const shift = zeros + 1;
  const m0 = shiftedWord(f0, f1, p2, shift);
  const m1 = shiftedWord(f1, p2, product[3]!, shift);
  angle = floatFromBits(((1023 - shift) << 20) | (m0 >>> 12), ((m0 << 20) | (m1 >>> 12)) >>> 0);
  if ((octant & 1) === 1) {
    octant = (octant + 1) & 7;
    angle -= 1;
  }
  angle *= Math.PI / 4;
}

/** The first of two words after a shift to the left by `shift` bits, up to 64, of three words. */
function shiftedWord(a: number, b: number, c: number, shift: number): number {
  if (shift === 0) return a;
  if (shift < 32) return ((a << shift) | (b >>> (32 - shift))) >>> 0;
  if (shift === 32) return b;
  return shift < 64 ? ((b << (shift - 32)) | (c >>> (64 - shift))) >>> 0 : c;
}

/** Fills `product` with the top 128 of 192 bits: `mantissa * (4/pi from bit start on)`, modulo 2^192. */
function multiply(mantissaHigh: number, mantissaLow: number, start: number): void {
  const word = start >>> 5;
  const shift = start & 31;
  for (let i = 0; i < 6; i++) {
    const a = FOUR_OVER_PI[word + i]!;
    bits[i] = shift === 0 ? a : (a << shift) | (FOUR_OVER_PI[word + i + 1]! >>> (32 - shift));
  }
  // Schoolbook multiplication in 16-bit digits: every column sum stays far below 2^53.
  const m0 = mantissaLow & 0xffff;
  const m1 = mantissaLow >>> 16;
  const m2 = mantissaHigh & 0xffff;
  const m3 = mantissaHigh >>> 16;
  let carry = 0;
  let low = 0;
  // Column c has weight 2^(16 c); the product keeps columns 4..11 of the 12 below 2^192, moved down by 64 bits.
  for (let column = 0; column < 12; column++) {
    const sum = carry + digit(column) * m0 + digit(column - 1) * m1 + digit(column - 2) * m2 + digit(column - 3) * m3;
    carry = Math.floor(sum / 65536);
    const part = sum - carry * 65536;
    if ((column & 1) === 0) low = part;
    else if (column >= 4) product[5 - (column >>> 1)] = part * 65536 + low;
  }
}

/** Digit `index` of `bits` in base 2^16, least significant first. */
function digit(index: number): number {
  if (index < 0) return 0;
  const word = bits[5 - (index >>> 1)]!;
  return (index & 1) === 0 ? word & 0xffff : word >>> 16;
}
