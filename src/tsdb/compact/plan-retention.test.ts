import { describe, expect, it } from 'vitest';
import { planRetention, type RetainedBlock, type RetentionLimits, retentionBytes } from './plan-retention.ts';

const NO_LIMITS: RetentionLimits = { durationMs: 0, bytes: 0, percentage: 0, fileSystemBytes: 1000 };

function block(ulid: string, maxTime: number, bytes = 10, more: Partial<RetainedBlock> = {}): RetainedBlock {
  return { ulid, maxTime, bytes, deletable: false, parents: [], ...more };
}

const FOUR = [block('b', 200), block('d', 400), block('a', 100), block('c', 300)];

function plan(blocks: readonly RetainedBlock[], limits: Partial<RetentionLimits>, headBytes = 0) {
  return planRetention(blocks, { ...NO_LIMITS, ...limits }, headBytes);
}

describe('planRetention()', () => {
  it('keeps everything where there is no limit', () => {
    expect(plan(FOUR, {})).toEqual({ remove: [], byTime: false, bySize: false });
    expect(plan([], { durationMs: 10, bytes: 10 }).remove).toEqual([]);
  });

  it.each([
    [301, []],
    [300, ['a']],
    [200, ['a', 'b']],
    [150, ['a', 'b']],
    [1, ['a', 'b', 'c']],
  ])('lets blocks go that end %d ms before the newest one', (durationMs, remove) => {
    expect(plan(FOUR, { durationMs })).toEqual({ remove, byTime: remove.length > 0, bySize: false });
  });

  it.each([
    [40, 0, []],
    [39, 0, ['a']],
    [40, 1, ['a']],
    [25, 0, ['a', 'b']],
    [10, 10, ['a', 'b', 'c', 'd']],
  ])('lets the oldest go where %d bytes do not hold them and %d of the head', (bytes, headBytes, remove) => {
    expect(plan(FOUR, { bytes }, headBytes)).toEqual({ remove, byTime: false, bySize: remove.length > 0 });
  });

  it('lets everything older go with a block that does not fit', () => {
    const blocks = [block('a', 100, 1), block('b', 200, 50), block('c', 300, 5)];
    expect(plan(blocks, { bytes: 20 }).remove).toEqual(['a', 'b']);
  });

  it('takes a share of the file system before a number of bytes', () => {
    expect(retentionBytes({ ...NO_LIMITS, bytes: 5, percentage: 2.5 })).toBe(25);
    expect(retentionBytes({ ...NO_LIMITS, bytes: 5, percentage: 2.5, fileSystemBytes: 0 })).toBe(5);
    expect(plan(FOUR, { bytes: 5, percentage: 2.5 }).remove).toEqual(['a', 'b']);
  });

  it('lets empty and replaced blocks go, whatever their age', () => {
    const blocks = [
      block('a', 100),
      block('b', 200, 10, { deletable: true }),
      block('c', 300),
      block('d', 300, 10, { parents: [{ ulid: 'c' }, { ulid: 'gone' }] }),
    ];
    expect(plan(blocks, {}).remove).toEqual(['b', 'c']);
  });
});
