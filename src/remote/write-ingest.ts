import type { Labels } from '../model/labels.ts';
import { isTooFine, withStorableSchema } from '../model/reduce-schema.ts';
import type { Clock } from '../std/clock.ts';
import {
  type Appendable,
  type Appender,
  type AppendOutcome,
  AppendsStopped,
  createSampleBatch,
  type ExemplarEntry,
  type HistogramEntry,
  REFUSED,
  type SampleBatch,
} from '../storage/append.ts';
import type { Queryable } from '../storage/query.ts';
import type { Log } from '../telemetry/log.ts';
import type { Counter, Registry } from '../telemetry/registry.ts';
import { type PlacedHistogram, type Refusals, RequestRefusals, seriesOfRow } from './request-refusals.ts';
import { DROPPED, type SeriesCache } from './series-cache.ts';
import {
  type DecodedExemplar,
  type DecodedHistogram,
  decodeExemplars,
  decodeHistograms,
  isBare,
  labelsOfSeries,
} from './write-entries.ts';
import { WriteLabelBytes } from './write-label-bytes.ts';
import { partInOrder, type SeriesPart } from './write-parts.ts';
import { earlier, firstOutside, firstProblem, type PlacedRefusal, TOO_FAR_AHEAD } from './write-refusals.ts';
import { decodeWriteRequest, type WriteRequest } from './write-request.ts';

/** Why nothing of a request was taken. */
export type IngestFailure =
  /** The samples can never be taken: 400, no retry. */
  | { readonly kind: 'refused'; readonly message: string }
  /** The storage failed: 500, the sender tries again. */
  | { readonly kind: 'failed'; readonly message: string }
  /** The storage takes nothing for now: 503, the sender tries again. */
  | { readonly kind: 'stopped'; readonly message: string };

export interface WriteIngestOptions {
  readonly appendable: Appendable;
  /** Where the value is looked up that a refused duplicate would have replaced. */
  readonly queryable: Queryable;
  readonly cache: SeriesCache;
  readonly clock: Clock;
  readonly log: Log;
  readonly registry: Registry;
}

/** Samples further ahead of our clock are refused: they would push the bounds of the head into the future. */
const AHEAD_MS_MAX = 10 * 60 * 1000;

/**
 * Appends decoded requests. Like the reference's receiver for remote write 1.0 it takes a request whole or not at all,
 * with two exceptions that are dropped and counted: series with labels that are not allowed, and samples that are out
 * of order only against earlier ones of the same request.
 */
export class WriteIngest {
  readonly #options: WriteIngestOptions;
  readonly #invalidLabels: Counter;
  #batch: SampleBatch = createSampleBatch(4096);
  readonly #reasons: RequestRefusals;
  /** The ref of each series of the request; -1 while it is not resolved. */
  #seriesRefs = new Float64Array(4096);
  /** Labels of the series that have to be resolved. */
  readonly #labelBytes = new WriteLabelBytes();

  constructor(options: WriteIngestOptions) {
    this.#options = options;
    this.#reasons = new RequestRefusals(options);
    this.#invalidLabels = options.registry
      .counter({
        name: 'prometheus_api_remote_write_invalid_labels_samples_total',
        help:
          'The total number of received remote write samples and histogram samples which were rejected due to ' +
          'invalid labels.',
      })
      .with();
    options.registry
      .counter({
        name: 'prometheus_api_remote_write_without_metadata_appended_samples_total',
        help:
          'The total number of received remote write samples (and histogram samples) which were ingested without ' +
          'corresponding metadata.',
      })
      .with();
  }

  /** Null when all is logged and visible. Throws `WriteRequestError` where a message inside is malformed. */
  append(request: WriteRequest): IngestFailure | null {
    try {
      return this.#append(request);
    } catch (error) {
      if (error instanceof AppendsStopped) return { kind: 'stopped', message: error.message };
      throw error;
    }
  }

