import type { Body } from '../exposition/body.ts';
import { ExpositionError } from '../exposition/exposition-error.ts';
import type { BodyFormat } from '../exposition/negotiate.ts';
import { parseOpenMetricsBodyInSteps } from '../exposition/open-metrics-format.ts';
import { createExpositionRows } from '../exposition/rows.ts';
import { SeriesNameError } from '../exposition/series-labels.ts';
import { parseTextBodyInSteps } from '../exposition/text-format.ts';
import type { Appendable } from '../storage/append.ts';
import type { SampleLabeling } from './sample-labels.ts';
import { ScrapeError } from './scrape-error.ts';
import { KindCursor } from './series-kinds.ts';
import { reserveMeetings, SeriesMeeting } from './series-meeting.ts';
import type { TargetSeries } from './target-series.ts';

/** Smaller bodies have some hundred series, which are made within the turn that takes their samples. */
const BODY_BYTES_MIN = 64 * 1024;
/** A body with so many bytes for each series that is known of its target is taken for one of new series; lines are shorter. */
const BYTES_PER_SERIES = 1024;
/** Series made between two points at which the work may be interrupted: half a millisecond, and ten times that in a process that has just begun. */
const STEP_SERIES = 128;

/** What of a target, and of what depends on features, is looked at here; as in `ingest.ts`. */
interface MeetingTarget {
  readonly settings: { readonly labeling: SampleLabeling; readonly sampleLimit: number };
  readonly series: TargetSeries;
}
interface MeetingFeatures {
  readonly startTimes: boolean;
  readonly typeAndUnitLabels: boolean;
}

/** True where most series of a body are new and many: the first one of a large target. */
export function hasManyNew({ series }: MeetingTarget, body: Body): boolean {
  return body.size >= BODY_BYTES_MIN && body.size > BYTES_PER_SERIES * series.cache.count;
}

/**
 * Makes the series of a body that its target does not have yet, in steps between which other scrapes come, and nothing else: `Ingest.write`
 * then finds them. Making 100,000 of them holds the event loop for half a second. What is wrong with the body ends it; `write` meets that again
 * and tells. Throws `AppendsStopped`.
 */
export function* meetAhead(
  appendable: Appendable,
  { series, settings }: MeetingTarget,
  { body, format }: { readonly body: Body; readonly format: BodyFormat },
  features: MeetingFeatures,
): Generator<undefined, void> {
  // There `_created` lines are no series of their own, which only all rows together tell.
  if (features.startTimes && format !== 'text') return;
  const { cache, kinds } = series;
  const rows = createExpositionRows(1024);
  const meeting = new SeriesMeeting();
  try {
    if (format === 'text') yield* parseTextBodyInSteps(body, rows, cache);
    else yield* parseOpenMetricsBodyInSteps(body, rows, cache);
  } catch (error) {
    if (!isTargetsFault(error)) throw error;
  }
  yield;
  reserveMeetings(cache, rows);
  const described = new KindCursor(body, rows, features.typeAndUnitLabels ? kinds : null);
  const count = settings.sampleLimit > 0 ? Math.min(rows.length, settings.sampleLimit) : rows.length;
  for (let row = 0; row < count; ) {
    yield* appendable.settle();
    const appender = appendable.appender();
    try {
      for (let met = 0; row < count && met < STEP_SERIES; row++) {
        if (rows.entries[row] !== 0) continue;
        const name = { body, start: rows.seriesStart[row]!, end: rows.seriesEnd[row]! };
        meeting.meet(series, settings.labeling, name, described.kindOf(row), true, appender);
        met++;
      }
    } catch (error) {
      if (!isTargetsFault(error)) throw error;
      return;
    } finally {
      appender.rollback();
    }
    yield;
  }
}

/** True for what is wrong with a body; anything else is a fault of the storage or of ours. */
export function isTargetsFault(thrown: unknown): thrown is Error {
  return thrown instanceof ScrapeError || thrown instanceof ExpositionError || thrown instanceof SeriesNameError;
}
