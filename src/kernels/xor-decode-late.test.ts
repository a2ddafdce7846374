import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { xorDecode } from './xor-decode.ts';
import { CURSOR_DOUBLES, XOR_UNUSUAL, xorDecodeLate } from './xor-decode-late.ts';
import { XOR_APPEND_BYTES_MAX, XOR_STATE_COUNT, XOR_STATE_DOUBLES, xorAppend, xorBegin } from './xor-encode.ts';

interface Sample {
  readonly time: number;
  readonly value: number;
}

const anyValue = fc.oneof(
  fc.integer({ min: -1000, max: 1000 }),
  fc.double(),
  fc.constantFrom(0, -0, Number.NaN, 1e300, 20.5),
);

/** Times at a pace with jitter, pauses and, seldom, steps that take 64 bits. */
const samples = fc
  .tuple(
    fc.constantFrom(0, -70_000, 1.7e12, -1.7e12, 2 ** 50),
    fc.array(
      fc.tuple(
        fc.constantFrom(15_000, 15_000, 15_000, 15_007, 14_990, 1, 90_000, 700_000, 2 ** 33),
        fc.option(anyValue, { nil: null, freq: 2 }),
      ),
      { maxLength: 150 },
    ),
  )
  .map(([first, steps]) => {
    let time = first;
    let value = 1;
    return steps.map(([step, changed]): Sample => {
      time += step;
      value = changed ?? value;
      return { time, value };
    });
  });

describe('xorDecodeLate()', () => {
  it('gives what xorDecode() gives without the older samples, from any cursor that it has left, while the chunk grows', () => {
    fc.assert(
      fc.property(
        samples,
        fc.array(fc.tuple(fc.double({ min: -0.2, max: 1.2, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true }))),
        fc.integer({ min: 0, max: 40 }),
        (list, looks, after) => {
          const bytes = encode(list, after);
          const cursors = new Float64Array(2 + CURSOR_DOUBLES);
          const counts = looks.map(([, share]) => Math.round(share * list.length)).sort((a, b) => a - b);
          for (const [i, [where]] of looks.entries()) {
            const count = counts[i]!;
            const first = list[0]?.time ?? 0;
            const minTime = first + where * ((list.at(-1)?.time ?? 0) - first);
            const end = bytes.length - after;
            const given = decodeLate(bytes, end, count, minTime, cursors);
            if (given === null) expect(cursors[2]).toBe(0);
            else expect(given).toEqual(decodeAll(bytes, end, count).filter(({ time }) => time >= minTime));
          }
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('reads usual chunks, and only from their cursor on', () => {
    const list = Array.from({ length: 120 }, (_, i) => ({ time: 1.7e12 + 15_000 * i + (i % 7), value: 100 + i * 1.5 }));
    const bytes = encode(list, 64);
    const cursors = new Float64Array(2 + CURSOR_DOUBLES);
    const minTime = list[100]!.time;
    const end = bytes.length - 64;
    expect(decodeLate(bytes, end, 120, minTime, cursors)).toEqual(list.slice(100));
    expect(cursors[2]).toBe(100);
    // What lies before the cursor is not looked at again.
    bytes.fill(0xff, 2, 100);
    expect(decodeLate(bytes, end, 120, minTime, cursors)).toEqual(list.slice(100));
    expect(decodeLate(bytes, end, 120, list[110]!.time, cursors)).toEqual(list.slice(110));
  });

  it('never reads outside and never throws for any bytes', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 200 }),
        fc.integer({ min: 0, max: 300 }),
        fc.double({ noNaN: true }),
        (bytes, count, minTime) => {
          if (bytes.length < 2) return;
          const cursors = new Float64Array(2 + CURSOR_DOUBLES);
          const given = decodeLate(bytes, bytes.length, count, minTime, cursors);
          expect(given === null || given.length <= count).toBe(true);
        },
      ),
      { numRuns: 2000 },
    );
  });
});

function encode(list: readonly Sample[], after: number): Uint8Array {
  const buffer = new Uint8Array(2 + XOR_APPEND_BYTES_MAX * list.length + 64);
  const view = new DataView(buffer.buffer);
  const doubles = new Float64Array(XOR_STATE_DOUBLES + 1);
  const words = new Uint32Array(doubles.buffer);
  const value = new Float64Array(1);
  const bits = new Uint32Array(value.buffer);
  doubles[0] = Number.NEGATIVE_INFINITY;
  xorBegin(buffer, 0, words, 0);
  let size = 2;
  for (const sample of list) {
    value[0] = sample.value;
    xorAppend(buffer, 0, doubles, words, 0, sample.time, bits[0]!, bits[1]!);
    view.setUint16(0, words[XOR_STATE_COUNT]!);
  }
  for (size = buffer.length; size > 2 && buffer[size - 1] === 0; ) size--;
  const whole = new Uint8Array(size + 1 + after).fill(0xa5);
  whole.set(buffer.subarray(0, size + 1));
  return whole;
}

function decodeAll(bytes: Uint8Array, end: number, count: number): Sample[] {
  const times = new Float64Array(count);
  const values = new Float64Array(count);
  const view = new DataView(bytes.buffer);
  const code = xorDecode(bytes, view, 0, end, count, times, new Uint32Array(values.buffer), 0);
  expect(code).toBeGreaterThanOrEqual(0);
  return Array.from(times, (time, i) => ({ time, value: values[i]! }));
}

/** null: something unusual. The cursor is at 2, and the samples from 3 on. */
function decodeLate(
  bytes: Uint8Array,
  end: number,
  count: number,
  minTime: number,
  cursors: Float64Array,
): Sample[] | null {
  const times = new Float64Array(count + 4);
  const values = new Float64Array(count + 4);
  const view = new DataView(bytes.buffer);
  const words = new Uint32Array(cursors.buffer);
  const bits = new Uint32Array(values.buffer);
  const given = xorDecodeLate(bytes, view, 0, end, count, minTime, cursors, words, 2, times, bits, 3);
  if (given === XOR_UNUSUAL) return null;
  return Array.from({ length: given }, (_, i) => ({ time: times[i + 3]!, value: values[i + 3]! }));
}
