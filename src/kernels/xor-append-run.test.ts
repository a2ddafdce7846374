import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { xorAppendRun } from './xor-append-run.ts';
import { XOR_STATE_COUNT, xorAppend, xorBegin, xorByteLength } from './xor-encode.ts';

interface Sample {
  readonly time: number;
  readonly low: number;
  readonly high: number;
}

function chunk() {
  const doubles = new Float64Array(16);
  const words = new Uint32Array(doubles.buffer);
  const bytes = new Uint8Array(4096);
  doubles[8] = Number.NEGATIVE_INFINITY;
  xorBegin(bytes, 100, words, 8);
  return { bytes, doubles, words };
}

type Chunk = ReturnType<typeof chunk>;

function appendOne({ bytes, doubles, words }: Chunk, { time, low, high }: Sample): void {
  xorAppend(bytes, 100, doubles, words, 8, time, low, high);
}

/** Appends with the run kernel as far as it goes, and one by one where it does not. */
function appendRun(to: Chunk, samples: readonly Sample[], pieces: readonly number[]): void {
  // Places in a shuffled order, as a batch has them.
  const order = Uint32Array.from(samples, (_, i) => samples.length - 1 - i);
  const times = new Float64Array(samples.length);
  const bits = new Uint32Array(2 * samples.length);
  for (const [i, { time, low, high }] of samples.entries()) {
    times[order[i]!] = time;
    bits.set([low, high], 2 * order[i]!);
  }
  const limits = { nextCut: Number.POSITIVE_INFINITY, countMax: 60_000, bytesMax: 3500 };
  for (let from = 0, piece = 0; from < samples.length; piece++) {
    const end = Math.min(samples.length, from + 1 + (pieces[piece % pieces.length] ?? 0));
    const next = xorAppendRun(to.bytes, 100, 3900, to.doubles, to.words, 8, times, bits, order, from, end, limits);
    if (next === from) appendOne(to, samples[from]!);
    from = Math.max(from + 1, next);
  }
}

const word = fc.oneof(fc.constantFrom(0, 1, 0x7ff00000, 0x80000000, 0xffffffff, 0x7ff8), fc.nat(0xffffffff));
const step = fc.oneof(
  fc.constantFrom(1, 15_000, 15_001, 14_999, 8192, 65_537, 524_289, 2 ** 40, 2 ** 51, 2 ** 51 + 1),
  fc.integer({ min: 1, max: 1e6 }),
);
const samples = fc
  .tuple(
    fc.integer({ min: -(2 ** 52), max: 2 ** 40 }),
    fc.array(fc.tuple(step, word, word), { minLength: 1, maxLength: 120 }),
  )
  .map(([first, steps]) => {
    let time = first;
    return steps
      .map(([delta, low, high], i): Sample => ({ time: (time += i === 0 ? 0 : delta), low, high }))
      .filter((sample) => Number.isSafeInteger(sample.time));
  });

test('xorAppendRun() writes the bytes and the state that xorAppend() writes', () => {
  fc.assert(
    fc.property(samples, fc.array(fc.nat(20), { minLength: 1, maxLength: 5 }), (given, pieces) => {
      const expected = chunk();
      for (const sample of given) appendOne(expected, sample);
      const actual = chunk();
      appendRun(actual, given, pieces);
      const end = 100 + xorByteLength(expected.words, 8);
      expect(actual.bytes.subarray(0, end)).toEqual(expected.bytes.subarray(0, end));
      expect(actual.words).toEqual(expected.words);
    }),
    { numRuns: 300 },
  );
});

test('xorAppendRun() ends before what the limits do not allow', () => {
  const times = Float64Array.from({ length: 50 }, (_, i) => 1000 * i);
  const bits = new Uint32Array(100);
  const order = Uint32Array.from({ length: 50 }, (_, i) => i);
  const appended = (limits: { nextCut?: number; countMax?: number; bytesMax?: number }, capacity = 1000): number => {
    const to = chunk();
    for (let i = 0; i < 2; i++) appendOne(to, { time: times[i]!, low: 0, high: 0 });
    const all = { nextCut: Number.POSITIVE_INFINITY, countMax: 1000, bytesMax: 1000, ...limits };
    const next = xorAppendRun(to.bytes, 100, capacity, to.doubles, to.words, 8, times, bits, order, 2, 50, all);
    expect(to.words[2 * 8 + XOR_STATE_COUNT]).toBe(next);
    return next;
  };
  expect(appended({})).toBe(50);
  expect(appended({ nextCut: 20_000 })).toBe(20);
  expect(appended({ countMax: 30 })).toBe(30);
  expect(appended({ countMax: 2 })).toBe(2);
  // Two bits a sample behind the first two.
  expect(appended({ bytesMax: 15 })).toBe(10);
  expect(appended({}, 34)).toBe(appended({ bytesMax: 15 }));
});
