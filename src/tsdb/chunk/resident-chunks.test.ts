import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ResidentChunks, ResidentRecords } from './resident-chunks.ts';

const RECORD_BYTES = 32;
const TABLE_ENTRIES = 1 << 18;

/** A table of chunks whose record in memory is the number plus a million and whose size is 100 bytes. */
function create(bytesMax: number): { resident: ResidentChunks; retired: number[]; reader: ResidentRecords } {
  const retired: number[] = [];
  const resident = new ResidentChunks(
    bytesMax,
    () => 100,
    (chunk) => retired.push(chunk),
  );
  const reader = new ResidentRecords();
  return { resident, retired, reader };
}

test('the chunks that came last stay', () => {
  const { resident, retired, reader } = create(3 * (100 + RECORD_BYTES));
  expect(resident.find(1)).toBe(0);
  for (const chunk of [1, 2, 3, 4, 5]) resident.add(chunk, 1_000_000 + chunk);
  for (const buffer of resident.buffers) reader.attach(buffer);
  expect([1, 2, 3, 4, 5].map((chunk) => reader.find(chunk))).toEqual([0, 0, 1_000_003, 1_000_004, 1_000_005]);
  expect(retired).toEqual([1_000_001, 1_000_002]);
  expect(resident.bytes).toBe(3 * (100 + RECORD_BYTES));
});

test('a chunk that is gone is not found, and its number may come again', () => {
  const { resident, retired } = create(1000);
  resident.add(7, 1_000_007);
  resident.forget(7);
  resident.forget(7);
  resident.forget(8);
  expect(resident.find(7)).toBe(0);
  expect(retired).toEqual([1_000_007]);
  resident.add(7, 1_000_008);
  expect(resident.find(7)).toBe(1_000_008);
});

test('two chunks that share an entry: the later one stays', () => {
  const { resident, retired } = create(1000);
  resident.add(5, 1_000_005);
  resident.add(5 + TABLE_ENTRIES, 2_000_005);
  expect(resident.find(5)).toBe(0);
  expect(resident.find(5 + TABLE_ENTRIES)).toBe(2_000_005);
  expect(retired).toEqual([1_000_005]);
});

test('whatever comes and goes, what is not kept is retired once and the bytes are those of what is kept', () => {
  const number = fc.nat({ max: 12 }).map((n) => 1 + (n % 4) + TABLE_ENTRIES * Math.floor(n / 4));
  const steps = fc.array(fc.tuple(fc.constantFrom('add', 'forget'), number), { maxLength: 60 });
  fc.assert(
    fc.property(steps, fc.nat({ max: 8 }), (list, room) => {
      const { resident, retired } = create(room * (100 + RECORD_BYTES));
      let next = 0;
      for (const [what, chunk] of list) {
        if (what === 'forget') resident.forget(chunk);
        else resident.add(chunk, 1_000_000 + next++);
      }
      const numbers = [1, 2, 3, 4].flatMap((n) => [0, 1, 2, 3].map((round) => n + TABLE_ENTRIES * round));
      const kept = numbers.map((chunk) => resident.find(chunk)).filter((found) => found !== 0);
      expect(resident.bytes).toBe(kept.length * (100 + RECORD_BYTES));
      expect([...kept, ...retired].toSorted()).toEqual(Array.from({ length: next }, (_, i) => 1_000_000 + i));
    }),
    { numRuns: 200 },
  );
});
