import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RecordSlabs } from './shared-records.ts';
import { EMPTY_SYMBOL, NO_SYMBOL, SymbolTable } from './symbol-table.ts';
import { SymbolTexts } from './symbol-texts.ts';

describe('SymbolTable', () => {
  it('numbers distinct strings in the order of arrival and gives them back', () => {
    fc.assert(
      fc.property(fc.array(text, { maxLength: 3000, size: 'max' }), (list) => {
        const table = new SymbolTable();
        const ids = new Map<string, number>([['', EMPTY_SYMBOL]]);
        for (const [i, one] of list.entries()) {
          const expected = ids.get(one) ?? NO_SYMBOL;
          expect(table.find(one)).toBe(expected);
          const bytes = Buffer.from(`x${one}x`);
          const ways = [
            () => table.add(one),
            () => table.addName(one),
            () => table.addBytes(viewOf(bytes), 1, bytes.length - 1),
          ];
          const id = ways[i % 3]!();
          expect(id).toBe(expected === NO_SYMBOL ? ids.size : expected);
          ids.set(one, id);
        }
        expect(table.count).toBe(ids.size);
        for (const [one, id] of ids) expect(table.text(id)).toBe(one);
      }),
      { numRuns: 20 },
    );
  });

  it('takes symbols out, and gives their bytes but not their ids to others', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(text, fc.boolean()), { maxLength: 400, size: 'max' }), (list) => {
        const table = new SymbolTable();
        const ids = new Map<string, number>([['', EMPTY_SYMBOL]]);
        let given = 1;
        for (const [i, [one, isRemoved]] of list.entries()) {
          const known = ids.get(one);
          if (isRemoved && known !== undefined && one !== '') {
            table.remove(known);
            table.remove(known);
            ids.delete(one);
            continue;
          }
          const bytes = Buffer.from(one);
          const id = i % 2 === 0 ? table.addBytes(viewOf(bytes), 0, bytes.length) : table.addName(one);
          expect(id).toBe(known ?? given++);
          ids.set(one, id);
        }
        expect([table.count, table.liveCount]).toEqual([given, ids.size]);
        expect(table.textBytes).toBe([...ids.keys()].reduce((sum, one) => sum + Buffer.byteLength(one), 0));
        for (const [one, id] of ids) expect([table.text(id), table.find(one)]).toEqual([one, id]);
        for (const [one] of list) if (!ids.has(one)) expect(table.find(one)).toBe(NO_SYMBOL);
      }),
      { numRuns: 60 },
    );
  });

  it('gives the ids of removed symbols to others when there are many of them, and says so first', () => {
    const steps = fc.array(fc.tuple(text, fc.boolean()), { maxLength: 400, size: 'max' });
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 40 }), (list, deadIdsMin) => {
        const table = new SymbolTable(deadIdsMin);
        // Keeps what it has seen until it is told, as a reader in another thread does.
        const reader = readerOf(table);
        const ids = new Map<string, number>([['', EMPTY_SYMBOL]]);
        let most = 1;
        for (const [one, isRemoved] of list) {
          const known = ids.get(one);
          if (!isRemoved) {
            const id = table.add(one);
            if (known === undefined) expect(new Set(ids.values()).has(id)).toBe(false);
            ids.set(one, id);
          } else if (known !== undefined && one !== '') {
            table.remove(known);
            ids.delete(one);
            // Whoever asks for an id that nobody has must not spoil it for the next.
            expect(table.text(known)).toBe('');
          }
          most = Math.max(most, ids.size);
          for (const [each, id] of ids) expect(reader.text(id)).toBe(each);
          expect(table.liveCount).toBe(ids.size);
        }
        expect(table.count).toBeLessThanOrEqual(most + deadIdsMin);
        for (const [one, id] of ids) expect([table.text(id), table.find(one)]).toEqual([one, id]);
      }),
      { numRuns: 15 },
    );
  });

  it('orders symbols by their UTF-8 bytes', () => {
    fc.assert(
      fc.property(fc.array(text, { maxLength: 60 }), (list) => {
        const table = new SymbolTable();
        const ids = [...new Set(list)].map((one) => table.add(one));
        const sorted = ids.sort((a, b) => table.compare(a, b)).map((id) => table.text(id));
        expect(sorted).toEqual([...new Set(list)].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))));
      }),
      { numRuns: 50 },
    );
  });

  it('takes strings that are longer than a slab, and a byte order mark', () => {
    const table = new SymbolTable();
    const long = 'é'.repeat(6_000_000);
    const ids = [table.add('\ufeffa'), table.add(long), table.add('after')];
    expect(ids.map((id) => table.text(id))).toEqual(['\ufeffa', long, 'after']);
    expect(table.find(long)).toBe(ids[1]);
    expect(table.textBytes).toBe(4 + 12_000_000 + 5);
  });
});

/** The texts of a table as another thread sees them, which gets slabs as they come. */
function readerOf(table: SymbolTable): { text(id: number): string } {
  const texts = new SymbolTexts(new RecordSlabs());
  texts.reuses.attach(table.reuses.buffers[0]!);
  return {
    text(id) {
      for (const buffer of table.buffers.slice(texts.buffers.length)) texts.attach(buffer);
      for (const buffer of table.records.buffers.slice(texts.records.buffers.length)) texts.records.attach(buffer);
      return texts.text(id);
    },
  };
}

const text = fc.oneof(
  fc.integer({ min: 0, max: 500 }).map(String),
  fc.string({ maxLength: 8 }),
  fc.string({ unit: 'binary', maxLength: 8 }),
  fc.constantFrom('é', '\uffee', '😀', 'a\u0000b'),
);

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
