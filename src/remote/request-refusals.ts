import type { Labels } from '../model/labels.ts';
import {
  type Appendable,
  createSampleBatch,
  type HistogramEntry,
  type SampleBatch,
  type SeriesRef,
} from '../storage/append.ts';
import type { Queryable } from '../storage/query.ts';
import type { Log } from '../telemetry/log.ts';
import { refusalText } from './refusal-text.ts';
import { DROPPED } from './series-cache.ts';
import { labelsOfSeries } from './write-entries.ts';
import type { PlacedRefusal } from './write-refusals.ts';
import type { WriteRequest } from './write-request.ts';

/** Rows that the storage refused, rising (those of histograms behind all floats), and why each. */
export interface Refusals {
  readonly rows: Uint32Array;
  readonly reasons: Uint8Array;
}

/** A histogram of a request, and the place of its series there. */
export interface PlacedHistogram {
  readonly series: number;
  readonly entry: HistogramEntry;
}

/** A request as it was tried. */
export interface RefusedRequest {
  readonly request: WriteRequest;
  /** The ref of each series of the request, or `DROPPED`. */
  readonly refs: Float64Array;
  /** Its floats, as far as they are in question. */
  readonly batch: SampleBatch;
  readonly histograms: readonly PlacedHistogram[];
  readonly refusals: Refusals;
}

/** Rows looked at in one step: under a millisecond. */
const STEP_ROWS = 8192;
/** So many refused rows are tried alone to tell whether the request itself is their reason; it is taken for that of all behind them. */
const PROBES_MAX = 1000;

/**
 * Tells why a request is refused as a whole: the first row that the storage would not take on its own either. Rows that are
 * refused only for earlier ones of the same request are no reason. Looks after the request was rolled back.
 */
export class RequestRefusals {
  readonly #parts: { readonly appendable: Appendable; readonly queryable: Queryable; readonly log: Log };
  readonly #probe: SampleBatch = createSampleBatch(1);

  constructor(parts: { readonly appendable: Appendable; readonly queryable: Queryable; readonly log: Log }) {
    this.#parts = parts;
  }

  /** The first refusal that does not come from the request's own order, looked for in steps; null where there is none. */
  *first(refused: RefusedRequest): Generator<undefined, PlacedRefusal | null> {
    const { batch, histograms, refs, refusals, request } = refused;
    const firstRow = new Map<SeriesRef, number>();
    for (let row = 0; row < batch.length; row++) {
      if (row % STEP_ROWS === STEP_ROWS - 1) yield;
      const ref = batch.refs[row]!;
      if (!firstRow.has(ref)) firstRow.set(ref, row);
    }
    // Trying one alone counts its refusal a second time, so those that nothing comes before are not tried.
    for (const [i, { entry }] of histograms.entries()) {
      if (i % STEP_ROWS === STEP_ROWS - 1) yield;
      if (!firstRow.has(entry.ref)) firstRow.set(entry.ref, batch.length + i);
    }
    let found: PlacedRefusal | null = null;
    for (const [i, row] of refusals.rows.entries()) {
      if (i % STEP_ROWS === STEP_ROWS - 1) yield;
      const isFloat = row < batch.length;
      if (isFloat && found !== null) continue;
      const histogram = isFloat ? null : histograms[row - batch.length]!;
      // Floats come first, in order, then histograms in order: the first of each kind is enough.
      if (histogram !== null && found !== null && found.series <= histogram.series) break;
      const ref = histogram?.entry.ref ?? batch.refs[row]!;
      let reason = refusals.reasons[i]!;
      if (firstRow.get(ref) !== row) {
        if (i >= PROBES_MAX) continue;
        reason = this.#reasonAlone(batch, row, histogram?.entry ?? null);
        if (reason === 0) continue;
      }
      const message = this.#message(refused, row, ref, histogram?.entry ?? null, reason);
      const series = histogram?.series ?? seriesOfRow(request, refs, row);
      found = { series, kind: isFloat ? 'float' : 'histogram', position: row, message };
      if (!isFloat) break;
    }
    return found;
  }

  #message(
    { batch, refs, request }: RefusedRequest,
    row: number,
    ref: SeriesRef,
    histogram: HistogramEntry | null,
    reason: number,
  ): string {
    const { appendable, log, queryable } = this.#parts;
    const appender = appendable.appender();
    const last = appender.lastValue(ref);
    appender.rollback();
    const labels = labelsOfRef(request, refs, ref);
    const time = histogram?.time ?? batch.times[row]!;
    const value = histogram === null ? batch.values[row]! : null;
    const err = refusalText({ labels, time, value, last, reason }, queryable);
    const what = histogram === null ? 'sample' : 'histogram';
    log.error(`Out of order ${what} from remote write`, { err, series: labels.toString(), timestamp: time });
    return err;
  }

  /** Why a row, or the histogram instead, would be refused without the rest of the request; 0 where it would not. */
  #reasonAlone(batch: SampleBatch, row: number, histogram: HistogramEntry | null): number {
    const probe = this.#probe;
    probe.length = histogram === null ? 1 : 0;
    probe.histograms = histogram === null ? [] : [histogram];
    if (histogram === null) {
      probe.refs[0] = batch.refs[row]!;
      probe.times[0] = batch.times[row]!;
      probe.bits[0] = batch.bits[2 * row]!;
      probe.bits[1] = batch.bits[2 * row + 1]!;
    }
    const appender = this.#parts.appendable.appender();
    const { reasons, refusedCount } = appender.append(probe);
    const reason = refusedCount > 0 ? reasons[0]! : 0;
    appender.rollback();
    return reason;
  }
}

/** The series of a request that a row of its floats comes from; those of series that were dropped are not counted. */
export function seriesOfRow({ seriesCount, seriesSamplesEnd }: WriteRequest, refs: Float64Array, row: number): number {
  let rows = 0;
  for (let index = 0; index < seriesCount; index++) {
    if (refs[index] !== DROPPED) rows += seriesSamplesEnd[index]! - (index === 0 ? 0 : seriesSamplesEnd[index - 1]!);
    if (row < rows) return index;
  }
  return seriesCount;
}

function labelsOfRef(request: WriteRequest, refs: Float64Array, ref: SeriesRef): Labels {
  return labelsOfSeries(request, refs.indexOf(ref))!;
}
