import { randomFillSync } from 'node:crypto';

/** Crockford's base 32: no I, L, O, U. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const TIME_DIGITS = 10;
const CHANCE_BYTES = 10;

/**
 * A ULID: 48 bits of time (ms since the epoch) and 80 bits of chance, 26 characters that sort by time. Source of the
 * format: the ULID specification (github.com/ulid/spec).
 */
export function ulidOf(timeMs: number, chance: Uint8Array): string {
  let text = '';
  let rest = timeMs;
  for (let i = 0; i < TIME_DIGITS; i++) {
    text = ALPHABET[rest % 32]! + text;
    rest = Math.floor(rest / 32);
  }
  // Five bytes are eight digits.
  for (let at = 0; at < CHANCE_BYTES; at += 5) {
    let bits = 0;
    for (let i = 0; i < 5; i++) bits = bits * 256 + chance[at + i]!;
    let part = '';
    for (let i = 0; i < 8; i++) {
      part = ALPHABET[bits % 32]! + part;
      bits = Math.floor(bits / 32);
    }
    text += part;
  }
  return text;
}

/** A ULID that nobody else has. */
export function newUlid(timeMs: number): string {
  return ulidOf(timeMs, randomFillSync(new Uint8Array(CHANCE_BYTES)));
}
