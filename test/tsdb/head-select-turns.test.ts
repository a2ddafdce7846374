import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { labelsFromObject } from '../../src/model/labels.ts';
import type { Matcher, MatchType } from '../../src/model/matcher.ts';
import { createSampleColumn } from '../../src/storage/query.ts';
import { Head } from '../../src/tsdb/head/head.ts';
import { ALL_TIME, append, LogDouble, type Row } from './head-support.ts';

/** So few that it is known which rows a select chooses. */
const LATE_COUNT = 4000;

/** A clock by which every step of a select is a piece of its own. */
function impatientTurns() {
  let now = 0;
  return {
    pieceMs: 1,
    pauses: 0,
    now: () => now++,
    async pause(): Promise<void> {
      this.pauses++;
      await setImmediate();
    },
  };
}

/** A head with `count` series `{id="v<n>", parity="<0 or 1>"}`, one sample each. */
function headOf(count: number, turns: ReturnType<typeof impatientTurns>): Head {
  const head = new Head({ chunkRangeMs: 7_200_000, minValidTime: Number.NEGATIVE_INFINITY, turns });
  head.logTo(new LogDouble());
  addSeries(head, 0, count);
  return head;
}

function addSeries(head: Head, from: number, to: number): void {
  const appender = head.appender();
  const refs: number[] = [];
  for (let n = from; n < to; n++) {
    refs.push(appender.resolve(labelsFromObject({ id: `v${n}`, parity: String(n % 2) })));
  }
  appender.commit();
  append(
    head,
    refs.map((ref, i): Row => [ref, 1000, from + i]),
  );
}

async function idsChosen(head: Head, type: MatchType, value: string, sorted: boolean): Promise<string[]> {
  const querier = head.querier(ALL_TIME);
  const set = await querier.select({ matchers: [{ type, name: 'id', value }], range: ALL_TIME, sorted, limit: 0 });
  const ids = Array.from({ length: set.length }, (_, row) => set.labels(row).get('id') ?? '');
  querier.close();
  return ids;
}

describe('a select over many values', () => {
  it('lets others in, and chooses what a select in one go does', async () => {
    const turns = impatientTurns();
    const head = headOf(20_000, turns);
    const all = Array.from({ length: 20_000 }, (_, n) => `v${n}`).sort();
    for (const [type, value, wanted] of [
      ['=~', '.*7.*', /7/],
      ['=~', 'v[0-9]*5', /^v[0-9]*5$/],
      ['!~', '.*7.*', /^[^7]*$/],
      ['=~', 'v1.+', /^v1./],
    ] as const) {
      const before = turns.pauses;
      expect(await idsChosen(head, type, value, true)).toEqual(all.filter((id) => wanted.test(id)));
      expect(turns.pauses).toBeGreaterThan(before + 10);
    }
  });

  it('sees series that came while the pattern was matched, and remembers what it matched', async () => {
    const turns = impatientTurns();
    const head = headOf(5_000, turns);
    const chosen = idsChosen(head, '=~', 'v.*9', true);
    addSeries(head, 5_000, 5_100);
    const expected = Array.from({ length: 5_100 }, (_, n) => `v${n}`).filter((id) => id.endsWith('9'));
    expect(await chosen).toEqual(expected.sort());
    addSeries(head, 5_100, 5_120);
    expect(await idsChosen(head, '=~', 'v.*9', true)).toEqual([...expected, 'v5109', 'v5119'].sort());
  });

  it('fails when it is closed meanwhile', async () => {
    const head = headOf(5_000, impatientTurns());
    const querier = head.querier(ALL_TIME);
    const matchers = [{ type: '=~', name: 'id', value: '.*1' }] as const;
    const chosen = querier.select({ matchers, range: ALL_TIME, sorted: false, limit: 0 });
    querier.close();
    await expect(chosen).rejects.toThrow('closed');
  });

  it('gives label values in order and up to the limit', async () => {
    const head = headOf(6_000, impatientTurns());
    const querier = head.querier(ALL_TIME);
    const all = Array.from({ length: 6_000 }, (_, n) => `v${n}`).sort();
    expect(await querier.labelValues('id', [], 0)).toEqual(all);
    const odd = await querier.labelValues('id', [{ type: '=', name: 'parity', value: '1' }], 0);
    expect(odd).toEqual(all.filter((id) => Number(id.slice(1)) % 2 === 1));
    querier.close();
  });
});

