import { expect, test } from 'vitest';
import type { Call } from '../call.ts';
import { Form } from '../form.ts';
import { instantEvaluation, rangeEvaluation } from './query.ts';

function callWith(parameters: Readonly<Record<string, string>>): Call {
  const form = new Form();
  for (const [name, value] of Object.entries(parameters)) form.append(name, value);
  return { form, deps: { clock: { now: () => 0 } } } as unknown as Call;
}

test.each([
  ['0', '10', '1', undefined],
  ['-1.5', '1000', '60', undefined],
  ['0', '10', '1.0005', { start: 0, end: 10_000, range: 10, step: 1.0005 }],
  ['1e10', '10000000010', '5', { start: 1e13, end: 1e13 + 10_000, range: 10, step: 5 }],
  ['-1e10', '9e9', '86400000', { start: -1e13, end: 9e12, range: 9_223_372_036.854776, step: 86_400_000 }],
  ['1969-12-31T23:59:59.9995Z', '1970-01-01T00:00:00.0007Z', '1', { start: -1, end: 0, range: 0.0012, step: 1 }],
])(
  'rangeEvaluation() from %s to %s by %s asks for %o where that is other than what is evaluated',
  (start, end, step, asked) => {
    expect(rangeEvaluation(callWith({ start, end, step })).asked).toEqual(asked);
  },
);

test.each([
  ['1793498400.123', undefined],
  ['9223372036.855', { start: 9_223_372_036_855, end: 9_223_372_036_855, range: 0, step: 0 }],
  ['-62135596801', { start: -62_135_596_801_000, end: -62_135_596_801_000, range: 0, step: 0 }],
])('instantEvaluation() at %s asks for %o', (time, asked) => {
  expect(instantEvaluation(callWith({ time })).asked).toEqual(asked);
});
