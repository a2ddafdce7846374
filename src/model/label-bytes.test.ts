import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bytesFromLabels,
  compareBytes,
  labelBytesEnd,
  labelSize,
  labelSizeBytes,
  labelsFromBytes,
  writeLabelSize,
} from './label-bytes.ts';
import { labelsFromPairs } from './labels.ts';

describe('labels as bytes', () => {
  it('are the same labels again', () => {
    const text = fc.oneof(fc.string({ maxLength: 300 }), fc.string({ unit: 'grapheme', maxLength: 20 }));
    fc.assert(
      fc.property(fc.array(fc.tuple(text, text), { maxLength: 40 }), (pairs) => {
        const labels = labelsFromPairs(pairs.flat());
        expect(labelsFromBytes(bytesFromLabels(labels), 0).pairs).toEqual(labels.pairs);
      }),
    );
  });

  it('sizes are read back and take what labelSizeBytes() says', () => {
    fc.assert(
      fc.property(fc.nat({ max: 0xffffffff }), (size) => {
        const bytes = new Uint8Array(8);
        const end = writeLabelSize(bytes, 1, size);
        expect(labelSize(bytes, 1)).toBe(size);
        expect(labelSizeBytes(size)).toBe(end - 1);
      }),
    );
  });

  it('compareBytes() orders as the bytes do', () => {
    const bytes = fc.uint8Array({ maxLength: 6 });
    fc.assert(
      fc.property(bytes, bytes, (a, b) => {
        const order = compareBytes(a, 0, a.length, b, 0, b.length);
        expect(Math.sign(order)).toBe(Buffer.compare(a, b));
      }),
    );
  });

  it('labelBytesEnd() takes label sets, and nothing that is not one', () => {
    const text = fc.oneof(fc.string({ maxLength: 5 }), fc.string({ unit: 'grapheme', maxLength: 3 }));
    const labelSet = fc.array(fc.tuple(text, text), { maxLength: 4 });
    let taken = 0;
    fc.assert(
      fc.property(labelSet, fc.nat(), fc.nat({ max: 255 }), (pairs, place, byte) => {
        const whole = bytesFromLabels(labelsFromPairs(pairs.flat()));
        expect(labelBytesEnd(whole, 0, whole.length)).toBe(whole.length);
        for (let end = 0; end < whole.length; end++) expect(labelBytesEnd(whole, 0, end)).toBe(-1);
        const changed = whole.slice();
        changed[place % changed.length] = byte;
        const end = labelBytesEnd(changed, 0, changed.length);
        if (end < 0) return;
        taken++;
        const labels = labelsFromPairs(labelsFromBytes(changed, 0).pairs);
        expect(bytesFromLabels(labels)).toEqual(changed.slice(0, end));
      }),
    );
    expect(taken).toBeGreaterThan(0);
  });
});
