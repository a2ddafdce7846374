import { expect, test } from 'vitest';
import { printerOf } from './query-output.ts';

test('JSON of a histogram without buckets has null for them, as the reference prints it', () => {
  const histogram = [1.5, { count: '0', sum: '1e-07' }] as const;
  const text = printerOf('json').value({ resultType: 'vector', result: [{ metric: { i: '1' }, histogram }] });
  expect(text).toBe('[{"metric":{"i":"1"},"histogram":[1.5,{"count":"0","sum":"0.0000001","buckets":null}]}]\n');
});
