import { describe, expect, it } from 'vitest';
import { labelsFromObject } from '../../model/labels.ts';
import { collectGarbage } from '../../std/collect-garbage.ts';
import { groupRows } from './aggregate/group-rows.ts';
import { QueryBudget } from './budget.ts';
import { keep, kept, makeLasting } from './lasting-labels.ts';

const LIST = [labelsFromObject({ a: '1', b: 'x' }), labelsFromObject({ a: '1', b: 'y' }), labelsFromObject({ a: '2' })];

describe('lasting lists of label sets', () => {
  it('keep what was worked out of them, other lists nothing', () => {
    const [lasting, other] = [[...LIST], [...LIST]];
    makeLasting(lasting);
    for (const list of [lasting, other]) keep(list, 'size', 3, 8);
    expect([kept(lasting, 'size'), kept(other, 'size'), kept(lasting, 'else')]).toEqual([3, undefined, undefined]);
  });

  it('keep only so much', () => {
    const list = [...LIST];
    makeLasting(list);
    for (let i = 0; i < 1000; i++) keep(list, `${i}`, i, 8);
    const left = Array.from({ length: 1000 }, (_, i) => kept(list, `${i}`)).filter((value) => value !== undefined);
    expect(left.length).toBeLessThanOrEqual(16);
    expect(left).toContain(999);
  });

  it('keep things until those of all lists have too many bytes, the oldest go first', () => {
    const lists = Array.from({ length: 7 }, () => [...LIST]);
    for (const list of lists) makeLasting(list);
    for (const [i, list] of lists.entries()) keep(list, 'sets', i, 7 * 2 ** 20);
    // 32 MiB in all: four times 7.
    const left = [undefined, undefined, undefined, 3, 4, 5, 6];
    expect(lists.map((list) => kept(list, 'sets'))).toEqual(left);
    keep(lists[0]!, 'sets', 'too large', 9 * 2 ** 20);
    expect(lists.map((list) => kept(list, 'sets'))).toEqual(left);
    const other = [...LIST];
    keep(other, 'sets', 0, 7 * 2 ** 20);
    expect([kept(other, 'sets'), kept(lists[3]!, 'sets')]).toEqual([undefined, 3]);
  });

  it('let go of the oldest, not of what is newer under its name', () => {
    const list = [...LIST];
    makeLasting(list);
    for (let i = 0; i < 5; i++) keep(list, 'sets', i, 7 * 2 ** 20);
    expect(kept(list, 'sets')).toBe(4);
  });

  it('keep nothing under a key as long as a hostile query makes it', () => {
    const list = [...LIST];
    makeLasting(list);
    const key = 'x'.repeat(100_000);
    keep(list, key, 1, 8);
    expect(kept(list, key)).toBeUndefined();
  });

  it('take what was kept with them along when nobody has them any more', async () => {
    const watched = (bytes: number): WeakRef<object> => {
      const list = [...LIST];
      makeLasting(list);
      const value = { bytes };
      keep(list, 'sets', value, bytes);
      expect(kept(list, 'sets')).toBe(value);
      return new WeakRef(value);
    };
    const values = [watched(0), watched(1), watched(1_000_000)];
    // A reference that was looked at holds until the turn is over.
    await new Promise((resolve) => setTimeout(resolve, 0));
    collectGarbage();
    expect(values.map((value) => value.deref())).toEqual([undefined, undefined, undefined]);
  });

  it('are grouped alike the second time, for the same memory', async () => {
    const lasting = [...LIST];
    makeLasting(lasting);
    for (const [grouping, without] of [
      [['a'], false],
      [['a'], true],
      [['b', 'a'], false],
      [[], false],
    ] as const) {
      const runs = [];
      for (const labels of [LIST, lasting, lasting]) {
        const budget = unlimited();
        const { groupOf, labels: groups } = await groupRows({ labels, dropName: null }, grouping, without, budget);
        runs.push({ groupOf: [...groupOf], groups: groups.map(String), bytes: budget.bytes });
      }
      expect(runs[1]).toEqual(runs[0]);
      expect(runs[2]).toEqual(runs[0]);
    }
  });
});

function unlimited(): QueryBudget {
  return new QueryBudget({
    samplesMax: 1e9,
    bytesMax: 1e9,
    timeoutMs: 1e9,
    clock: { now: () => 0, monotonic: () => 0, after: () => () => {} },
    signal: new AbortController().signal,
    pause: () => Promise.resolve(),
    pauseAfterMs: 1e9,
  });
}
