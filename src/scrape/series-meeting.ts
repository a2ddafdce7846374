import type { Body } from '../exposition/body.ts';
import type { ExpositionRows } from '../exposition/rows.ts';
import type { Appender } from '../storage/append.ts';
import { SampleLabelBytes } from './sample-label-bytes.ts';
import { type SampleLabeling, sampleLabels } from './sample-labels.ts';
import type { SeriesCache } from './series-cache.ts';
import type { TargetSeries } from './target-series.ts';

/** An entry that does not exist: a new series beyond the sample limit is not made. */
export const NOT_TAKEN = 0;

/** Rows of unknown series for which room is made ahead: a hostile body may repeat one a hundred million times. */
const RESERVED_ROWS_MAX = 100_000;

/** Makes entries for series that the scan of a body did not know: labels, relabelling, ref. One instance serves all targets. */
export class SeriesMeeting {
  readonly #labelBytes = new SampleLabelBytes();

  /**
   * The entry of the series whose text is `[start, end)` of the body; its ref is 0 where relabelling drops it. `NOT_TAKEN`
   * where it would be one more than the sample limit allows.
   *
   * @throws ScrapeError where its labels break a limit
   */
  meet(
    { cache, kinds }: TargetSeries,
    labeling: SampleLabeling,
    { body, start, end }: { body: Body; start: number; end: number },
    kind: number,
    withinLimit: boolean,
    appender: Appender,
  ): number {
    // An earlier row of this body may have been the same series.
    const entry = cache.find(body, start, end);
    if (entry !== 0) return entry;
    const described = kinds.get(kind);
    const encoded = this.#labelBytes.encode(body.bytes, start, end, described, labeling);
    if (encoded > 0) {
      if (!withinLimit) return NOT_TAKEN;
      return cache.add(body, start, end, kind, appender.resolveBytes(this.#labelBytes.bytes, 0, encoded));
    }
    const labels = sampleLabels(body.bytes, start, end, described, labeling);
    if (labels !== null && !withinLimit) return NOT_TAKEN;
    return cache.add(body, start, end, kind, labels === null ? 0 : appender.resolve(labels));
  }
}

/** Makes room for what the scan did not know, at once. */
export function reserveMeetings(cache: SeriesCache, { length, entries, seriesStart, seriesEnd }: ExpositionRows): void {
  let unknown = 0;
  let keyBytes = 0;
  for (let row = 0; row < length && unknown < RESERVED_ROWS_MAX; row++) {
    if (entries[row] !== 0) continue;
    unknown++;
    keyBytes += seriesEnd[row]! - seriesStart[row]!;
  }
  if (unknown > 0) cache.reserve(unknown, keyBytes);
}
