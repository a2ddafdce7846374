import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DeletedTimesBuilder, deletedTimesAt } from './deleted-times.ts';
import { HeadDeletions } from './head-deletions.ts';
import { addInterval, type Intervals } from './intervals.ts';

const ref = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1000, max: 5000 }), fc.constant(2 ** 40 - 1));
const time = fc.integer({ min: 0, max: 100 });

describe('HeadDeletions', () => {
  it('keeps what a plain map keeps', () => {
    const change = fc.oneof(
      fc.record({ kind: fc.constant('add' as const), ref, time, more: time }),
      fc.record({ kind: fc.constant('forget' as const), ref }),
      fc.record({ kind: fc.constant('truncate' as const), before: time }),
    );
    fc.assert(
      fc.property(fc.array(change, { maxLength: 60 }), (changes) => {
        const deletions = new HeadDeletions();
        const model = new Map<number, Intervals>();
        for (const one of changes) {
          if (one.kind === 'add') {
            deletions.add(one.ref, one.time, one.time + one.more);
            model.set(one.ref, addInterval(model.get(one.ref) ?? [], one.time, one.time + one.more));
          } else if (one.kind === 'forget') {
            deletions.forget(one.ref);
            model.delete(one.ref);
          } else {
            for (const _ of deletions.truncate(one.before));
            for (const [known, intervals] of model) {
              const left = intervals.filter((_, i) => intervals[i | 1]! >= one.before);
              if (left.length > 0) model.set(known, left);
              else model.delete(known);
            }
          }
          expect(deletions.size).toBe(model.size);
        }
        const found = new Map([...deletions.pages()].flatMap((page) => [...page]));
        expect(found).toEqual(model);
        for (const [known, intervals] of model) expect(deletions.of(known)).toEqual(intervals);
        expect(deletions.of(99)).toEqual([]);
      }),
    );
  });
});

describe('DeletedTimes', () => {
  it('has the intervals of each place, and none of others', () => {
    const intervals = fc.uniqueArray(time, { minLength: 1, maxLength: 5 }).map((times) => {
      return times.reduce<Intervals>((all, one) => addInterval(all, 2 * one, 2 * one), []);
    });
    fc.assert(
      fc.property(fc.dictionary(fc.nat(500).map(String), intervals, { maxKeys: 150 }), (wanted) => {
        const builder = new DeletedTimesBuilder();
        for (const place of Object.keys(wanted)) builder.add(Number(place), wanted[place]!);
        const deleted = builder.take();
        expect(deleted === null).toBe(Object.keys(wanted).length === 0);
        for (let place = 0; place <= 501; place++) {
          expect(deletedTimesAt(deleted, place)).toEqual(wanted[String(place)] ?? []);
        }
      }),
    );
  });
});
