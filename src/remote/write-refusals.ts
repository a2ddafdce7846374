import type { Histogram } from '../model/histogram.ts';
import { histogramProblem } from '../model/histogram-check.ts';
import { isTooFine, SCHEMA_MAX } from '../model/reduce-schema.ts';
import type { SampleBatch } from '../storage/append.ts';
import type { DecodedHistogram } from './write-entries.ts';

/** Why a request is refused, and where: series by series, of each the floats first. */
export interface PlacedRefusal {
  readonly series: number;
  readonly kind: 'float' | 'histogram';
  /** Among all of its kind. */
  readonly position: number;
  readonly message: string;
}

/** Of a sample later than the clock allows. */
export const TOO_FAR_AHEAD = 'out of bounds: timestamp is too far in the future';

/** The reference looks at one after the other and tells of the first alone. */
export function earlier(a: PlacedRefusal | null, b: PlacedRefusal | null): PlacedRefusal | null {
  if (a === null || b === null) return a ?? b;
  if (a.series !== b.series) return a.series < b.series ? a : b;
  if (a.kind !== b.kind) return a.kind === 'float' ? a : b;
  return a.position <= b.position ? a : b;
}

/** The first histogram that is no histogram, or too far ahead. */
export function firstProblem(histograms: readonly DecodedHistogram[], latest: number): PlacedRefusal | null {
  for (const [position, { entry, index: series }] of histograms.entries()) {
    const message = entry.time > latest ? TOO_FAR_AHEAD : problemOf(entry.histogram);
    if (message !== null) return { series, kind: 'histogram', position, message };
  }
  return null;
}

/** The first row whose time no storage takes: later than `latest`, or before all numbers. -1: none. */
export function firstOutside(batch: SampleBatch, latest: number): number {
  const { times, length } = batch;
  for (let row = 0; row < length; row++) {
    if (times[row]! > latest || times[row]! === Number.NEGATIVE_INFINITY) return row;
  }
  return -1;
}

/** A histogram that is too fine is checked as if it were not: its buckets are merged afterwards. */
function problemOf(histogram: Histogram): string | null {
  return histogramProblem(isTooFine(histogram) ? { ...histogram, schema: SCHEMA_MAX } : histogram);
}
