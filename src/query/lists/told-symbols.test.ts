import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ToldSymbols } from './told-symbols.ts';

test('ToldSymbols tells each symbol once', () => {
  const symbol = fc.oneof(fc.nat(100), fc.nat(2 ** 22), fc.constantFrom(31, 32, 63, 32_767, 32_768, 2 ** 22));
  fc.assert(
    fc.property(fc.array(fc.uniqueArray(symbol)), (lists) => {
      const told = new ToldSymbols();
      const before = new Set<number>();
      for (const list of lists) {
        const wanted = list.filter((each) => !before.has(each));
        expect([...told.fresh(Uint32Array.from(list))]).toEqual(wanted);
        for (const each of list) before.add(each);
      }
    }),
  );
});
