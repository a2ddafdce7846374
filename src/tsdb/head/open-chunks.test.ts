import { describe, expect, it } from 'vitest';
import { HeadMemory } from './head-memory.ts';
import { OpenChunks } from './open-chunks.ts';
import { NEWEST_SEALED, OPEN_COUNT, OPEN_EXTENT } from './series-table.ts';

const RANGE = 7_200_000;
/** Of samples for each chunk; of less than four no end is predicted. */
const TARGETS = [120, 60, 7, 3, 1, 500];

describe('OpenChunks', () => {
  it('cuts a regular series at about 120 samples, evenly over the range', () => {
    // 15 s: 480 samples in two hours.
    expect(chunkSizes(every(15_000, 1440))).toEqual([120, 120, 120, 120, 120, 120, 120, 120, 120, 120, 120, 120]);
    // 60 s: 120 samples in two hours.
    expect(chunkSizes(every(60_000, 300))).toEqual([120, 120, 60]);
    // 10 s: 720 samples, six chunks.
    expect(chunkSizes(every(10_000, 720))).toEqual([120, 120, 120, 120, 120, 120]);
    expect(chunkSizes(every(60_000, 240), 60)).toEqual([60, 60, 60, 60]);
  });

  it('cuts as the rule says for any rate and phase', () => {
    for (const [step, first] of [
      [7000, 123],
      [15_000, 7_100_000],
      [33_333, 5],
      [1, 0],
      [120_000, 1],
      [1000, 0],
      [15_000, -3_000_000],
    ]) {
      const times = every(step!, 700, first!);
      for (const target of TARGETS) expect(chunkSizes(times, target)).toEqual(sizesByRule(times, target));
    }
    const accelerating = Array.from(
      { length: 900 },
      (_, i) => 60_000 * 40 + (i < 40 ? 60_000 * (i - 40) : 10 * (i - 39)),
    );
    for (const target of TARGETS) expect(chunkSizes(accelerating, target)).toEqual(sizesByRule(accelerating, target));
  });

  it('cuts a chunk of incompressible values before it passes 1 KiB', () => {
    const memory = new HeadMemory();
    const row = memory.series.create(1, 0);
    const chunks = new OpenChunks(memory, RANGE);
    let seed = 1;
    for (let i = 0; i < 1000; i++) {
      seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
      chunks.append(row, 1000 * i + (seed % 900), seed, Math.imul(seed, 2654435761));
    }
    const sealed = sealedOf(memory, row);
    expect(sealed.length).toBeGreaterThan(5);
    for (const chunk of sealed) {
      expect(chunk.bytes.length).toBeGreaterThan(1005);
      expect(chunk.bytes.length).toBeLessThanOrEqual(1024);
    }
  });

  it('gives the memory of outgrown and moved extents back', () => {
    const memory = new HeadMemory();
    const row = memory.series.create(1, memory.labelLog.append(Uint32Array.of(0), 1));
    const chunks = new OpenChunks(memory, RANGE);
    for (const [i, time] of every(15_000, 1440).entries()) chunks.append(row, time, i * 2654435761, 1e9 + i);
    const sealedBytes = sealedOf(memory, row).reduce((sum, chunk) => sum + Math.ceil(chunk.bytes.length / 16) * 16, 0);
    expect(memory.extents.usedBytes - sealedBytes).toBeLessThanOrEqual(1024);
    memory.retireRow(row);
    expect(memory.extents.usedBytes).toBe(0);
    expect(memory.sealed.count).toBe(0);
  });

  it('numbers what it writes with the count in the chunk itself', () => {
    const memory = new HeadMemory();
    const row = memory.series.create(1, 0);
    const chunks = new OpenChunks(memory, RANGE);
    for (const time of every(15_000, 300)) chunks.append(row, time, 1, 2);
    for (const { bytes, count } of sealedOf(memory, row)) {
      expect(new DataView(bytes.buffer, bytes.byteOffset).getUint16(0)).toBe(count);
    }
  });
});

function every(step: number, count: number, first = 0): number[] {
  return Array.from({ length: count }, (_, i) => first + step * i);
}

/** Samples in each chunk, oldest first, the open one included; the same whether they come one by one or in runs. */
function chunkSizes(times: readonly number[], target?: number): number[] {
  const [single, run] = [new HeadMemory(), new HeadMemory()];
  const chunks = new OpenChunks(single, RANGE, target);
  const row = single.series.create(1, 0);
  for (const time of times) chunks.append(row, time, 1, 0);
  const sizes = sizesOf(single, row);

  const bits = Uint32Array.from(times.flatMap(() => [1, 0]));
  const order = Uint32Array.from(times, (_, i) => i);
  const half = times.length >> 1;
  const inRuns = new OpenChunks(run, RANGE, target);
  run.series.create(1, 0);
  for (const [from, to] of [
    [0, half],
    [half, times.length],
  ]) {
    inRuns.reserve(times.length);
    expect(inRuns.appendRun(row, Float64Array.from(times), bits, order, from!, to!)).toBe(to);
  }
  expect(sizesOf(run, row)).toEqual(sizes);
  return sizes;
}

function sizesOf(memory: HeadMemory, row: number): number[] {
  const sizes = sealedOf(memory, row).map((chunk) => chunk.count);
  const words = memory.series.records.words[0]!;
  expect(words[16 * row + OPEN_EXTENT]).toBeGreaterThan(0);
  return [...sizes, words[16 * row + OPEN_COUNT]!];
}

function sealedOf(memory: HeadMemory, row: number) {
  const chunks = [];
  for (let chunk = memory.series.records.words[0]![16 * row + NEWEST_SEALED]!; chunk !== 0; ) {
    const sealed = memory.sealed.get(chunk, null);
    chunks.unshift(sealed);
    chunk = sealed.older;
  }
  return chunks;
}

/** The rule in plain words, for values that never change (so that no chunk grows too large). */
function sizesByRule(times: readonly number[], target: number): number[] {
  const quarter = Math.floor(target / 4);
  const chunks: number[][] = [];
  let end = 0;
  for (const time of times) {
    const chunk = chunks.at(-1);
    if (chunk?.length === quarter) {
      const span = chunk.at(-1)! - chunk[0]! + 1;
      const parts = Math.floor((end - chunk[0]!) / (span * 4));
      if (parts > 1) end = Math.trunc(chunk[0]! + (end - chunk[0]!) / parts);
    }
    if (chunk !== undefined && time < end && chunk.length < 2 * target) {
      chunk.push(time);
      continue;
    }
    chunks.push([time]);
    end = (Math.trunc(time / RANGE) + 1) * RANGE;
  }
  return chunks.map((chunk) => chunk.length);
}
