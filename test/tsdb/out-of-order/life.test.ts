import fc from 'fast-check';
import { expect, it } from 'vitest';
import { MemoryFiles } from '../../../src/std/memory-files.ts';
import type { Database } from '../../../src/tsdb/tsdb.ts';
import { addRows, type LateRow, openLate, RANGE_MS, readSamples } from './late-support.ts';

type Step =
  | { readonly kind: 'add'; readonly forwardMs: number; readonly rows: readonly (readonly [string, number])[] }
  | { readonly kind: 'delete'; readonly series: string; readonly from: number; readonly length: number }
  | { readonly kind: 'maintain' | 'compact late' | 'restart' | 'kill' | 'image' | 'clean' };

const series = fc.constantFrom('a', 'b', 'c', 'd');
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constant('add' as const),
      forwardMs: fc.nat(600),
      rows: fc.array(fc.tuple(series, fc.nat(4000)), { maxLength: 50 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('delete' as const),
      series,
      from: fc.nat(5000),
      length: fc.nat(1500),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constantFrom('maintain', 'compact late', 'restart', 'kill', 'image', 'clean'),
    }),
  },
);

/** The same for the same sample, so that it does not matter which of two stays. */
function sampleValue(name: string, time: number): number {
  return name.charCodeAt(0) * 1_000_000 + time;
}

/** A database, and what it must show. */
class Life {
  files = new MemoryFiles();
  database!: Database;
  now = 10_000;
  readonly truth = new Map<string, number>();
  /** Series, first and last time of what was deleted: nothing is added there again. */
  readonly deleted: (readonly [string, number, number])[] = [];

  async open(): Promise<void> {
    this.database = await openLate(this.files);
  }

  async run(action: Step): Promise<void> {
    if (action.kind === 'add') this.add(action);
    else if (action.kind === 'delete') await this.delete(action.series, this.now - action.from, action.length);
    else if (action.kind === 'maintain') await this.database.compact();
    else if (action.kind === 'compact late') await this.database.compactOutOfOrder();
    else if (action.kind === 'clean') await this.database.cleanTombstones();
    else if (action.kind === 'image') await this.database.writeHeadImage();
    else {
      if (action.kind === 'restart') await this.database.close();
      else this.files = this.files.afterProcessDeath();
      await this.open();
    }
  }

  add({ forwardMs, rows }: Extract<Step, { kind: 'add' }>): void {
    this.now += forwardMs;
    const wanted: LateRow[] = [['clock', this.now, sampleValue('clock', this.now)]];
    for (const [name, age] of rows) {
      const time = this.now - age;
      if (!this.deleted.some(([s, from, to]) => s === name && time >= from && time <= to)) {
        wanted.push([name, time, sampleValue(name, time)]);
      }
    }
    addRows(this.database, wanted);
    for (const [name, time, value] of wanted) this.truth.set(`${name} ${time}`, value);
  }

  async delete(name: string, from: number, length: number): Promise<void> {
    const to = from + length;
    await this.database.delete([[{ type: '=', name: 's', value: name }]], { minTime: from, maxTime: to });
    this.deleted.push([name, from, to]);
    for (const key of this.truth.keys()) {
      const [s, time] = key.split(' ');
      if (s === name && Number(time) >= from && Number(time) <= to) this.truth.delete(key);
    }
  }
}

/** A late sample in memory once let the head show its own sample again that had been deleted from a block. */
const HIDDEN_BEHIND_LATE: Step[] = [
  { kind: 'add', forwardMs: 476, rows: [] },
  { kind: 'add', forwardMs: 524, rows: [] },
  { kind: 'add', forwardMs: 929, rows: [['d', 0]] },
  { kind: 'add', forwardMs: 572, rows: [['d', 573]] },
  { kind: 'maintain' },
  { kind: 'delete', series: 'a', from: 0, length: 0 },
  { kind: 'add', forwardMs: 0, rows: [['a', 573]] },
  { kind: 'maintain' },
  { kind: 'delete', series: 'd', from: 572, length: 0 },
];

/** A series that left the head and came back: after a start its chunks are written under another of its refs than before. */
const CAME_BACK: Step[] = [
  { kind: 'add', forwardMs: 0, rows: [['d', 501]] },
  { kind: 'compact late' },
  { kind: 'kill' },
  { kind: 'add', forwardMs: 0, rows: [['d', 1]] },
  { kind: 'add', forwardMs: 354, rows: [['d', 0]] },
  { kind: 'add', forwardMs: 524, rows: [] },
  { kind: 'restart' },
  { kind: 'add', forwardMs: 122, rows: [['d', 0]] },
  { kind: 'restart' },
  { kind: 'add', forwardMs: 0, rows: [] },
];

it('everything maintenance does keeps samples that come in any order', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 40 }), async (steps) => {
      const life = new Life();
      await life.open();
      for (const action of steps) {
        await life.run(action);
        if (action.kind === 'add') continue;
        expect(sorted(await readSamples(life.database)), action.kind).toEqual(sorted(life.truth));
      }
      expect(sorted(await readSamples(life.database))).toEqual(sorted(life.truth));
      expect(life.now).toBeGreaterThanOrEqual(RANGE_MS);
      await life.database.close();
    }),
    { numRuns: 25, examples: [[HIDDEN_BEHIND_LATE], [CAME_BACK]] },
  );
});

function sorted(samples: ReadonlyMap<string, number>): [string, number][] {
  return [...samples].sort(([a], [b]) => (a < b ? -1 : 1));
}