describe('a snapshot of many rows', () => {
  const COUNT = 140_000;
  const matchers = [{ type: '!=', name: 'id', value: '' }] as const;

  it.each([false, true])(
    'is taken in several turns, and shows the moment of the first (newest only: %s)',
    async (newestOnly) => {
      const turns = impatientTurns();
      const head = headOf(COUNT, turns);
      const querier = head.querier(ALL_TIME);
      await querier.prepare([matchers]);
      const before = turns.pauses;
      const taken = querier.snapshot({ matchers, range: ALL_TIME, limit: 0, newestOnly });
      expect(taken).toBeInstanceOf(Promise);
      // Once before the next turn, and once in the midst of the others.
      appendToAll(head, 2000);
      await setImmediate();
      appendToAll(head, 3000);
      const snapshot = await taken;
      expect(turns.pauses).toBeGreaterThan(before + 1);
      expect(snapshot.rows.length).toBe(COUNT);
      expect(snapshot.counts.every((count) => count === 1)).toBe(true);
      expect(snapshot.newest?.times.every((time) => time === 1000) ?? true).toBe(true);
      querier.close();
      const later = head.querier(ALL_TIME);
      const now = await later.snapshot({ matchers, range: ALL_TIME, limit: 0, newestOnly });
      expect(now.counts.every((count) => count === 3)).toBe(true);
      later.close();
      expect(head.stats().readers).toBe(0);
    },
  );

  it('shows the late samples of that moment', async () => {
    const turns = impatientTurns();
    const head = headOf(LATE_COUNT, turns);
    head.logTo(new LogDouble(), new LogDouble());
    head.setOutOfOrderWindow(60_000);
    appendLate(head, 3, 500);
    // From now on it is known which rows these are.
    await shownTimes(head, matchers);
    const before = turns.pauses;
    const taken = shownTimes(head, matchers);
    // Of rows with late samples already, of others, and so many that buffers become chunks.
    appendLate(head, 2, 600);
    await setImmediate();
    for (let i = 0; i < 40; i++) appendLate(head, 7, 700 + i);
    for (const _ of head.outOfOrder.freeze());
    head.remove(Float64Array.of(LATE_COUNT));
    expect(await taken).toEqual(Array.from({ length: LATE_COUNT }, (_, n) => (n % 3 === 0 ? [500, 1000] : [1000])));
    expect(turns.pauses).toBeGreaterThan(before + 2);
    const now = await shownTimes(head, matchers);
    expect(now[0]).toEqual([500, 600, ...Array.from({ length: 40 }, (_, i) => 700 + i), 1000]);
    expect(now[1]).toEqual([1000]);
    expect(now).toHaveLength(LATE_COUNT - 1);
    expect(head.stats().readers).toBe(0);
  });

  it('shows all selectors the same moment', async () => {
    const turns = impatientTurns();
    const head = headOf(LATE_COUNT, turns);
    const querier = head.querier(ALL_TIME);
    await querier.prepare([matchers]);
    const release = querier.holdMoment();
    const first = await querier.snapshot({ matchers, range: ALL_TIME, limit: 0 });
    addSeries(head, LATE_COUNT, LATE_COUNT + 10);
    append(head, [[1, 2000, 1]]);
    const second = await querier.snapshot({ matchers, range: ALL_TIME, limit: 0 });
    release();
    expect(second.rows.length).toBe(first.rows.length);
    expect(second.counts.every((count) => count === 1)).toBe(true);
    const third = await querier.snapshot({ matchers, range: ALL_TIME, limit: 0 });
    expect(third.rows.length).toBe(first.rows.length + 10);
    querier.close();
  });

  it('notes nothing any more once it is given up', async () => {
    const head = headOf(COUNT, impatientTurns());
    const querier = head.querier(ALL_TIME);
    const taken = querier.snapshot({ matchers, range: ALL_TIME, limit: 0 });
    querier.close();
    await expect(taken).rejects.toThrow('closed');
    appendToAll(head, 2000);
    expect(head.stats().readers).toBe(0);
  });
});

/** Appends a late sample to each `every`th series. */
function appendLate(head: Head, every: number, time: number): void {
  const rows: Row[] = [];
  for (let ref = 1; ref <= LATE_COUNT; ref += every) rows.push([ref, time, ref]);
  append(head, rows);
}

/** The times of each series that matchers choose. */
async function shownTimes(head: Head, matchers: readonly Matcher[]): Promise<number[][]> {
  const querier = head.querier(ALL_TIME);
  const set = await querier.select({ matchers, range: ALL_TIME, sorted: false, limit: 0 });
  const column = createSampleColumn(64);
  const shown: number[][] = [];
  for (let row = 0; row < set.length; row++) {
    set.read(row, column);
    shown.push([...column.times.subarray(0, column.length)]);
  }
  querier.close();
  return shown;
}

/** Appends another sample to each of the series. */
function appendToAll(head: Head, time: number): void {
  const appender = head.appender();
  const refs: number[] = [];
  for (let n = 0; n < 140_000; n++)
    refs.push(appender.resolve(labelsFromObject({ id: `v${n}`, parity: String(n % 2) })));
  appender.rollback();
  append(
    head,
    refs.map((ref, i): Row => [ref, time, i]),
  );
}
