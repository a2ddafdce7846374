import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PLAIN_FORMS } from '../chunk/sample-forms.ts';
import type { HeadSnapshot } from '../head/head-snapshot.ts';
import { packSnapshots } from './pack-snapshots.ts';

/** `seed` makes arrays of different contents. */
function snapshot(rows: number, seed: number, parts: readonly boolean[]): HeadSnapshot {
  const words = (length: number) => Uint32Array.from({ length }, (_, i) => i * seed);
  const doubles = (length: number) => Float64Array.from({ length }, (_, i) => i / seed);
  const [hasDeleted, hasLate, hasNewest, hasStartTimes] = parts;
  return {
    rows: words(rows),
    extents: words(rows),
    byteLengths: words(rows),
    counts: words(rows),
    encodings: Uint8Array.from(words(rows)),
    sealed: words(rows),
    deleted: hasDeleted ? { places: words(1), starts: words(2), times: doubles(2 * seed) } : null,
    late: hasLate
      ? {
          chunkStarts: words(rows + 1),
          chunks: words(seed),
          openStarts: words(rows + 1),
          times: doubles(rows),
          bits: words(2 * rows),
          histograms: null,
          startTimes: hasStartTimes ? doubles(rows) : null,
        }
      : null,
    newest: hasNewest ? { times: doubles(rows), bits: words(2 * rows) } : null,
    inOrderMinTime: seed,
    selection: seed,
    forms: PLAIN_FORMS,
  };
}

test('snapshots arrive as they were', () => {
  const parts = fc.array(fc.boolean(), { minLength: 4, maxLength: 4 });
  const rows = fc.oneof(fc.nat(20), fc.integer({ min: 900, max: 1200 }), fc.integer({ min: 4000, max: 5000 }));
  const list = fc.array(fc.tuple(rows, fc.integer({ min: 1, max: 50 }), parts), { maxLength: 8 });
  fc.assert(
    fc.property(list, (made) => {
      const originals = made.map((each) => snapshot(...each));
      const { moved, snapshots } = packSnapshots(made.map((each) => snapshot(...each)));
      expect(structuredClone(snapshots, { transfer: [...moved] })).toEqual(originals);
      for (const buffer of moved) expect(buffer.detached).toBe(true);
    }),
  );
});

test('short arrays share a buffer, long ones keep theirs', () => {
  const short = Array.from({ length: 200 }, (_, i) => snapshot(3, i + 1, [true, true, true, true]));
  expect(packSnapshots(short).moved).toHaveLength(1);
  const long = snapshot(10_000, 1, []);
  const { moved, snapshots } = packSnapshots([long, ...short]);
  expect(new Set(moved).size).toBe(7);
  expect(snapshots[0]!.rows.buffer).toBe(long.rows.buffer);
  expect(packSnapshots([])).toEqual({ snapshots: [], moved: [] });
});

test('an array that begins in the middle of a longer buffer is taken alone', () => {
  const whole = snapshot(10_000, 1, []);
  const few = { ...whole, ...firstRows(whole) };
  const { moved, snapshots } = packSnapshots([few, few, few, few]);
  expect(moved.map(({ byteLength }) => byteLength)).toEqual([4 * (5 * 16 + 8)]);
  for (const { rows } of snapshots) expect(rows).toEqual(whole.rows.slice(2, 6));
});

test('arrays of few snapshots keep their buffers', () => {
  const few = [snapshot(3, 1, [true, true, true, true]), snapshot(0, 1, [])];
  const { moved, snapshots } = packSnapshots(few);
  expect(snapshots).toBe(few);
  expect(moved).toHaveLength(6 + 3 + 6 + 2 + 6);
});

function firstRows({ byteLengths, counts, encodings, extents, rows, sealed }: HeadSnapshot): Partial<HeadSnapshot> {
  const few = <Column extends Uint32Array | Uint8Array>(column: Column) => column.subarray(2, 6) as Column;
  return {
    rows: few(rows),
    extents: few(extents),
    byteLengths: few(byteLengths),
    counts: few(counts),
    encodings: few(encodings),
    sealed: few(sealed),
  };
}
