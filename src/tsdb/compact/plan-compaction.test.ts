import { describe, expect, it } from 'vitest';
import type { BlockMeta } from '../block/block-meta.ts';
import { blockRanges, type CompactionRules, planCompaction } from './plan-compaction.ts';

const RANGES = [20, 60, 180, 540];

interface Sketch {
  readonly failed?: boolean;
  readonly hints?: readonly string[];
  readonly series?: number;
  readonly tombstones?: number;
}

/** A block of a time range; ulids rise with the order in which blocks are given. */
function blocks(...sketches: readonly (readonly [minTime: number, maxTime: number, sketch?: Sketch])[]): BlockMeta[] {
  return sketches.map(([minTime, maxTime, sketch], index) => ({
    ulid: String(index).padStart(26, '0'),
    version: 1,
    minTime,
    maxTime,
    stats: {
      samples: 1,
      floatSamples: 1,
      histogramSamples: 0,
      series: sketch?.series ?? 10,
      chunks: 1,
      tombstones: sketch?.tombstones ?? 0,
    },
    level: 1,
    sources: [],
    parents: [],
    deletable: false,
    failed: sketch?.failed ?? false,
    hints: sketch?.hints ?? [],
  }));
}

function check(metas: readonly BlockMeta[], expected: readonly string[], rules?: CompactionRules): void {
  const plan = planCompaction(metas, RANGES, rules);
  expect(plan.map(({ minTime, maxTime }) => `${minTime}-${maxTime}`)).toEqual(expected);
}

describe('blockRanges()', () => {
  it('triples up to the maximum', () => {
    expect(blockRanges(20, 539)).toEqual([20, 60, 180]);
    expect(blockRanges(20, 540)).toEqual([20, 60, 180, 540]);
    expect(blockRanges(20, 10)).toEqual([20]);
    expect(blockRanges(1, 1e9)).toHaveLength(10);
  });
});

