import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LabelIndex } from './label-index.ts';

describe('LabelIndex', () => {
  it('gives the rows, values and names that a naive index has, whatever comes and goes in between', () => {
    const run = fc.record({
      kind: fc.constant('add' as const),
      names: fc.uniqueArray(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 4 }),
      values: fc.array(fc.integer({ min: 10, max: 14 }), { minLength: 4, maxLength: 4 }),
      changing: fc.nat(3),
      count: fc.integer({ min: 1, max: 40 }),
    });
    const read = fc.record({
      kind: fc.constant('read' as const),
      name: fc.nat(6),
      value: fc.integer({ min: 1, max: 60 }),
    });
    const remove = fc.record({
      kind: fc.constant('remove' as const),
      share: fc.integer({ min: 1, max: 3 }),
      during: run,
    });
    fc.assert(
      fc.property(fc.array(fc.oneof(run, read, remove), { maxLength: 30 }), (steps) => {
        const model = new Model();
        for (const step of steps) {
          if (step.kind === 'add') model.addRun(step);
          else if (step.kind === 'read') model.check(step.name, step.value);
          else model.remove(step.share, () => model.addRun(step.during));
        }
        model.checkAll();
      }),
      { numRuns: 60 },
    );
  });

  it('has every row of a run that is longer than what may wait', () => {
    const index = new LabelIndex();
    for (let row = 0; row < 5000; row++) index.add(row, Uint32Array.of(2, 1, 10, 2, 20 + (row >> 11)));
    expect(index.rowCount(1, 10)).toBe(5000);
    expect([...index.rows(2, 21)]).toEqual(Array.from({ length: 2048 }, (_, i) => 2048 + i));
  });

  it('takes rows in between the steps of a removal', () => {
    const model = new Model();
    model.addRun({ names: [1, 2, 3], values: [10, 11, 100], changing: 2, count: 3000 });
    let steps = 0;
    model.remove(2, () => {
      model.addRun({ names: [1, 2, 3], values: [10, 12, 50], changing: 2, count: 20 });
      steps++;
    });
    expect(steps).toBeGreaterThan(1);
  });

  it('enters pairs anew whose rows have all gone since', () => {
    const index = new LabelIndex();
    const entry = Uint32Array.of(1, 1, 10);
    index.add(0, entry);
    index.add(1, entry);
    expect(index.mark(1, 10)).toBe(true);
    const unused: number[] = [];
    for (const _ of index.removeRows(Uint8Array.of(1, 1), [1, 10], (symbol) => unused.push(symbol)));
    expect(unused).toEqual([10, 1]);
    expect(index).toMatchObject({ pairCount: 0 });
    index.add(0, entry);
    expect(index.uses(10) && index.uses(1)).toBe(true);
    expect([...index.rows(1, 10)]).toEqual([0]);
    expect([...index.names()]).toEqual([1]);
  });
});

/** A `LabelIndex` beside the entries of its rows. */
class Model {
  readonly #index = new LabelIndex();
  readonly #entries = new Map<number, Uint32Array>();
  readonly #freeRows: number[] = [];
  #rowCount = 0;

  addRun(run: { names: number[]; values: number[]; changing: number; count: number }): void {
    for (let i = 0; i < run.count; i++) {
      const words = [run.names.length];
      run.names.forEach((name, place) => {
        words.push(name, run.values[place]! + (place === run.changing ? i : 0));
      });
      const row = this.#freeRows.shift() ?? this.#rowCount++;
      const entry = Uint32Array.from(words);
      this.#entries.set(row, entry);
      this.#index.add(row, entry);
    }
  }

  /** Removes one row of `share`, and calls `between` in between the steps. */
  remove(share: number, between: () => void): void {
    const gone = [...this.#entries.keys()].filter((row) => row % share === 0);
    const isDead = new Uint8Array(this.#rowCount);
    const pairs: number[] = [];
    for (const row of gone) {
      isDead[row] = 1;
      const entry = this.#entries.get(row)!;
      this.#entries.delete(row);
      for (let i = 1; i < entry.length; i += 2) {
        if (this.#index.mark(entry[i]!, entry[i + 1]!)) pairs.push(entry[i]!, entry[i + 1]!);
      }
    }
    const unused: number[] = [];
    const steps = this.#index.removeRows(isDead, pairs, (symbol) => unused.push(symbol));
    between();
    for (const _ of steps) between();
    this.#freeRows.push(...gone);
    for (const symbol of unused) expect(typeof this.#index.uses(symbol)).toBe('boolean');
    this.checkAll();
  }

  check(name: number, value: number): void {
    const rows: number[] = [];
    for (const [row, entry] of this.#entries) {
      for (let i = 1; i < entry.length; i += 2) if (entry[i] === name && entry[i + 1] === value) rows.push(row);
    }
    rows.sort((a, b) => a - b);
    expect(this.#index.rowCount(name, value)).toBe(rows.length);
    expect([...this.#index.rows(name, value)]).toEqual(rows);
  }

  checkAll(): void {
    const valuesOf = new Map<number, Set<number>>();
    const used = new Set<number>();
    for (const entry of this.#entries.values()) {
      for (let i = 1; i < entry.length; i += 2) {
        valuesOf.set(entry[i]!, (valuesOf.get(entry[i]!) ?? new Set()).add(entry[i + 1]!));
        used.add(entry[i]!).add(entry[i + 1]!);
      }
    }
    expect([...this.#index.names()].sort()).toEqual([...valuesOf.keys()].sort());
    let pairs = 0;
    for (const [name, values] of valuesOf) {
      pairs += values.size;
      expect(this.#index.valueCount(name)).toBe(values.size);
      expect(new Set(this.#index.values(name))).toEqual(values);
      for (const value of values) this.check(name, value);
    }
    expect(this.#index.pairCount).toBe(pairs);
    for (let symbol = 1; symbol < 70; symbol++) expect(this.#index.uses(symbol)).toBe(used.has(symbol));
  }
}
