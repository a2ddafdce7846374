import { expect, test } from 'vitest';
import { loaded } from '../../test/support/ask-engine.ts';
import { testEngine } from '../../test/support/test-engine.ts';
import { type Clock, systemClock } from '../std/clock.ts';
import { ManualClock } from '../std/manual-clock.ts';
import type { ExplainedNode } from './plan/explain.ts';
import { Annotations } from './steps/annotations.ts';

const storage = loaded('load 30s\n  a{x="1"} 0+1x20\n  a{x="2"} 5x20\n  b{x="1"} 7x20');

function analyze(text: string, pause: () => Promise<void> = () => Promise.resolve(), clock: Clock = systemClock) {
  const engine = testEngine({
    samplesMax: 100_000,
    clock,
  });
  const times = { kind: 'range', start: 300_000, end: 600_000, step: 60_000, lookbackMs: 300_000 } as const;
  const { signal } = new AbortController();
  const options = { timeoutMs: 10_000, signal, pause, pauseAfterMs: -1, countSteps: false };
  return engine.analyze(engine.prepare(text, times), storage, new Annotations(), options);
}

/** `node: series, samples` of every node, inputs behind what uses them. */
function gives({ node, cost, inputs }: ExplainedNode): string[] {
  return [`${node}: ${cost!.series}, ${cost!.samples}`, ...inputs.flatMap(gives)];
}

test('analyze() tells what every node gave', async () => {
  const { explanation } = await analyze('sum(rate(a[2m])) * scalar(b) + max_over_time(sum(b)[2m:1m] @ end())');
  expect(gives(explanation.plan)).toEqual([
    'vectorBinary: 1, 6',
    'vectorScalar: 1, 6',
    'aggregate: 1, 6',
    'rangeCall: 2, 12',
    // 2m before the first of six steps to the last: (180, 600] in steps of 30s, of two series.
    'rangeSelect: 2, 28',
    'scalarOf: 0, 6',
    'instantSelect: 1, 6',
    'invariantVector: 1, 6',
    'rangeCall: 1, 1',
    'subquery: 1, 2',
    'aggregate: 1, 2',
    'instantSelect: 1, 2',
  ]);
  expect(explanation.analysis).toMatchObject({ series: 1, samples: 6 });
});

test('analyze() adds up to the whole', async () => {
  const { explanation, outcome } = await analyze('sum(a) / sum(a)');
  const nodes = (node: ExplainedNode): ExplainedNode[] => [node, ...node.inputs.flatMap(nodes)];
  const all = nodes(explanation.plan);
  const own = all.reduce((sum, { cost }) => sum + cost!.ownMilliseconds, 0);
  expect(explanation.plan.cost!.milliseconds).toBeCloseTo(own, 6);
  for (const { cost, inputs } of all) {
    const below = inputs.reduce((sum, input) => sum + input.cost!.milliseconds, 0);
    expect(cost!.milliseconds).toBeCloseTo(cost!.ownMilliseconds + below, 6);
  }
  const bytes = all.reduce((sum, { cost }) => sum + cost!.bytes, 0);
  // Nearly: what is let go of before the end counts for its node alone, what the answer takes for the query alone.
  expect(bytes / outcome.bytes).toBeCloseTo(1, 1);
});

test('analyze() does not count the turns of others', async () => {
  let paused = 0;
  // It goes on while the query waits, and stands still while it runs.
  const clock = new ManualClock();
  const pause = async () => {
    paused++;
    clock.advance(40);
  };
  const { explanation } = await analyze('sum(a) + max(b)', pause, clock);
  expect(paused).toBeGreaterThan(2);
  expect(explanation.plan.cost!.milliseconds).toBe(0);
});
