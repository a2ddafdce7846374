import { blockEnd } from '../../../kernels/blocks.ts';
import { firstLater } from '../../../kernels/first-later.ts';
import type { FloatHistogram } from '../../../model/histogram.ts';
import { STALE_HIGH, STALE_LOW } from '../../../model/stale.ts';
import type { SampleColumn } from '../../../storage/query.ts';
import type { StepColumn } from '../../steps/step-column.ts';
import type { QueryBudget } from '../budget.ts';

/** Where there are so many samples a step, the newest is searched for; else it is walked to from the one before. */
const SEARCHED_SAMPLES = 32;

/** Where an instant selector looks: step i at `first + i * step`, at samples younger than `lookback`. */
export interface LookTimes {
  readonly first: number;
  /** 0 with `@`. */
  readonly step: number;
  readonly lookback: number;
}

/**
 * Fills `out` with the newest sample in `(t - lookback, t]` of every step. A stale marker there means no value; it is
 * recognised by its bits. `source` holds what is taken of each sample: its values, or its times.
 */
export function fillNewest(
  samples: SampleColumn,
  look: LookTimes,
  source: Float64Array,
  out: StepColumn,
  budget: QueryBudget,
): void {
  const { times, bits, length } = samples;
  const markers = samples.values;
  const { values, present } = out;
  const { first, step, lookback } = look;
  const count = present.length;
  // Of the newest sample so far: until when it is shown, which is never for a marker, and what is taken of it.
  let shownUntil = Number.NEGATIVE_INFINITY;
  let taken = 0;
  const searches = length > SEARCHED_SAMPLES * count;
  let next = 0;
  let nextTime = length > 0 ? times[0]! : Number.POSITIVE_INFINITY;
  for (let i = 0; i < count; ) {
    const stop = blockEnd(i, count, budget.spending);
    for (; i < stop; i++) {
      const time = first + i * step;
      if (nextTime <= time) {
        if (searches) next = firstLater(times, next, length, time) - 1;
        do nextTime = ++next < length ? times[next]! : Number.POSITIVE_INFINITY;
        while (nextTime <= time);
        const at = next - 1;
        const value = markers[at]!;
        // biome-ignore lint/suspicious/noSelfCompare: only a NaN can be a marker, and few are
        const isMarker = value !== value && bits[2 * at] === STALE_LOW && bits[2 * at + 1] === STALE_HIGH;
        shownUntil = isMarker ? Number.NEGATIVE_INFINITY : times[at]! + lookback;
        taken = source[at]!;
      }
      if (time < shownUntil) {
        present[i] = 1;
        values[i] = taken;
      } else {
        present[i] = 0;
      }
    }
  }
}

/** Adds the histograms that the steps of `out`, filled by `fillNewest`, have found. */
export function addNewestHistograms(
  samples: SampleColumn,
  look: LookTimes,
  out: StepColumn,
  budget: QueryBudget,
): void {
  const { times, length } = samples;
  const source = samples.histograms!;
  const { present } = out;
  const { first, step } = look;
  const histograms: (FloatHistogram | undefined)[] = new Array(present.length).fill(undefined);
  let next = 0;
  let found = false;
  for (let i = 0; i < present.length; ) {
    const stop = blockEnd(i, present.length, budget.spending);
    for (; i < stop; i++) {
      const time = first + i * step;
      if (next < length && times[next]! <= time) next = firstLater(times, next, length, time);
      if (present[i] === 0) continue;
      const histogram = source[next - 1];
      if (histogram === undefined) continue;
      if (isStaleHistogram(histogram)) {
        present[i] = 0;
        continue;
      }
      histograms[i] = histogram;
      found = true;
    }
  }
  if (found) out.histograms = histograms;
}

const scratch = new Float64Array(1);
const scratchBits = new Uint32Array(scratch.buffer);

/** A series of histograms may be ended by a histogram whose sum is the stale marker. */
export function isStaleHistogram(histogram: FloatHistogram): boolean {
  if (!Number.isNaN(histogram.sum)) return false;
  scratch[0] = histogram.sum;
  return scratchBits[0] === STALE_LOW && scratchBits[1] === STALE_HIGH;
}
