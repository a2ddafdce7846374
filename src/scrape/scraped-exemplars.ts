import type { Body } from '../exposition/body.ts';
import { exemplarLabelPairs } from '../exposition/exemplar-labels.ts';
import type { ExpositionRows } from '../exposition/rows.ts';
import { EXEMPLAR_STRIDE } from '../kernels/open-metrics-scan.ts';
import { labelsFromPairs } from '../model/labels.ts';
import type { ExemplarEntry } from '../storage/append.ts';
import type { SeriesCache } from './series-cache.ts';

/** Exemplars read in one step: under a millisecond. */
const STEP_EXEMPLARS = 256;

/**
 * The exemplars of a parsed body whose series are stored, in the body's order, read in steps. Those without a time of their own get
 * the scrape's.
 *
 * @param time milliseconds since the epoch
 */
export function* scrapedExemplars(
  body: Body,
  rows: ExpositionRows,
  cache: SeriesCache,
  time: number,
): Generator<undefined, ExemplarEntry[]> {
  const { exemplars, exemplarNumbers, exemplarCount, entries, seriesStart, seriesEnd } = rows;
  const found: ExemplarEntry[] = [];
  for (let i = 0; i < exemplarCount; i++) {
    if (i % STEP_EXEMPLARS === STEP_EXEMPLARS - 1) yield;
    const row = exemplars[EXEMPLAR_STRIDE * i]!;
    const entry = entries[row] !== 0 ? entries[row]! : cache.find(body, seriesStart[row]!, seriesEnd[row]!);
    const ref = cache.refs[entry]!;
    if (entry === 0 || ref === 0) continue;
    const labelsStart = exemplars[EXEMPLAR_STRIDE * i + 1]!;
    const labelsEnd = exemplars[EXEMPLAR_STRIDE * i + 2]!;
    const ownTime = exemplarNumbers[2 * i + 1]!;
    found.push({
      ref,
      labels: labelsFromPairs(exemplarLabelPairs(body.bytes, labelsStart, labelsEnd)),
      value: exemplarNumbers[2 * i]!,
      time: Number.isNaN(ownTime) ? time : ownTime,
    });
  }
  return found;
}
