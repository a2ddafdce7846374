import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { XOR2_MALFORMED, XOR2_TIME_OUT_OF_RANGE, XOR2_TRUNCATED, xor2Decode } from './xor2-decode.ts';

/** A sample as a test writes it: the value by its bits, the start time 0 where it has none. */
interface Sample {
  readonly time: number;
  readonly value: bigint;
  readonly start: number;
}

const STALE = 0x7ff0000000000002n;

describe('xor2Decode()', () => {
  it('reads what an independent writer wrote, with start times and without', () => {
    fc.assert(
      fc.property(chunks, (samples) => {
        const chunk = xor2Chunk(samples);
        expect(decode(chunk, samples.length)).toEqual(samples);
      }),
      { numRuns: 500 },
    );
  });

  it('reads the steps at the edges of their forms', () => {
    for (const dod of [-4097, -4096, 4095, 4096, -524289, -524288, 524287, 524288, 2 ** 40, -(2 ** 40)]) {
      const samples = [0, 2 ** 41, 2 ** 42 + dod, 3 * 2 ** 41 + 2 * dod].map((time) => ({ time, value: 7n, start: 0 }));
      expect(decode(xor2Chunk(samples), 4)).toEqual(samples);
    }
  });

  it('stops at every truncated byte', () => {
    const samples = Array.from({ length: 140 }, (_, i) => ({
      time: 1000 * i + (i % 3),
      value: BigInt(i * i) << 40n,
      start: i > 20 ? 500 : 0,
    }));
    const chunk = xor2Chunk(samples);
    for (let size = 0; size < chunk.length; size++) {
      const code = run(chunk.subarray(0, size), samples.length).code;
      expect([XOR2_TRUNCATED, XOR2_MALFORMED]).toContain(code);
    }
    expect(run(chunk, samples.length).code).toBe(chunk.length);
  });

  it('survives any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.integer({ min: 0, max: 300 }), (bytes, count) => {
        expect(run(bytes, count).code).toBeLessThanOrEqual(bytes.length);
      }),
      { numRuns: 1000 },
    );
  });

  it('refuses times that a double does not hold exactly', () => {
    const chunk = xor2Chunk([
      { time: 2 ** 52, value: 1n, start: 0 },
      { time: 2 ** 53 + 2 ** 52, value: 1n, start: 0 },
    ]);
    expect(run(chunk, 2).code).toBe(XOR2_TIME_OUT_OF_RANGE);
  });
});

const value = fc.oneof(
  fc.constantFrom(0n, STALE, 0x8000000000000000n, 0x7ff8000000000001n, 0x7ff0000000000000n, 0x3ff0000000000000n),
  fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
);
const chunks: fc.Arbitrary<Sample[]> = fc
  .record({
    first: fc.oneof(fc.integer({ min: -(2 ** 50), max: 2 ** 50 }), fc.constant(1_700_000_000_000)),
    steps: fc.array(
      fc.record({
        delta: fc.oneof(fc.constant(15_000), fc.integer({ min: 1, max: 30_000 }), fc.integer({ min: 1, max: 2 ** 40 })),
        value: fc.oneof(value, fc.constant(null)),
        start: fc.oneof({ weight: 9, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: fc.nat(2 ** 40) }),
      }),
      { minLength: 1, maxLength: 200, size: 'max' },
    ),
  })
  .map(({ first, steps }) => {
    const samples: Sample[] = [];
    let time = first;
    for (const step of steps) {
      const last = samples.at(-1);
      samples.push({ time, value: step.value ?? last?.value ?? 0n, start: step.start ?? last?.start ?? 0 });
      time += step.delta;
    }
    return samples;
  });

function run(chunk: Uint8Array, count: number) {
  const times = new Float64Array(count);
  const bits = new Uint32Array(2 * count);
  const starts = new Float64Array(count);
  return { code: xor2Decode(chunk, 0, chunk.length, count, times, bits, starts, 0), times, bits, starts };
}

