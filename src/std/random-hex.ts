import { randomFillSync } from 'node:crypto';

/** Sixteen hexadecimal digits of 63 bits of chance, for names that nobody else gives. */
export function randomHex63(): string {
  const bytes = randomFillSync(new Uint8Array(8));
  bytes[0]! &= 0x7f;
  return Buffer.from(bytes).toString('hex');
}