  #append(request: WriteRequest): IngestFailure | null {
    this.#options.cache.begin(this.#options.clock.now());
    let unknown = this.#findSeries(request);
    let result = this.#transact(request, unknown);
    if (result === 'stale refs') {
      // Series that left the storage while their refs were still known here: all are asked for anew.
      decodeWriteRequest(request.bytes, request);
      unknown = this.#allSeries(request);
      result = this.#transact(request, unknown);
      if (result === 'stale refs') return { kind: 'failed', message: 'the storage does not know refs it just gave' };
    }
    return result;
  }

  /** Looks all series up; gives those that have to be resolved, with their labels. */
  #findSeries(request: WriteRequest): UnknownSeries[] {
    const { cache } = this.#options;
    const { view, seriesCount, seriesLabelsStart, seriesLabelsEnd, seriesScattered } = request;
    const refs = this.#reserveSeries(seriesCount);
    const unknown: UnknownSeries[] = [];
    this.#labelBytes.clear();
    for (let index = 0; index < seriesCount; index++) {
      const start = seriesLabelsStart[index]!;
      const ref = seriesScattered[index] === 0 ? cache.find(view, start, seriesLabelsEnd[index]! - start) : -1;
      refs[index] = ref;
      if (ref < 0) unknown.push(this.#unknown(request, index));
    }
    return unknown;
  }

  #allSeries(request: WriteRequest): UnknownSeries[] {
    const unknown: UnknownSeries[] = [];
    this.#labelBytes.clear();
    for (let index = 0; index < request.seriesCount; index++) unknown.push(this.#unknown(request, index));
    return unknown;
  }

  #unknown(request: WriteRequest, index: number): UnknownSeries {
    const { bytes, seriesLabelsStart, seriesLabelsEnd, seriesScattered } = request;
    const labels = this.#labelBytes;
    const start = labels.size;
    const isPlain =
      seriesScattered[index] === 0 && labels.add(bytes, seriesLabelsStart[index]!, seriesLabelsEnd[index]!);
    return isPlain
      ? { index, labels: null, start, end: labels.size }
      : { index, labels: labelsOfSeries(request, index), start: 0, end: 0 };
  }

  #transact(request: WriteRequest, unknown: readonly UnknownSeries[]): IngestFailure | 'stale refs' | null {
    const { appendable, clock } = this.#options;
    const histograms = decodeHistograms(request);
    const exemplars = decodeExemplars(request);
    const latest = clock.now() + AHEAD_MS_MAX;
    const problem = firstProblem(histograms, latest);
    if (problem !== null) histograms.length = problem.position;

    let appender = appendable.appender();
    let isOpen = true;
    const end = <T>(result: T): T => {
      if (isOpen) appender.rollback();
      isOpen = false;
      return result;
    };
    try {
      this.#resolve(appender, request, unknown);
      const batch = this.#fillBatch(request);
      const entries = this.#histogramEntries(histograms);
      batch.histograms = entries.map(({ entry }) => entry);
      batch.exemplars = this.#exemplarEntries(exemplars, latest);

      const ahead = firstOutside(batch, latest);
      const whole = batch.length;
      if (ahead >= 0) batch.length = ahead;
      const outcome = appender.append(batch);
      if (hasReason(outcome, REFUSED.unknownRef)) return end('stale refs');
      let refusal: PlacedRefusal | null = problem;
      if (ahead >= 0) {
        const message = batch.times[ahead]! < 0 ? 'out of bounds' : TOO_FAR_AHEAD;
        refusal = earlier(refusal, {
          series: seriesOfRow(request, this.#seriesRefs, ahead),
          kind: 'float',
          position: ahead,
          message,
        });
      }
      if (outcome.refusedCount > 0 || refusal !== null) {
        const refusals = copyOf(outcome);
        end(null);
        const refs = this.#seriesRefs;
        refusal = earlier(refusal, this.#reasons.first({ request, refs, batch, histograms: entries, refusals }));
        batch.length = whole;
        if (refusal !== null) return { kind: 'refused', message: refusal.message };
        appender = appendable.appender();
        isOpen = true;
        for (const part of partInOrder(batch, this.#seriesParts(request, entries))) appender.append(part);
      }
      isOpen = false;
      appender.commit();
    } catch (error) {
      end(null);
      if (error instanceof AppendsStopped) throw error;
      return { kind: 'failed', message: error instanceof Error ? error.message : String(error) };
    }
    this.#countInvalid(request);
    return null;
  }

  #resolve(appender: Appender, request: WriteRequest, unknown: readonly UnknownSeries[]): void {
    const { cache, log } = this.#options;
    const refs = this.#seriesRefs;
    const encoded = this.#labelBytes.bytes;
    for (const { index, labels, start: from, end: to } of unknown) {
      // Labels alone make no series.
      if ((labels !== null || to > from) && isBare(request, index)) continue;
      let ref = DROPPED;
      if (labels !== null) ref = appender.resolve(labels);
      else if (to > from) ref = appender.resolveBytes(encoded, from, to);
      refs[index] = ref;
      if (ref === DROPPED) log.warn('Invalid labels of a series, its samples are dropped');
      if (request.seriesScattered[index] !== 0) continue;
      const start = request.seriesLabelsStart[index]!;
      cache.set(request.view, start, request.seriesLabelsEnd[index]! - start, ref);
    }
  }

  /** The request's columns with refs beside them; rows of dropped series are closed up. */
  #fillBatch(request: WriteRequest): SampleBatch {
    const { seriesCount, seriesSamplesEnd, times, bits, sampleCount } = request;
    const batch = this.#batch;
    if (batch.refs.length < sampleCount) batch.refs = new Float64Array(times.length);
    if (batch.bits !== bits) {
      batch.bits = bits;
      batch.values = new Float64Array(bits.buffer);
    }
    batch.times = times;
    const { refs } = batch;
    const seriesRefs = this.#seriesRefs;
    let from = 0;
    let to = 0;
    for (let index = 0; index < seriesCount; index++) {
      const ref = seriesRefs[index]!;
      const samplesEnd = seriesSamplesEnd[index]!;
      if (ref === DROPPED) {
        from = samplesEnd;
        continue;
      }
      for (; from < samplesEnd; from++, to++) {
        refs[to] = ref;
        if (from === to) continue;
        times[to] = times[from]!;
        bits[2 * to] = bits[2 * from]!;
        bits[2 * to + 1] = bits[2 * from + 1]!;
      }
    }
    batch.length = to;
    return batch;
  }

  #histogramEntries(histograms: readonly DecodedHistogram[]): PlacedHistogram[] {
    const entries: PlacedHistogram[] = [];
    for (const { index, entry } of histograms) {
      const ref = this.#seriesRefs[index]!;
      if (ref === DROPPED) continue;
      const histogram = isTooFine(entry.histogram) ? withStorableSchema(entry.histogram) : entry.histogram;
      entries.push({ series: index, entry: { ref, time: entry.time, startTime: 0, histogram } });
    }
    return entries;
  }

  /** Exemplars that can not be kept are left out; they never fail a request. */
  #exemplarEntries(exemplars: readonly DecodedExemplar[], latest: number): ExemplarEntry[] {
    const entries: ExemplarEntry[] = [];
    for (const { index, labels, value, time } of exemplars) {
      const ref = this.#seriesRefs[index]!;
      if (ref !== DROPPED && time <= latest && Number.isFinite(time)) entries.push({ ref, labels, value, time });
    }
    return entries;
  }

  /** What the batch was made of, series by series. */
  #seriesParts({ seriesCount, seriesSamplesEnd }: WriteRequest, entries: readonly PlacedHistogram[]): SeriesPart[] {
    const parts: SeriesPart[] = [];
    let next = 0;
    for (let index = 0; index < seriesCount; index++) {
      const ref = this.#seriesRefs[index]!;
      if (ref === DROPPED) continue;
      const histograms: HistogramEntry[] = [];
      for (; next < entries.length && entries[next]!.series === index; next++) histograms.push(entries[next]!.entry);
      const floats = seriesSamplesEnd[index]! - (index === 0 ? 0 : seriesSamplesEnd[index - 1]!);
      parts.push({ ref, floats, histograms });
    }
    return parts;
  }

  #countInvalid(request: WriteRequest): void {
    let dropped = 0;
    for (let index = 0; index < request.seriesCount; index++) if (this.#seriesRefs[index] === DROPPED) dropped++;
    if (dropped > 0) this.#invalidLabels.inc(dropped);
  }

  #reserveSeries(count: number): Float64Array {
    if (this.#seriesRefs.length < count) this.#seriesRefs = new Float64Array(2 ** Math.ceil(Math.log2(count)));
    return this.#seriesRefs;
  }
}

/** A series with its labels as bytes, from `start` to `end` of the ingest's buffer, or as strings, or none allowed. */
interface UnknownSeries {
  readonly index: number;
  readonly labels: Labels | null;
  readonly start: number;
  readonly end: number;
}

function hasReason({ refusedCount, reasons }: AppendOutcome, reason: number): boolean {
  return reasons.subarray(0, refusedCount).includes(reason);
}

/** The outcome's own arrays are used again by the next append. */
function copyOf({ refusedCount, refused, reasons }: AppendOutcome): Refusals {
  return { rows: refused.slice(0, refusedCount), reasons: reasons.slice(0, refusedCount) };
}
