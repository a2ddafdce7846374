import fc from 'fast-check';
import { expect, it } from 'vitest';
import { RowLists } from './row-lists.ts';

interface Kept {
  place: number;
  entries: number[];
}

it('keeps what lists were given, whatever others do, short and long ones', () => {
  const step = fc.record({
    list: fc.nat(5),
    kind: fc.constantFrom('append', 'append', 'append', 'shrink', 'drop'),
    // Long enough for lists with arrays of their own, and to fill slabs.
    count: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.constantFrom(17_000, 40_000)),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const lists = new RowLists();
      const kept = new Map<number, Kept>();
      let next = 0;
      for (const { count, kind, list } of steps) {
        const known = kept.get(list);
        if (kind === 'append') {
          const one = known ?? { place: lists.create(next++, next++), entries: [next - 2, next - 1] };
          kept.set(list, one);
          for (let i = 0; i < count; i++) {
            one.place = lists.append(one.place, one.entries.length, next);
            one.entries.push(next++);
          }
          expect(lists.last(one.place, one.entries.length)).toBe(next - 1);
        } else if (known !== undefined && kind === 'shrink' && known.entries.length > count + 2) {
          const left = known.entries.length - count;
          known.place = lists.shrink(known.place, known.entries.length, left);
          known.entries.length = left;
        } else if (known !== undefined && kind === 'drop') {
          lists.drop(known.place, known.entries.length);
          kept.delete(list);
        }
      }
      for (const { entries, place } of kept.values()) {
        expect(lists.view(place, entries.length)).toEqual(Uint32Array.from(entries));
      }
    }),
    { numRuns: 40 },
  );
});

it('takes hardly more memory for long lists than their entries do', () => {
  const lists = new RowLists();
  let place = lists.create(0, 1);
  const count = 300_000;
  for (let i = 2; i < count; i++) place = lists.append(place, i, i);
  // One slab for what is short.
  expect(lists.bytes - 4 * 2 ** 22).toBeLessThan(4 * 1.13 * count);
});
