import { untold } from '../../src/kernels/blocks.ts';
import { Labels } from '../../src/model/labels.ts';
import type { RangeContext } from '../../src/promql/functions/contracts.ts';
import { functionImplementations } from '../../src/promql/functions/registry.ts';
import { WorkArrays } from '../../src/promql/functions/work-arrays.ts';
import { Annotations } from '../../src/promql/steps/annotations.ts';
import type { Window } from '../../src/promql/steps/grid.ts';
import { createStepColumn } from '../../src/promql/steps/step-column.ts';
import { createSampleColumn, type SampleColumn } from '../../src/storage/query.ts';
import { bestSeconds, type KernelResult, resultHash } from '../kernel-bench.ts';

const SAMPLE_DISTANCE_MS = 15_000;
const START_MS = 1_700_000_000_000;

const FUNCTIONS: readonly (readonly [string, (i: number) => number, readonly number[]])[] = [
  ['rate', counter, []],
  ['irate', counter, []],
  ['resets', counter, []],
  ['sum_over_time', integer, []],
  ['sum_over_time', decimal, []],
  ['avg_over_time', decimal, []],
  ['max_over_time', decimal, []],
  ['stddev_over_time', decimal, []],
  ['quantile_over_time', decimal, [0.9]],
  ['deriv', decimal, []],
  ['last_over_time', decimal, []],
];

/** Range functions over one series sampled every 15 s: 1,000 steps of 15 s, windows of 5 m and of 1 h. */
export function run(smoke: boolean): readonly KernelResult[] {
  const steps = smoke ? 50 : 1000;
  return FUNCTIONS.flatMap(([name, value, args]) =>
    [5, 60].map((minutes) => benchFunction(name, value, args, minutes, steps, smoke ? 1 : 100)),
  );
}

function benchFunction(
  name: string,
  value: (i: number) => number,
  args: readonly number[],
  minutes: number,
  steps: number,
  repeats: number,
): KernelResult {
  const implementation = functionImplementations[name]!;
  if (implementation.kind !== 'range') throw new Error(`Cannot measure ${name}: it takes no range`);
  const window: Window = { firstEnd: START_MS, step: SAMPLE_DISTANCE_MS, count: steps, range: minutes * 60_000 };
  const samples = series(window, value);
  const context = contextOf(window, args);
  const out = createStepColumn(steps);
  const seconds = bestSeconds(() => {
    for (let i = 0; i < repeats; i++) implementation.run(samples, window, out, context);
  }, 10);
  const rate = (seconds / repeats / steps) * 1e9;
  const hash = resultHash(out.values, out.present);
  return { name: `${name}[${minutes}m], ${value.name}`, unit: 'ns/step', rate, hash };
}

function series({ firstEnd, step, count, range }: Window, value: (i: number) => number): SampleColumn {
  const length = Math.ceil((range + step * count) / SAMPLE_DISTANCE_MS);
  const column = createSampleColumn(length);
  column.length = length;
  for (let i = 0; i < length; i++) {
    column.times[i] = firstEnd - range + i * SAMPLE_DISTANCE_MS + ((i * 7919) % 400);
    column.values[i] = value(i);
  }
  return column;
}

/** A counter that is reset every 1,000 samples. */
function counter(i: number): number {
  return (i % 1000) * 8 + ((i * 31) % 8);
}

function integer(i: number): number {
  return (i * 7919) % 1000;
}

function decimal(i: number): number {
  return 50 + Math.round(20_000 * Math.sin(i / 7)) / 1000 + integer(i) / 1000;
}

function contextOf({ firstEnd, step, count }: Window, args: readonly number[]): RangeContext {
  const position = { start: 0, end: 1 };
  return {
    grid: { start: firstEnd, step, count },
    args: args.map((value) => new Float64Array(count).fill(value)),
    annotations: new Annotations(),
    metricName: '',
    position,
    argPositions: [position, position],
    features: { delayedNameRemoval: false, useStartTimestamps: false, typeAndUnitLabels: false },
    extension: 'none',
    lookbackMs: 300_000,
    bounds: null,
    spend: untold,
    work: new WorkArrays(untold),
    labels: Labels.EMPTY,
  };
}
