import type { Appendable } from '../storage/append.ts';
import { DROPPED } from './series-cache.ts';
import type { WriteRequest } from './write-request.ts';

/** Samples looked at between two points at which the work may be interrupted: some 200 µs. */
const STEP_SAMPLES = 4096;

/**
 * How many series of a request are in question: up to the first one with a float that the storage can not take, whatever else the
 * request has. The reference makes no series of what follows. `refs` has the ref of each series, below 0 where it is
 * new. Of histograms nothing is known here, nor of a float at the time of its series' last one.
 */
export function* seriesInQuestion(
  { bits, seriesCount, seriesSamplesEnd, times }: WriteRequest,
  refs: Float64Array,
  appendable: Appendable,
): Generator<undefined, number> {
  let row = 0;
  for (let index = 0; index < seriesCount; ) {
    const stepEnd = row + STEP_SAMPLES;
    yield* appendable.settle();
    const appender = appendable.appender();
    try {
      for (; index < seriesCount && row < stepEnd; index++) {
        const ref = refs[index]!;
        for (const end = seriesSamplesEnd[index]!; row < end; row++) {
          if (ref === DROPPED) continue;
          if (appender.refuses(ref < 0 ? null : ref, times[row]!, bits[2 * row]!, bits[2 * row + 1]!)) return index + 1;
        }
      }
    } finally {
      appender.rollback();
    }
    yield;
  }
  return seriesCount;
}
