import { expect, test } from 'vitest';
import { ManualClock } from '../../std/manual-clock.ts';
import { Engine } from '../engine.ts';
import { functionImplementations } from '../functions/registry.ts';
import { ALL_PARSER_OPTIONS } from '../syntax/options.ts';
import { explanationText } from './explain.ts';

const engine = new Engine({
  samplesMax: 1000,
  defaultSubqueryStepMs: () => 60_000,
  parser: ALL_PARSER_OPTIONS,
  features: { delayedNameRemoval: false, useStartTimestamps: false, typeAndUnitLabels: false },
  functions: functionImplementations,
  clock: new ManualClock(),
});

function explain(text: string, step = 0) {
  const parameters = { start: 1_000_000, end: step === 0 ? 1_000_000 : 1_600_000, step, lookbackMs: 300_000 };
  return engine.explain(engine.prepare(text, { kind: step === 0 ? 'instant' : 'range', ...parameters }));
}

test('explain() shows the plan as a tree, with the passes that changed it and what is read', () => {
  const text = explanationText(
    explain('sum by (job) (rate(a{x=~"y.*"}[5m] offset 1m)) / on (job) (b @ end())', 60_000),
  );
  expect(text).toBe(`times: 1000 to 1600, every 1m
passes:
  - keep-histogram-statistics: changes nothing
  + hoist-step-invariant: evaluates what is the same on all steps once
selectors:
  {x=~"y.*",__name__="a"} reads 640.001 to 1540
  {__name__="b"} reads 1300.001 to 1600
plan:
  vectorBinary / one-to-one on (job)
  ├─ aggregate sum by (job)
  │  └─ rangeCall rate
  │     └─ rangeSelect {x=~"y.*",__name__="a"}[5m] offset 1m
  └─ invariantVector
     └─ instantSelect {__name__="b"} @ 1600
`);
});

test('explain() names what a pass does to a selector', () => {
  const { passes, plan } = explain('histogram_count(h)');
  expect(passes.map(({ name, applied }) => [name, applied])).toContainEqual(['keep-histogram-statistics', true]);
  expect(plan.inputs).toEqual([{ node: 'instantSelect', detail: '{__name__="h"} without buckets', inputs: [] }]);
});

test('explain() resolves the default step of a subquery and tells the samples that it reads', () => {
  const { plan, selectors } = explain('max_over_time(a[10m:])');
  expect(plan.inputs[0]).toMatchObject({ node: 'subquery', detail: '[10m:1m]' });
  expect(selectors).toEqual([{ matchers: ['__name__="a"'], minTime: 120_001, maxTime: 960_000 }]);
});

test('explain() covers the other nodes', () => {
  const texts: [string, string][] = [
    ['"x"', 'string "x"'],
    ['1e9', 'number 1e+09'],
    ['-time()', 'negateScalar'],
    ['sort_by_label(a, "b")', 'sortByLabel sort_by_label b'],
    ['label_join(a, "b", ",", "c")', 'labelCall label_join "b", ",", "c"'],
    ['a unless ignoring (x) b', 'setOperation unless many-to-many ignoring (x)'],
    ['a + on (y) fill (0) b', 'vectorBinary + one-to-one on (y) fill_left 0 fill_right 0'],
    ['count_values("v", a)', 'aggregate count_values into v'],
    ['rate(a[5m] anchored)', 'rangeCall rate'],
    ['timestamp(a)', 'instantSelect {__name__="a"} takes time'],
  ];
  for (const [query, line] of texts) {
    const { node, detail } = explain(query, 0).plan;
    expect(`${node} ${detail}`.trim(), query).toBe(line);
  }
});

test('explain() refuses a plan that nobody could read', () => {
  expect(() => explain(Array.from({ length: 300 }, () => 'a').join(' + '))).toThrow(
    'cannot explain the query: its plan is 300 levels deep, 250 are shown',
  );
});
