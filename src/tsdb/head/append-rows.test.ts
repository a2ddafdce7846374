import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type KernelMemory, ownSlab, type SlabSource, slabAddress } from '../../memory/kernel-memory.ts';
import { HeadMemory } from './head-memory.ts';
import { OpenChunks } from './open-chunks.ts';
import { OPEN_COUNT, OPEN_EXTENT, OPEN_UNITS } from './series-table.ts';
import { TransactionRows } from './transaction-rows.ts';

const RANGE = 7_200_000;

function head(rowCount: number, target: number) {
  const memory = new HeadMemory();
  for (let row = 0; row < rowCount; row++) memory.series.create(row + 1, 0);
  return { memory, chunks: new OpenChunks(memory, RANGE, target) };
}

/** All samples of a row as its chunks hold them, but for which extents they are in. */
function contents(memory: HeadMemory, row: number) {
  const words = memory.series.records.words[0]!;
  const sealed = memory.sealedChain(row).map((chunk) => {
    const { bytes, count, encoding, firstTime, lastTime } = memory.sealed.get(chunk, null);
    return { bytes: [...bytes], count, encoding, firstTime, lastTime };
  });
  const record = [...words.subarray(16 * row, 16 * row + 16)];
  const extent = record[OPEN_EXTENT]!;
  const start = (extent & 0xfffff) * 16;
  const open = [
    ...memory.extents.bytes[extent >>> 20]!.subarray(start + 2, start + (((record[6]! & 0xffff) + 7) >>> 3)),
  ];
  record[OPEN_EXTENT] = 0;
  record[OPEN_UNITS] = 0;
  return { sealed, record, open };
}

const value = fc.oneof(
  fc.constantFrom(0, 1, 2, -0, 0.1, 1e300, 5e-324, Number.NaN, Number.POSITIVE_INFINITY),
  fc.nat(100_000),
  fc.double(),
);
const step = fc.oneof(
  { arbitrary: fc.constant(15_000), weight: 8 },
  { arbitrary: fc.constantFrom(1, 14_998, 15_001, 40_000, 120_000, 700_000, 3_000_000), weight: 1 },
);
const scrapes = fc.array(fc.tuple(step, fc.array(value, { minLength: 1, maxLength: 9 })), {
  minLength: 1,
  maxLength: 400,
});

/** Varints of one byte to eight. */
const firstTime = fc.constantFrom(
  0,
  -1,
  40,
  -70,
  1_000_000,
  1_700_000_000_000,
  -62_135_596_800_000,
  -(2 ** 53) + 1,
  2 ** 52,
);

/** Leaves no address for further slabs. */
function takeAddresses(memory: KernelMemory): void {
  const page = memory.allocate(1);
  const rest = memory.allocate(2 ** 32 - slabAddress(page) - 65_536);
  expect(slabAddress(rest)).toBeGreaterThan(0);
  expect(slabAddress(memory.allocate(1))).toBe(0);
}

/** One after the other, in columns that the kernel reaches or does not. */
function transactionOf(source: SlabSource, rowCount: number): TransactionRows {
  const transaction = new TransactionRows(source);
  transaction.reserve(rowCount, rowCount, 0);
  return transaction;
}

describe.each([
  { way: 'the kernel', isKernel: true, isFull: false, target: 120 },
  { way: 'the kernel that does not reach the chunks', isKernel: true, isFull: true, target: 120 },
  { way: 'JavaScript', isKernel: false, isFull: false, target: 120 },
  { way: 'neither, for another number of samples', isKernel: true, isFull: false, target: 60 },
])('appendRows() by $way', ({ isKernel, isFull, target }) => {
  it('leaves the chunks that samples appended one by one leave', () => {
    fc.assert(
      fc.property(scrapes, fc.integer({ min: 1, max: 150 }), firstTime, (taken, rowCount, start) => {
        const together = head(rowCount, target);
        const single = head(rowCount, target);
        const source = isKernel ? together.memory.kernelMemory.allocate : ownSlab;
        const transaction = transactionOf(source, rowCount);
        expect(together.chunks.kernel.reaches(transaction)).toBe(isKernel);
        if (isFull) takeAddresses(together.memory.kernelMemory);
        const { rows, times, bits } = transaction;
        let time = start;
        for (const [after, some] of taken) {
          time += after;
          for (let k = 0; k < rowCount; k++) {
            const i = (k + 1) % rowCount;
            rows[k] = rowCount - 1 - k;
            times[k] = time + (i % 3);
            const value = some[i % some.length]! + (i % 5 === 0 ? 0 : i);
            bits.set(new Uint32Array(Float64Array.of(value).buffer), 2 * k);
          }
          together.chunks.reserve(rowCount);
          together.chunks.appendRows(transaction, 0, rowCount);
          for (let k = 0; k < rowCount; k++) {
            single.chunks.append(rows[k]!, times[k]!, bits[2 * k]!, bits[2 * k + 1]!);
          }
        }
        for (let row = 0; row < rowCount; row += 7) {
          expect(contents(together.memory, row)).toEqual(contents(single.memory, row));
          expect(together.memory.series.records.words[0]![16 * row + OPEN_COUNT]).toBeGreaterThan(0);
        }
      }),
      { numRuns: isFull ? 10 : 40 },
    );
  });
});