describe('planCompaction()', () => {
  it('has nothing to do with few blocks', () => {
    check([], []);
    check(blocks([0, 20]), []);
    check(blocks([0, 20], [20, 40]), []);
  });

  it('waits while another block fits into the range', () => {
    check(blocks([0, 20], [20, 40], [40, 60]), []);
  });

  it('merges a full range once a newer block exists', () => {
    check(blocks([0, 20], [20, 40], [40, 60], [60, 80]), ['0-20', '20-40', '40-60']);
  });

  it('merges a range with gaps that has passed', () => {
    check(blocks([0, 20], [40, 60], [60, 80]), ['0-20', '40-60']);
    check(blocks([0, 20], [20, 40], [60, 80], [80, 100]), ['0-20', '20-40']);
    check(blocks([0, 20], [60, 80], [80, 100]), []);
    check(blocks([20, 40], [60, 80], [80, 100], [120, 140], [140, 160]), ['60-80', '80-100']);
  });

  it('never merges the newest block', () => {
    check(blocks([0, 60], [60, 120], [120, 180]), []);
    check(blocks([0, 60], [60, 120], [120, 180], [180, 200]), ['0-60', '60-120', '120-180']);
  });

  it('goes through the widths from the smallest on', () => {
    check(blocks([0, 60], [60, 80], [80, 100], [100, 120], [120, 140], [180, 200]), ['60-80', '80-100', '100-120']);
    check(blocks([0, 180], [180, 360], [360, 540], [540, 560]), ['0-180', '180-360', '360-540']);
  });

  it('aligns ranges of negative times alike', () => {
    check(blocks([-60, -40], [-40, -20], [-20, 0], [0, 20]), ['-60--40', '-40--20', '-20-0']);
  });

  it('passes over blocks that lie in no aligned range', () => {
    check(blocks([10, 70], [70, 90], [90, 110], [110, 130], [130, 150]), ['70-90', '90-110']);
  });

  it('leaves overlapping blocks as they are where that is wished', () => {
    check(blocks([0, 20], [10, 30], [100, 120]), [], { mergesOverlapping: false });
    check(blocks([0, 20], [20, 40], [40, 60], [60, 80], [70, 90]), ['0-20', '20-40', '40-60'], {
      mergesOverlapping: false,
    });
  });

  it('merges overlapping blocks first, the newest included', () => {
    check(blocks([0, 20], [20, 40], [40, 60], [60, 80], [60, 80]), ['60-80', '60-80']);
    check(blocks([0, 20], [19, 40], [40, 60]), ['0-20', '19-40']);
    check(blocks([0, 60], [10, 20], [30, 40], [60, 80]), ['0-60', '10-20', '30-40']);
    check(blocks([0, 20], [10, 30], [40, 60], [50, 70]), ['0-20', '10-30']);
    check(blocks([0, 20], [20, 40]), []);
  });

  it('rewrites a large block that lost more than a twentieth of its series', () => {
    check(blocks([0, 540, { tombstones: 1 }], [540, 560]), ['0-540']);
    check(blocks([0, 540, { series: 19, tombstones: 1 }], [540, 560]), []);
    check(blocks([0, 540, { series: 18, tombstones: 1 }], [540, 560]), ['0-540']);
    check(blocks([0, 60, { tombstones: 5 }], [540, 560]), []);
    check(blocks([0, 60, { tombstones: 10 }], [540, 560]), ['0-60']);
    check(blocks([0, 540, { tombstones: 5 }], [540, 600], [600, 620]), []);
    check(blocks([0, 540, { tombstones: 5 }]), []);
  });

  it('leaves blocks alone that failed once', () => {
    check(blocks([0, 20, { failed: true }], [20, 40], [40, 60], [60, 80]), []);
    check(blocks([0, 20, { failed: true }], [20, 40], [40, 60], [60, 80], [80, 100], [100, 120], [120, 140]), [
      '60-80',
      '80-100',
      '100-120',
    ]);
    check(blocks([0, 20], [10, 30, { failed: true }], [40, 60], [50, 70]), ['40-60', '50-70']);
    check(blocks([0, 540, { tombstones: 5, failed: true }], [540, 560]), []);
  });

  it('merges blocks of a part of the head with their like alone, and after the others', () => {
    const stale = { hints: ['from-stale-series'] };
    const selected = { hints: ['from-selected-series'] };
    check(blocks([0, 20], [0, 20, stale], [0, 20, selected]), []);
    check(blocks([0, 20, stale], [0, 20, stale], [20, 40], [30, 50]), ['20-40', '30-50']);
    check(blocks([0, 20, stale], [0, 20, stale], [20, 40]), ['0-20', '0-20']);
    check(blocks([0, 20, selected], [10, 20, selected], [20, 40, stale]), ['0-20', '10-20']);
  });

  it('leaves out-of-order blocks alone while the head still has the other samples of their range', () => {
    const late = { hints: ['from-out-of-order'] };
    check(blocks([0, 20], [20, 40], [40, 60, late], [60, 80, late]), []);
    check(blocks([0, 20], [20, 40, late], [20, 40, late]), []);
    check(blocks([0, 20], [20, 40], [20, 40, late], [20, 40, late]), ['20-40', '20-40', '20-40']);
  });

  it('merges out-of-order blocks with the others', () => {
    check(blocks([0, 20], [0, 20, { hints: ['from-out-of-order'] }], [20, 40]), ['0-20', '0-20']);
  });

  it('stops at the first block, in the order in which they were made, that is held back', () => {
    const metas = blocks([0, 20], [20, 40], [40, 60], [60, 80]);
    check(metas, ['0-20', '20-40', '40-60'], { isHeld: () => false });
    check(metas, [], { isHeld: ({ minTime }) => minTime === 20 });
    check(blocks([0, 20], [10, 30], [100, 120], [110, 130]), ['0-20', '10-30'], {
      isHeld: ({ minTime }) => minTime === 100,
    });
  });
});
