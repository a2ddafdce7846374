import type {
  FunctionContext,
  FunctionImplementation,
  FunctionRegistry,
  InstantFunction,
  RangeFunction,
} from '../../src/promql/functions/contracts.ts';

/** A handful of functions, as simple as can be, for tests of the engine alone. */
export const fewFunctions: FunctionRegistry = {
  vector: { kind: 'engine' },
  scalar: { kind: 'engine' },
  absent: { kind: 'engine' },
  absent_over_time: { kind: 'engine' },
  timestamp: { kind: 'engine' },
  start: { kind: 'engine' },
  time: { kind: 'scalar', run: (out, context) => fillSeconds(out, context) },
  abs: instant(Math.abs),
  sum_over_time: range((values) => values.reduce((sum, value) => sum + value, 0)),
  count_over_time: range((values) => values.length),
  last_over_time: { ...range((values) => values.at(-1)!), keepsName: true } as FunctionImplementation,
  sort: { kind: 'sortByValue', descending: false },
  sort_desc: { kind: 'sortByValue', descending: true },
  label_replace: {
    kind: 'labels',
    run: {
      prepare:
        ([target, value]) =>
        (labels) =>
          labels.with(target!, value!),
    },
  },
  hour: { kind: 'instant', run: each((value) => Math.floor(value / 3600) % 24), vectorArgument: 0 },
};

function fillSeconds(out: Float64Array, { grid }: FunctionContext): void {
  for (let i = 0; i < out.length; i++) out[i] = (grid.start + i * grid.step) / 1000;
}

function instant(apply: (value: number) => number): FunctionImplementation {
  return { kind: 'instant', run: each(apply), vectorArgument: 0 };
}

function each(apply: (value: number) => number): InstantFunction {
  return (input, out) => {
    for (let i = 0; i < input.values.length; i++) {
      out.values[i] = apply(input.values[i]!);
      out.present[i] = input.present[i]!;
    }
  };
}

function range(reduce: (values: readonly number[]) => number): FunctionImplementation {
  const run: RangeFunction = (samples, window, out) => {
    for (let i = 0; i < window.count; i++) {
      const end = window.firstEnd + i * window.step;
      const inside: number[] = [];
      for (let j = 0; j < samples.length; j++) {
        if (samples.times[j]! > end - window.range && samples.times[j]! <= end) inside.push(samples.values[j]!);
      }
      out.present[i] = inside.length === 0 ? 0 : 1;
      if (inside.length > 0) out.values[i] = reduce(inside);
    }
  };
  return { kind: 'range', run, rangeArgument: 0, keepsName: false };
}
