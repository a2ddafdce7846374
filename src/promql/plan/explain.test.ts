import { expect, test } from 'vitest';
import { testEngine } from '../../../test/support/test-engine.ts';
import { ManualClock } from '../../std/manual-clock.ts';
import { explanationText } from './explain.ts';
import { PASSES } from './passes/passes.ts';

const engine = testEngine({
  samplesMax: 1000,
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
  - fold-constants: changes nothing
  - propagate-matchers: changes nothing
  + hoist-step-invariant: evaluates what is the same on all steps once
  - drop-labels: changes nothing
  - share-subexpressions: changes nothing
  - share-selectors: changes nothing
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

test('explain() names how a selector reads', () => {
  const { plan } = explain('histogram_count(h)');
  expect(plan.inputs).toEqual([{ node: 'instantSelect', detail: '{__name__="h"} without buckets', inputs: [] }]);
});

/** The lines of the plan after one pass alone. */
function planWith(pass: string, text: string): string[] {
  const others = new Set(PASSES.map(({ name }) => name).filter((name) => name !== pass));
  const query = engine.prepare(text, { kind: 'range', start: 1e6, end: 1.6e6, step: 60_000, lookbackMs: 300_000 });
  const lines = explanationText(engine.explain(query, others)).split('\n');
  return lines.slice(lines.indexOf('plan:') + 1, -1).map((line) => line.slice(2));
}

test.each([
  ['fold-constants', '(1 + 2) * x > bool -(pi())', ['vectorScalar > bool']],
  [
    'propagate-matchers',
    'a{x="1"} and b',
    ['├─ instantSelect {x="1",__name__="a"}', '└─ instantSelect {__name__="b",x="1"}'],
  ],
  ['propagate-matchers', 'a{x="1"} and on (y) b', ['└─ instantSelect {__name__="b"}']],
  ['propagate-matchers', 'a * on (x) count by (x) (b{x!="1"})', ['├─ instantSelect {__name__="a",x!="1"}']],
  // Two series of b may be in one match group, which is an error whatever a has.
  ['propagate-matchers', 'a{x="1"} * on (x) b', ['└─ instantSelect {__name__="b"}']],
  // What is left out may be what rate() complains of: the name is hardly a counter's.
  ['propagate-matchers', 'a{x="1"} and rate(b[5m])', ['   └─ rangeSelect {__name__="b"}[5m]']],
  [
    'propagate-matchers',
    'a{x="1"} and rate(b_total[5m])',
    ['   └─ rangeSelect {__name__="b_total"}[5m] where all are floats without type and unit {x="1"}'],
  ],
  [
    'propagate-matchers',
    'sum by (x) (rate(a_total{x="1"}[5m])) / sum by (x) (rate(b_total[5m]))',
    ['      └─ rangeSelect {__name__="b_total"}[5m] where all are floats without type and unit {x="1"}'],
  ],
  [
    'propagate-matchers',
    'a{x="1"} * on (x) group_left () max by (x) (label_replace(b{z=""}, "z", "$1", "y", "(.*)") > 1)',
    ['      │  └─ instantSelect {z="",__name__="b"} where all are floats without type and unit {x="1"}'],
  ],
  [
    'propagate-matchers',
    'min_over_time(a[5m]) / (max_over_time(b[5m]) - max_over_time(c{x="1"}[5m]))',
    [
      '│  └─ rangeSelect {__name__="a"}[5m] where all are floats without type and unit {x="1"}',
      '   │  └─ rangeSelect {__name__="b"}[5m] where all are floats without type and unit {x="1"}',
    ],
  ],
  // Equal series may come of different ones.
  [
    'propagate-matchers',
    'a{x="1"} and label_replace(b, "z", "$1", "y", "(.*)")',
    ['   └─ instantSelect {__name__="b"}'],
  ],
  [
    'propagate-matchers',
    'a{x="1"} / on (x) group_left () rate(b_total[5m])',
    ['   └─ rangeSelect {__name__="b_total"}[5m]'],
  ],
  ['drop-labels', 'sum(rate(a[5m]))', ['└─ rangeCall rate', '   └─ rangeSelect {__name__="a"}[5m] without labels']],
  ['drop-labels', 'sum by (x) (a)', ['└─ instantSelect {__name__="a"}']],
  [
    'share-subexpressions',
    'sum(a) - (sum(a) + 1) > scalar(b) + scalar(b)',
    ['│  ├─ sharedVector #1', '│  │  └─ aggregate sum', '│     ├─ sharedVector #1', '   └─ sharedScalar #2'],
  ],
  ['share-subexpressions', 'a - a', ['├─ instantSelect {__name__="a"}', '└─ instantSelect {__name__="a"}']],
  ['share-selectors', 'min_over_time(a[5m]) - max_over_time(a[5m])', ['   └─ rangeSelect {__name__="a"}[5m] shared']],
])('%s: %s', (pass, text, lines) => {
  const plan = planWith(pass, text);
  for (const line of lines) expect(plan, plan.join('\n')).toContain(line);
});

test('explain() leaves out the passes that it is told to', () => {
  const query = engine.prepare('1 + 1', { kind: 'instant', start: 0, end: 0, step: 0, lookbackMs: 300_000 });
  const { passes, plan } = engine.explain(query, new Set(['fold-constants']));
  expect(passes.map(({ name }) => name)).not.toContain('fold-constants');
  expect(plan.inputs.map(({ node }) => node)).toEqual(['scalarBinary']);
  expect(engine.explain(query).plan).toEqual({ node: 'number', detail: '2', inputs: [] });
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
