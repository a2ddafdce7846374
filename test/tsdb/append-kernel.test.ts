import fc from 'fast-check';
import { afterEach, expect, it, vi } from 'vitest';
import { runInTurns } from '../../src/std/turns.ts';
import { append, batchOf, createHead, describeOutcome, type Row, refOf, show } from './head-support.ts';

afterEach(() => vi.unstubAllGlobals());

/** A head on a host that has no memory for the kernel: everything is done in JavaScript. */
function headWithoutKernel(): ReturnType<typeof createHead> {
  const { WebAssembly } = globalThis as unknown as { WebAssembly: { Module: unknown } };
  vi.stubGlobal('WebAssembly', {
    ...WebAssembly,
    Memory: class {
      constructor() {
        throw new RangeError('could not allocate memory');
      }
    },
  });
  const made = createHead({ outOfOrderMs: 60_000 });
  vi.unstubAllGlobals();
  return made;
}

const SERIES = 40;
const value = fc.oneof(
  fc.constantFrom<number | string>(0, 1, -0, 0.1, 1e300, '7ff0000000000002', 'fff8000000000001'),
  fc.nat(100_000),
  fc.double({ noNaN: true }),
);
/** A scrape: one sample of each series, some of them as they should not be. */
const scrape = fc.record({
  after: fc.constantFrom(1, 15_000, 15_000, 15_000, 15_001, 40_000, 3_600_000),
  values: fc.array(value, { minLength: 1, maxLength: 7 }),
  odd: fc.array(
    fc.record({
      at: fc.nat(SERIES),
      ref: fc.constantFrom(0, 99_999, 1.5, Number.NaN, 1, 2, 3),
      time: fc.oneof(
        fc.constantFrom(0, 0.5, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 2 ** 53, -(2 ** 53)),
        fc.integer({ min: -70_000, max: 20_000 }),
      ),
      isRelative: fc.boolean(),
      value,
    }),
    { maxLength: 6 },
  ),
  batches: fc.integer({ min: 1, max: 3 }),
});

it('takes, refuses, logs and keeps the same with the kernel and without it', () => {
  fc.assert(
    fc.property(fc.array(scrape, { minLength: 1, maxLength: 60 }), (scrapes) => {
      const heads = [createHead({ outOfOrderMs: 60_000 }), headWithoutKernel()];
      const refs = heads.map(({ head }) =>
        Array.from({ length: SERIES }, (_, i) => refOf(head, { series: String(i) })),
      );
      expect(refs[1]).toEqual(refs[0]);
      let time = 1_700_000_000_000;
      for (const { after, values, odd, batches } of scrapes) {
        time += after;
        const rows: Row[] = refs[0]!.map((ref, i) => [ref, time, values[i % values.length]!]);
        for (const { at, ref, time: given, isRelative, value } of odd) {
          rows.splice(at, 0, [ref, isRelative ? time + given : given, value]);
        }
        const outcomes = heads.map(({ head }) => {
          const appender = head.appender();
          const told: string[] = [];
          const size = Math.ceil(rows.length / batches);
          for (let from = 0; from < rows.length; from += size) {
            told.push(describeOutcome(appender.append(batchOf(rows.slice(from, from + size)))));
          }
          appender.commit();
          return told;
        });
        expect(outcomes[1]).toEqual(outcomes[0]);
      }
      const [kernel, plain] = heads.map(({ head, log, lateLog }) => ({
        shown: show(head),
        bounds: head.bounds,
        stats: head.stats().refused,
        logged: log.calls,
        late: lateLog.calls,
      }));
      expect(plain).toEqual(kernel);
    }),
    { numRuns: 60 },
  );
});

it('takes more samples at once than its columns had room for, and after them few', () => {
  const { head } = createHead();
  const refs = Array.from({ length: 5000 }, (_, i) => refOf(head, { series: String(i) }));
  const scrapeAt = (time: number): Row[] => refs.map((ref, i) => [ref, time, i]);
  expect(append(head, scrapeAt(1000).slice(0, 10))).toBe('10 taken');
  expect(append(head, scrapeAt(2000))).toBe('5000 taken');
  expect(append(head, scrapeAt(3000).slice(0, 10))).toBe('10 taken');
  const shown = show(head);
  expect(shown).toHaveLength(5000);
  expect(shown[0]).toBe('{series="0"} 1000=0 2000=0 3000=0');
  expect(shown.at(-1)).toBe('{series="999"} 2000=999');
});

it('finds the series that have no sample, with the kernel and without it', () => {
  const count = 20_000;
  const time = 1_700_000_000_000;
  const isEmpty = (i: number): boolean => i % 7 === 3 || (i > 9000 && i < 9100) || i === count - 1;
  for (const { head } of [createHead(), headWithoutKernel()]) {
    const refs = Array.from({ length: count }, (_, i) => refOf(head, { series: String(i) }));
    append(
      head,
      refs.filter((_, i) => !isEmpty(i)).map((ref): Row => [ref, time, 1]),
    );
    const removed: number[] = [];
    runInTurns(
      head.removeEmpty((gone) => removed.push(...gone)),
      null,
    );
    expect(removed).toEqual(refs.filter((_, i) => isEmpty(i)));
    runInTurns(
      head.removeEmpty((gone) => removed.push(...gone)),
      null,
    );
    expect(removed).toHaveLength(refs.filter((_, i) => isEmpty(i)).length);
  }
});
