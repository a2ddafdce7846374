import { expect, test } from 'vitest';
import { askEngine, loaded } from '../../../../test/support/ask-engine.ts';
import { functionImplementations } from '../../functions/registry.ts';

test('start_timestamp() gives nothing where start times are off, and what it read counts', async () => {
  const queryable = loaded('load 1m\n  x{i="1"} 1x9\n  x{i="2"} 1x9');
  const options = { queryable, functions: functionImplementations };
  const { series, outcome } = await askEngine('start_timestamp(x)', { start: 0, end: 120, step: 60 }, options);
  expect(series).toEqual({});
  expect(outcome.counts.total).toBe(6);
});
