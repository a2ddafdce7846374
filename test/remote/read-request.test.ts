import fc from 'fast-check';
import snappy from 'snappyjs';
import { describe, expect, test } from 'vitest';
import { type ReadRequest, ReadRequestError, readRequestSteps } from '../../src/remote/read-request.ts';
import { runInTurns } from '../../src/std/turns.ts';
import { requestBytes } from '../api/read-message.ts';

const TYPES = ['=', '!=', '=~', '!~', null];
const time = fc.integer({ min: -(2 ** 52), max: 2 ** 52 });
const matcher = fc.record({ type: fc.nat(4), name: fc.string(), value: fc.string({ unit: 'grapheme' }) });
const query = fc.record({
  start: time,
  end: time,
  matchers: fc.array(matcher, { maxLength: 5 }),
  hints: fc.record({ func: fc.string(), start_ms: time, end_ms: time }),
});

function fromBytes(bytes: Uint8Array): ReadRequest {
  return runInTurns(readRequestSteps(bytes), null);
}

describe('readRequestSteps()', () => {
  test('reads what another implementation writes', () => {
    fc.assert(
      fc.property(fc.array(query, { maxLength: 5 }), fc.array(fc.nat(9), { maxLength: 5 }), (queries, accepted) => {
        expect(fromBytes(encoded(queries, accepted))).toEqual({
          acceptedTypes: accepted,
          queries: queries.map(({ start, end, matchers, hints }) => ({
            range: { minTime: start, maxTime: end },
            matchers: matchers.map(({ type, name, value }) => ({ type: TYPES[type], name, value })),
            hints: { func: hints.func, range: { minTime: hints.start_ms, maxTime: hints.end_ms } },
          })),
        });
      }),
    );
  });

  test('of damaged bytes says where they are damaged', () => {
    const bytes = encoded([{ start: 1, end: 2, matchers: [{ type: 0, name: 'a', value: 'b' }] }], [1]);
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.nat(255), fc.nat(bytes.length), (at, byte, length) => {
        const damaged = bytes.slice(0, length);
        if (at < length) damaged[at] = byte;
        try {
          expect(fromBytes(damaged).queries.length).toBeLessThan(bytes.length);
        } catch (error) {
          expect(error).toBeInstanceOf(ReadRequestError);
          expect((error as Error).message).toMatch(/ \(at byte \d+ of the decoded request\)$/);
        }
      }),
    );
  });

  test('refuses more than it would hold in memory', () => {
    const emptyQueries = new Uint8Array(20_002).map((_, i) => (i % 2 === 0 ? 0x0a : 0));
    expect(() => fromBytes(emptyQueries)).toThrow('may not hold more than 10000 queries');
    const types = new Uint8Array(4004).fill(1);
    types.set([0x12, 0xa1, 0x1f]);
    expect(() => fromBytes(types.subarray(0, 3 + 4001))).toThrow('1000 accepted response types');
  });

  test('takes a time beyond all samples for the last one there can be', () => {
    const bytes = Uint8Array.from([0x0a, 0x0a, 0x10, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]);
    expect(fromBytes(bytes).queries[0]?.range).toEqual({ minTime: 0, maxTime: Number.MAX_SAFE_INTEGER });
  });
});

function encoded(...request: Parameters<typeof requestBytes>): Uint8Array {
  return new Uint8Array(snappy.uncompress(requestBytes(...request)));
}
