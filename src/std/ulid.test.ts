import { describe, expect, it } from 'vitest';
import { newUlid, ulidOf } from './ulid.ts';

describe('ulidOf()', () => {
  it("writes the specification's example of a time", () => {
    expect(ulidOf(1469918176385, new Uint8Array(10))).toBe('01ARYZ6S410000000000000000');
  });

  it('writes the largest time and chance', () => {
    expect(ulidOf(2 ** 48 - 1, new Uint8Array(10).fill(255))).toBe('7ZZZZZZZZZZZZZZZZZZZZZZZZZ');
  });

  it('keeps the order of the bits of chance', () => {
    const chance = Uint8Array.from([0, 0, 0, 0, 1, 0x80, 0, 0, 0, 0]);
    expect(ulidOf(0, chance)).toBe('000000000000000001G0000000');
  });
});

describe('newUlid()', () => {
  it('is different each time and sorts by time', () => {
    const a = newUlid(1_700_000_000_000);
    const b = newUlid(1_700_000_000_000);
    const later = newUlid(1_700_000_000_001);
    expect(a).toMatch(/^[0-9A-HJKMNP-TV-Z]{26}$/);
    expect(a).not.toBe(b);
    expect(later > a && later > b).toBe(true);
  });
});
