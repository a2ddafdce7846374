import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../std/manual-clock.ts';
import { createSampleColumn, reserveSampleColumn, type SampleColumn } from '../../storage/query.ts';
import { DecodedChunks, fileOfBlock, fileOfHead } from './decoded-chunks.ts';

const SLAB_BYTES = 1024 * 1280;

describe('DecodedChunks', () => {
  it('gives a chunk that was decoded twice back, bit for bit, behind what a column has', () => {
    fc.assert(
      fc.property(
        fc.nat(),
        fc.nat(2 ** 32 - 1),
        samples,
        samples,
        fc.boolean(),
        (file, offset, own, before, starts) => {
          const kept = new DecodedChunks(SLAB_BYTES, new ManualClock());
          const number = fileOfBlock(file % 2 ** 18);
          const [column, expected] = [columnOf(before), columnOf([...before, ...own])];
          if (starts) for (const one of [column, expected]) one.startTimes = new Float64Array(one.times.length);
          for (let times = 0; times < 2; times++) {
            expect(kept.find(number, offset, column)).toBe(false);
            kept.note(number, offset, columnOf([...before, ...own]), before.length);
          }
          const isKept = own.length > 0 && own.length <= 160;
          expect(kept.find(number, offset, column)).toBe(isKept);
          if (isKept) expect(contentOf(column)).toEqual(contentOf(expected));
        },
      ),
    );
  });

  it('keeps apart what lies at one offset of several files', () => {
    const kept = new DecodedChunks(SLAB_BYTES, new ManualClock());
    const files = [fileOfBlock(1), fileOfHead(1), fileOfBlock(2), fileOfHead(0)];
    for (const file of [...files, ...files]) kept.note(file, 8, columnOf([{ time: file, low: file, high: 0 }]), 0);
    for (const file of files) {
      const column = createSampleColumn(0);
      expect(kept.find(file, 8, column)).toBe(true);
      expect(contentOf(column)).toEqual([{ time: file, low: file, high: 0 }]);
    }
  });

  it('takes no more memory than it may, and still has some of what is asked for in turn', () => {
    const kept = new DecodedChunks(SLAB_BYTES, new ManualClock());
    const chunks = 3000;
    let found = 0;
    for (let round = 0; round < 6; round++) {
      for (let chunk = 0; chunk < chunks; chunk++) {
        const column = createSampleColumn(0);
        if (kept.find(1, 100 * chunk, column)) {
          expect(column.times[0]).toBe(chunk);
          if (round === 5) found++;
        } else kept.note(1, 100 * chunk, columnOf([{ time: chunk, low: chunk, high: 0 }]), 0);
      }
    }
    expect(kept.bytes).toBeLessThanOrEqual(SLAB_BYTES);
    expect(found).toBeGreaterThan(chunks / 8);
  });

  it('has all chunks of a small query when it comes the third time, where all is full', () => {
    const kept = new DecodedChunks(SLAB_BYTES, new ManualClock());
    const ask = (from: number, to: number): number => {
      let found = 0;
      kept.begin();
      for (let chunk = from; chunk < to; chunk++) {
        if (kept.find(1, 100 * chunk, createSampleColumn(0))) found++;
        else kept.note(1, 100 * chunk, columnOf([{ time: chunk, low: chunk, high: 0 }]), 0);
      }
      return found;
    };
    for (let round = 0; round < 4; round++) ask(0, 3000);
    expect([ask(5000, 5040), ask(5000, 5040), ask(5000, 5040)]).toEqual([0, 0, 40]);
    expect(kept.bytes).toBeLessThanOrEqual(SLAB_BYTES);
  });

  it('gives its memory back a minute after it was last asked', () => {
    const clock = new ManualClock();
    const kept = new DecodedChunks(SLAB_BYTES, clock);
    const column = columnOf([{ time: 5, low: 1, high: 2 }]);
    for (let i = 0; i < 2; i++) kept.note(3, 8, column, 0);
    clock.advance(59_000);
    expect(kept.find(3, 8, createSampleColumn(0))).toBe(true);
    clock.advance(59_000);
    expect(kept.find(3, 8, createSampleColumn(0))).toBe(true);
    expect(kept.bytes).toBeGreaterThan(0);
    clock.advance(121_000);
    expect(kept.bytes).toBe(0);
    expect(kept.find(3, 8, createSampleColumn(0))).toBe(false);
    for (let i = 0; i < 2; i++) kept.note(3, 8, column, 0);
    expect(kept.find(3, 8, createSampleColumn(0))).toBe(true);
  });
});

interface Sample {
  readonly time: number;
  readonly low: number;
  readonly high: number;
}

/** Times in even steps or not; any bits as values. */
const samples: fc.Arbitrary<Sample[]> = fc
  .record({
    first: fc.integer({ min: -(2 ** 45), max: 2 ** 45 }),
    steps: fc.oneof(
      fc.tuple(fc.nat(164), fc.integer({ min: 1, max: 2 ** 23 })).map(([n, step]) => new Array<number>(n).fill(step)),
      fc.array(fc.integer({ min: 1, max: 2 ** 16 }), { maxLength: 164 }),
    ),
    seed: fc.nat(),
  })
  .map(({ first, steps, seed }) => {
    let time = first;
    return steps.map((step, i) => {
      time += step;
      return { time, low: Math.imul(seed + i, 0x9e3779b1) >>> 0, high: Math.imul(seed ^ i, 0x85ebca6b) >>> 0 };
    });
  });

function columnOf(list: readonly Sample[]): SampleColumn {
  const column = createSampleColumn(0);
  reserveSampleColumn(column, list.length);
  column.length = list.length;
  for (const [i, { high, low, time }] of list.entries()) {
    column.times[i] = time;
    column.bits[2 * i] = low;
    column.bits[2 * i + 1] = high;
  }
  return column;
}

function contentOf({ bits, length, startTimes, times }: SampleColumn): Sample[] {
  if (startTimes !== null) expect(startTimes.subarray(0, length).every((time) => time === 0)).toBe(true);
  return Array.from({ length }, (_, i) => ({ time: times[i]!, low: bits[2 * i]!, high: bits[2 * i + 1]! }));
}
