import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { NUMBER_BYTES_MAX, writeSampleNumber } from '../kernels/format-number.ts';
import { PIECE_BYTES_MAX, pointWriter } from './point-writer.ts';
import type { StepColumn } from './steps/step-column.ts';

const points = pointWriter()!;
const START = 1_700_000_000_000;

function columnOf(values: readonly (number | null)[]): StepColumn {
  return {
    values: Float64Array.from(values, (value) => value ?? Number.NaN),
    present: Uint8Array.from(values, (value) => (value === null ? 0 : 1)),
    histograms: null,
  };
}

/** What the writer makes of a column, and what it should. */
function texts(values: readonly (number | null)[], start = START, step = 15_000): [written: string, expected: string] {
  const count = values.length;
  expect(points.take(columnOf(values), { start, step, count })).toBe(true);
  let written = '';
  for (let from = 0; from < count; from = points.pieceEnd(from)) {
    const piece = points.write(from, points.pieceEnd(from));
    expect(piece.length).toBeLessThanOrEqual(PIECE_BYTES_MAX);
    written += Buffer.from(piece).toString('latin1');
  }
  const bytes = new Uint8Array(NUMBER_BYTES_MAX);
  const view = new DataView(bytes.buffer);
  let expected = '';
  values.forEach((value, i) => {
    if (value === null) return;
    const number = Buffer.from(bytes.subarray(0, writeSampleNumber(bytes, view, 0, value))).toString('latin1');
    const time = start + i * step;
    expected += `,[${time % 1000 === 0 ? time / 1000 : (time / 1000).toFixed(3)},"${number}"]`;
  });
  return [written, expected];
}

describe('PointWriter', () => {
  test('writes the points of steps with a value', () => {
    const [written] = texts([1, null, -2.5, 0.1 + 0.2], 1000, 500);
    expect(written).toBe(',[1,"1"],[2,"-2.5"],[2.500,"0.30000000000000004"]');
  });

  test('writes nothing of a column without values', () => {
    expect(texts([null, null])).toEqual(['', '']);
  });

  test('leaves numbers that are not usual to format-number.ts, one after the other and at the end', () => {
    const odd = [Number.NaN, Infinity, -Infinity, -0, 0, 1e-7, -5e-324, 1e15 + 0.5, 2 ** 53 + 2, 1e300, 0.5, 2 ** -19];
    const [written, expected] = texts([7, ...odd, 1.25, ...odd]);
    expect(written).toBe(expected);
  });

  test('writes long grids piece by piece, and takes none that has no room', () => {
    const values = Array.from({ length: 12_000 }, (_, i) => (i % 3 === 0 ? null : -Math.sqrt(i) / 1e5));
    const [written, expected] = texts(values, -9_000_000_000_001, 3);
    expect(written).toBe(expected);
    const column = columnOf(new Array(12_001).fill(1));
    expect(points.take(column, { start: START, step: 1, count: 12_001 })).toBe(false);
  });

  test('takes no histograms', () => {
    const column = { ...columnOf([1]), histograms: [undefined] };
    expect(points.take(column, { start: START, step: 1, count: 1 })).toBe(false);
  });

  const bits = new Uint32Array(2);
  const double = new Float64Array(bits.buffer);
  const neighbour = (value: number, ulps: number): number => {
    double[0] = value;
    bits[0]! += ulps;
    return double[0];
  };
  const decimal = fc
    .tuple(fc.maxSafeInteger(), fc.integer({ min: 1, max: 16 }), fc.integer({ min: 0, max: 23 }))
    .map(([n, digits, k]) => Number(`${n % 10 ** digits}e-${k}`));
  const kinds: readonly (readonly [string, fc.Arbitrary<number>])[] = [
    ['any doubles', fc.double()],
    ['decimals', decimal],
    ['neighbours of decimals', fc.tuple(decimal, fc.integer({ min: 0, max: 4 })).map(([n, u]) => neighbour(n, u - 2))],
    ['fractions', fc.tuple(fc.integer(), fc.integer({ min: 1, max: 5000 })).map(([n, k]) => n / k)],
    ['binary fractions', fc.tuple(fc.maxSafeInteger(), fc.integer({ min: 0, max: 60 })).map(([n, k]) => n / 2 ** k)],
    ['integers', fc.maxSafeInteger()],
    [
      'neighbours of powers of ten',
      fc
        .tuple(fc.integer({ min: -8, max: 17 }), fc.integer({ min: 0, max: 8 }))
        .map(([k, u]) => neighbour(Number(`1e${k}`), u - 4)),
    ],
    [
      'powers of two and their neighbours',
      fc
        .tuple(fc.integer({ min: -21, max: 51 }), fc.integer({ min: 0, max: 8 }))
        .map(([k, u]) => neighbour(2 ** k, u - 4)),
    ],
  ];

  test.each(kinds)('writes %s as format-number.ts does', (_, kind) => {
    const values = fc.array(fc.option(kind, { freq: 20 }), { minLength: 1, maxLength: 300, size: 'max' });
    fc.assert(
      fc.property(values, fc.integer({ min: 1, max: 1_000_000 }), (column, step) => {
        const [written, expected] = texts(column, START, step);
        expect(written).toBe(expected);
      }),
      { numRuns: 100 },
    );
  });
});
