import fc from 'fast-check';
import { expect, test } from 'vitest';
import { labelsFromObject } from '../../model/labels.ts';
import type { Matcher } from '../../model/matcher.ts';
import { matchersToRows } from '../select/matchers-to-rows.ts';
import { HeadMemory } from './head-memory.ts';
import { HeadRowIndex } from './head-row-index.ts';
import { SeriesDirectory } from './series-directory.ts';

/** So many values that a pattern meets them, and their rows are marked, in several steps. */
const SERIES = 5000;

const QUERIES: readonly (readonly Matcher[])[] = [
  [{ type: '=~', name: 'id', value: '.*1.*' }],
  [{ type: '!~', name: 'id', value: '.*1.*' }],
  [{ type: '!=', name: 'odd', value: 'yes' }],
  [{ type: '=~', name: 'tens', value: '.+' }],
  [
    { type: '=~', name: 'tens', value: '1..|2..' },
    { type: '!~', name: 'id', value: '.*[37]' },
  ],
  [
    { type: '=', name: 'odd', value: 'yes' },
    { type: '=~', name: 'id', value: '.*2.*' },
    { type: '!~', name: 'tens', value: '[1-9]..' },
  ],
  [],
];

test('choose() and settle() give what is there in the end, whatever comes and goes between steps', () => {
  const change = fc.record({
    afterSteps: fc.integer({ min: 0, max: 1500 }),
    added: fc.array(fc.integer({ min: SERIES, max: 2 * SERIES }), { maxLength: 20 }),
    removed: fc.array(fc.integer({ min: 0, max: SERIES }), { maxLength: 20 }),
  });
  fc.assert(
    fc.property(fc.constantFrom(...QUERIES), fc.array(change, { minLength: 1, maxLength: 8 }), (matchers, changes) => {
      const { directory, memory, rowIndex } = filled();
      memory.epochs.pin();
      const queue = changes.toSorted((a, b) => a.afterSteps - b.afterSteps);
      const steps = rowIndex.choose(matchers);
      let steppedOver = 0;
      let step = steps.next();
      for (; step.done !== true; step = steps.next(), steppedOver++) {
        while (queue.length > 0 && queue[0]!.afterSteps <= steppedOver) apply(directory, queue.shift()!);
      }
      for (const last of queue) apply(directory, last);
      const live = new Set(memory.series.liveRows());
      const settled = [...rowIndex.settle(step.value)].filter((row) => live.has(row));
      expect(settled.toSorted((a, b) => a - b)).toEqual([...matchersToRows(rowIndex, matchers)]);
    }),
    { numRuns: 40 },
  );
});

test('many new series are looked at before the choice is settled', () => {
  const { directory, rowIndex } = filled();
  const matchers: readonly Matcher[] = [{ type: '=~', name: 'id', value: '.*1.*' }];
  const steps = rowIndex.choose(matchers);
  steps.next();
  for (let id = SERIES; id < SERIES + 10_001; id++) directory.resolve(labelsOf(id));
  let step = steps.next();
  while (step.done !== true) step = steps.next();
  expect(step.value.added).toHaveLength(10_001);
  expect(step.value.added.length - step.value.seen).toBeLessThan(2000);
  directory.resolve(labelsOf(SERIES + 10_001));
  expect(rowIndex.settle(step.value).sort()).toEqual(matchersToRows(rowIndex, matchers));
});

test('a choice that is given up, or ends early, watches no longer', () => {
  const { directory, rowIndex } = filled();
  const steps = rowIndex.choose([]);
  let step = steps.next();
  while (step.done !== true) step = steps.next();
  rowIndex.giveUp(step.value);
  directory.resolve(labelsOf(SERIES));
  expect(step.value.added).toEqual([]);
  expect(() => rowIndex.choose([{ type: '=~', name: 'id', value: '(' }]).next()).toThrow('missing closing )');
});

function filled() {
  const memory = new HeadMemory();
  const directory = new SeriesDirectory(memory);
  for (let id = 0; id < SERIES; id++) directory.resolve(labelsOf(id));
  return { directory, memory, rowIndex: new HeadRowIndex(memory, directory.labelIndex) };
}

function labelsOf(id: number) {
  const tens = String(Math.floor(id / 10));
  return labelsFromObject({ id: String(id), tens, ...(id % 2 === 1 ? { odd: 'yes' } : {}) });
}

function apply(directory: SeriesDirectory, { added, removed }: { added: number[]; removed: number[] }): void {
  for (const id of added) directory.resolve(labelsOf(id));
  const refs = removed.map((id) => directory.find(labelsOf(id))).filter((ref) => ref > 0);
  if (refs.length > 0) directory.remove(Float64Array.from(new Set(refs)));
}
