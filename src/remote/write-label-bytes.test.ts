import fc from 'fast-check';
import protobuf from 'protobufjs';
import { describe, expect, it } from 'vitest';
import { labelsFromBytes } from '../model/label-bytes.ts';
import { WriteLabelBytes } from './write-label-bytes.ts';
import { labelsFromMessage } from './write-labels.ts';

const label = protobuf.parse(`syntax = "proto3"; message Label { string name = 1; string value = 2; }
  message Series { repeated Label labels = 1; }`).root;
const Series = label.lookupType('Series');

describe('WriteLabelBytes', () => {
  it('gives what labelsFromMessage() gives, or nothing', () => {
    const name = fc.oneof(fc.constantFrom('a', 'b', 'job', 'z'), fc.string({ maxLength: 3 }));
    const value = fc.oneof(
      fc.constantFrom('', 'x', 'é', 'y'.repeat(127), 'y'.repeat(128), 'y'.repeat(20_000)),
      fc.string({ maxLength: 4 }),
    );
    const pairs = fc.array(fc.tuple(name, value), { maxLength: 6 });
    const labels = new WriteLabelBytes();
    let taken = 0;
    fc.assert(
      fc.property(pairs, fc.boolean(), fc.boolean(), (list, sorted, cut) => {
        const named = [...list, ['__name__', 'metric'] as const];
        if (sorted) named.sort(([a], [b]) => (a < b ? -1 : 1));
        const message = bytesOf(named);
        const end = cut && message.length > 3 ? message.length - 2 : message.length;
        const start = labels.size;
        if (!labels.add(message, 0, end)) {
          expect(labels.size).toBe(start);
          return;
        }
        taken++;
        const expected = labelsFromMessage(message, 0, end, new Uint32Array(2));
        expect(labelsFromBytes(labels.bytes, start).pairs).toEqual(expected!.pairs);
      }),
      { numRuns: 500 },
    );
    // A tenth of them on average: enough to show that the comparison is not empty.
    expect(taken).toBeGreaterThan(10);
  });

  it.each([
    ['no metric name', [['a', 'b']]],
    [
      'an empty value',
      [
        ['__name__', 'm'],
        ['a', ''],
      ],
    ],
    [
      'a name twice',
      [
        ['__name__', 'm'],
        ['a', 'b'],
        ['a', 'c'],
      ],
    ],
    [
      'names out of order',
      [
        ['b', 'c'],
        ['__name__', 'm'],
      ],
    ],
    [
      'other text than ASCII',
      [
        ['__name__', 'm'],
        ['a', 'é'],
      ],
    ],
  ] as const)('leaves %s to labelsFromMessage()', (_, pairs) => {
    const message = bytesOf(pairs);
    expect(new WriteLabelBytes().add(message, 0, message.length)).toBe(false);
  });

  it('does not read behind the message, wherever it is cut', () => {
    const message = bytesOf([
      ['__name__', 'm'],
      ['a', 'b'],
    ]);
    for (let end = 0; end < message.length; end++) {
      const whole = end === bytesOf([['__name__', 'm']]).length;
      expect(new WriteLabelBytes().add(message, 0, end)).toBe(whole);
    }
  });
});

function bytesOf(pairs: readonly (readonly [string, string])[]): Uint8Array {
  return Series.encode({ labels: pairs.map(([name, value]) => ({ name, value })) }).finish();
}