function decode(chunk: Uint8Array, count: number): Sample[] {
  const { bits, code, starts, times } = run(chunk, count);
  expect(code).toBe(chunk.length);
  return Array.from(times, (time, i) => ({
    time,
    value: (BigInt(bits[2 * i + 1]!) << 32n) | BigInt(bits[2 * i]!),
    start: starts[i]! + 0,
  }));
}

/** Writes a chunk as the format page says, as a string of bits. */
function xor2Chunk(samples: readonly Sample[]): Uint8Array {
  let bits = '';
  let baseline = 0n;
  let window: { leading: number; trailing: number } | null = null;
  const put = (number: bigint, size: number): void => {
    bits += BigInt.asUintN(size, number).toString(2).padStart(size, '0');
  };
  const putUvarint = (number: bigint): void => {
    let rest = BigInt.asUintN(64, number);
    for (; rest >= 0x80n; rest >>= 7n) put((rest & 0x7fn) | 0x80n, 8);
    put(rest, 8);
  };
  const putVarint = (number: bigint): void => putUvarint((number << 1n) ^ (number >> 63n));
  const putChanged = (to: bigint, reuse: string, fresh: string): void => {
    const changed = to ^ baseline;
    const text = changed.toString(2).padStart(64, '0');
    const leading = Math.min(31, text.indexOf('1'));
    const trailing = 63 - text.lastIndexOf('1');
    baseline = to;
    if (window !== null && leading >= window.leading && trailing >= window.trailing) {
      bits += reuse;
    } else {
      window = { leading, trailing };
      bits += fresh;
      put(BigInt(leading), 5);
      put(BigInt((64 - leading - trailing) % 64), 6);
    }
    put(changed >> BigInt(window.trailing), 64 - window.leading - window.trailing);
  };
  const putValue = (to: bigint): void => {
    if (to === STALE) bits += '111';
    else if (to === baseline) bits += '0';
    else putChanged(to, '10', '110');
  };
  let header = 0;
  let delta = 0n;
  let difference = 0n;
  for (const [i, { start, time, value: to }] of samples.entries()) {
    const before = samples[i - 1];
    if (i === 0) {
      putVarint(BigInt(time));
      put(to, 64);
      if (to !== STALE) baseline = to;
      if (start !== 0) {
        header = 0x80;
        putVarint(BigInt(time - start));
      }
      continue;
    }
    const step = BigInt(time) - BigInt(before!.time);
    const dod = step - delta;
    delta = step;
    if (i === 1) {
      putUvarint(step);
      putValue(to);
    } else if (dod === 0n) {
      if (to === STALE) bits += '11111';
      else if (to === baseline) bits += '0';
      else {
        bits += '10';
        putChanged(to, '0', '1');
      }
    } else {
      if (dod >= -4096n && dod < 4096n) bits += `110${BigInt.asUintN(13, dod).toString(2).padStart(13, '0')}`;
      else if (dod >= -524288n && dod < 524288n) bits += `1110${BigInt.asUintN(20, dod).toString(2).padStart(20, '0')}`;
      else bits += `11110${BigInt.asUintN(64, dod).toString(2).padStart(64, '0')}`;
      putValue(to);
    }
    const from = header & 0x7f;
    if (from === 0 && start === before!.start && i !== 127) continue;
    const next = BigInt(before!.time) - BigInt(start);
    if (from === 0) header |= i;
    bits += varbit(from === 0 ? next : next - difference);
    difference = next;
  }
  const bytes = [samples.length >>> 8, samples.length & 0xff, header];
  for (let at = 0; at < bits.length; at += 8) bytes.push(Number.parseInt(bits.slice(at, at + 8).padEnd(8, '0'), 2));
  return Uint8Array.from(bytes);
}

function varbit(number: bigint): string {
  if (number === 0n) return '0';
  for (const [ones, size] of [3, 6, 9, 12, 18, 25, 56].entries()) {
    const half = 1n << BigInt(size - 1);
    if (number <= -half || number > half) continue;
    const prefix = `${'1'.repeat(ones + 1)}0`;
    return prefix + BigInt.asUintN(size, number).toString(2).padStart(size, '0');
  }
  return '1'.repeat(8) + BigInt.asUintN(64, number).toString(2).padStart(64, '0');
}
