import type { Histogram } from '../model/histogram.ts';
import { histogramProblem } from '../model/histogram-check.ts';
import { isTooFine, SCHEMA_MAX } from '../model/reduce-schema.ts';
import type { SampleBatch } from '../storage/append.ts';
import { type DecodedHistogram, labelsOfSeries } from './write-entries.ts';
import type { WriteRequest } from './write-request.ts';

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

/** Histograms checked in one step: under a millisecond. */
const STEP_HISTOGRAMS = 256;

/** The first histogram that is no histogram, or too far ahead, looked for in steps. */
export function* firstProblem(
  histograms: readonly DecodedHistogram[],
  latest: number,
): Generator<undefined, PlacedRefusal | null> {
  for (const [position, { entry, index: series }] of histograms.entries()) {
    if (position % STEP_HISTOGRAMS === STEP_HISTOGRAMS - 1) yield;
    const message = entry.time > latest ? TOO_FAR_AHEAD : problemOf(entry.histogram);
    if (message !== null) return { series, kind: 'histogram', position, message };
  }
  return null;
}

/** The first row whose time no storage takes: later than `latest`, or before all numbers. -1: none. */
export function firstOutside(batch: SampleBatch, latest: number): number {
  const { times, length } = batch;
  for (let row = 0; row < length; row++) if (isOutside(times[row]!, latest)) return row;
  return -1;
}

/**
 * How many series of a request are of any interest: up to the first one with a sample whose time no storage takes. Nothing behind it can be
 * told of or taken, so that no series are made of it, as in the reference.
 */
export function seriesOfInterest(request: WriteRequest, latest: number): number {
  const { seriesCount, seriesSamplesEnd, times } = request;
  let row = 0;
  for (let index = 0; index < seriesCount; index++) {
    const end = seriesSamplesEnd[index]!;
    while (row < end && !isOutside(times[row]!, latest)) row++;
    // The samples of labels that are not allowed are dropped, whatever their time.
    if (row < end && labelsOfSeries(request, index) !== null) return index + 1;
    row = end;
  }
  return seriesCount;
}

function isOutside(time: number, latest: number): boolean {
  return time > latest || time === Number.NEGATIVE_INFINITY;
}

/** A histogram that is too fine is checked as if it were not: its buckets are merged afterwards. */
function problemOf(histogram: Histogram): string | null {
  return histogramProblem(isTooFine(histogram) ? { ...histogram, schema: SCHEMA_MAX } : histogram);
}
