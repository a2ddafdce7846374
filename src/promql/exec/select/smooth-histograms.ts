import { blockEnd, type Spend } from '../../../kernels/blocks.ts';
import { firstLater } from '../../../kernels/first-later.ts';
import { CUSTOM_BUCKETS_SCHEMA, type FloatHistogram } from '../../../model/histogram.ts';
import { addHistograms, scaleHistogram, subtractHistograms, withHint } from '../../../model/histogram-ops.ts';
import { isCounterReset } from '../../../model/histogram-resets.ts';
import { histogramWork } from '../../../model/histogram-work.ts';
import type { SampleColumn } from '../../../storage/query.ts';
import {
  mismatchedCustomBuckets,
  mixedExponentialCustom,
  mixedFloatsHistograms,
} from '../../functions/annotation-texts.ts';
import type { Annotations } from '../../steps/annotations.ts';
import type { StepColumn } from '../../steps/step-column.ts';
import type { PositionRange } from '../../syntax/ast.ts';
import type { LookTimes } from './fill-newest.ts';
import { NeighbourScan, valueBetween } from './smooth-floats.ts';

export interface SmoothingNotes {
  readonly metricName: string;
  readonly annotations: Annotations;
  readonly position: PositionRange;
}

/** Like `fillSmoothed` for series with histograms; steps that see both kinds of samples have no value. */
export function fillSmoothedMixed(
  samples: SampleColumn,
  look: LookTimes,
  out: StepColumn,
  spend: Spend,
  notes: SmoothingNotes,
): void {
  const { times, values, length } = samples;
  const source = samples.histograms!;
  const { present } = out;
  const histograms: (FloatHistogram | undefined)[] = new Array(present.length).fill(undefined);
  const scan = new NeighbourScan(times, length, look.lookback);
  /** How many of the first k samples are floats. */
  const floatsUpTo = new Uint32Array(length + 1);
  for (let i = 0; i < length; ) {
    const stop = blockEnd(i, length, spend);
    for (; i < stop; i++) floatsUpTo[i + 1] = floatsUpTo[i]! + (source[i] === undefined ? 1 : 0);
  }
  let from = 0;
  let to = 0;
  for (let i = 0; i < present.length; i++) {
    const time = look.first + i * look.step;
    if (to < length && times[to]! <= time + look.lookback) to = firstLater(times, to, length, time + look.lookback);
    if (from < to && times[from]! <= time - look.lookback) from = firstLater(times, from, to, time - look.lookback);
    const { before, after } = scan.at(time);
    present[i] = 0;
    spend(histogramWork(source[after] ?? source[before]));
    const hasFloats = floatsUpTo[to]! > floatsUpTo[from]!;
    const hasHistograms = to - from > floatsUpTo[to]! - floatsUpTo[from]!;
    if (hasFloats && hasHistograms) {
      notes.annotations.warn(mixedFloatsHistograms(notes.metricName), notes.position);
      continue;
    }
    const isExact = after >= 0 && times[after] === time;
    if (hasFloats) {
      if (!isExact && before < 0) continue;
      present[i] = 1;
      if (isExact) out.values[i] = values[after]!;
      else out.values[i] = after >= 0 ? valueBetween(samples, before, after, time) : values[before]!;
      continue;
    }
    let histogram: FloatHistogram | null = null;
    if (isExact) histogram = source[after]!;
    else if (before >= 0 && after >= 0) {
      const fraction = (time - times[before]!) / (times[after]! - times[before]!);
      histogram = histogramBetween(source[before]!, source[after]!, fraction, notes);
    } else if (before >= 0) histogram = withHint(source[before]!, 'unknown');
    if (histogram === null) continue;
    present[i] = 1;
    histograms[i] = histogram;
  }
  out.histograms = histograms;
}

/** Null, and a warning, where the two can not be subtracted. A reset between counters counts from zero. */
function histogramBetween(
  before: FloatHistogram,
  after: FloatHistogram,
  fraction: number,
  { metricName, annotations, position }: SmoothingNotes,
): FloatHistogram | null {
  if ((before.schema === CUSTOM_BUCKETS_SCHEMA) !== (after.schema === CUSTOM_BUCKETS_SCHEMA)) {
    annotations.warn(mixedExponentialCustom(metricName), position);
    return null;
  }
  const areGauges = before.counterResetHint === 'gauge' && after.counterResetHint === 'gauge';
  if (!areGauges && isCounterReset(after, before)) return scaleHistogram(after, fraction);
  const difference = subtractHistograms(after, before);
  if (difference === null) return null;
  if (difference.boundsReconciled) annotations.info(mismatchedCustomBuckets('subtraction'), position);
  const sum = addHistograms(scaleHistogram(difference.histogram, fraction), before);
  if (sum?.boundsReconciled) annotations.info(mismatchedCustomBuckets('addition'), position);
  return sum === null ? null : sum.histogram;
}
