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
import type { Counter } from '../telemetry/registry.ts';
import { type PlacedHistogram, type Refusals, RequestRefusals, seriesOfRow } from './request-refusals.ts';
import { DROPPED, type SeriesCache } from './series-cache.ts';
import { seriesInQuestion } from './series-in-question.ts';
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
import {
  earlier,
  firstOutside,
  firstProblem,
  type PlacedRefusal,
  seriesOfInterest,
  TOO_FAR_AHEAD,
} from './write-refusals.ts';
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
  /** Counts series whose labels are not allowed. */
  readonly invalidLabels: Counter;
}

/** Samples further ahead of our clock are refused: they would push the bounds of the head into the future. */
const AHEAD_MS_MAX = 10 * 60 * 1000;

/** Series looked up, and series made, between two points at which the work may be interrupted: some 100 µs, and 500. */
const STEP_SERIES = 512;
const STEP_NEW_SERIES = 128;
/** Samples whose refs are written between two such points: some 20 µs. */
const STEP_SAMPLES = 16_384;
/** Histograms made ready between two such points. */
const STEP_HISTOGRAMS = 256;

/**
 * Appends decoded requests. Like the reference's receiver for remote write 1.0 it takes a request whole or not at all,
 * with two exceptions that are dropped and counted: series with labels that are not allowed, and samples that are out
 * of order only against earlier ones of the same request.
 *
 * Series are looked up, and made where they are new, in steps, between which others may append. The samples are one transaction, in steps
 * between which nobody may: nobody sees a part of a request.
 */
export class WriteIngest {
  readonly #options: WriteIngestOptions;
  #batch: SampleBatch = createSampleBatch(4096);
  readonly #reasons: RequestRefusals;
  /** The ref of each series of the request; -1 while it is not resolved. */
  #seriesRefs = new Float64Array(4096);
  /** Labels of the series that have to be resolved. */
  readonly #labelBytes = new WriteLabelBytes();

  constructor(options: WriteIngestOptions) {
    this.#options = options;
    this.#reasons = new RequestRefusals(options);
  }

  /**
   * Null when all is logged and visible. In steps; nothing else may use this or the request before the last one. Throws
   * `WriteRequestError` where a message inside is malformed.
   */
  *append(request: WriteRequest): Generator<undefined, IngestFailure | null> {
    try {
      return yield* this.#append(request);
    } catch (error) {
      if (error instanceof AppendsStopped) return { kind: 'stopped', message: error.message };
      throw error;
    }
  }

  *#append(request: WriteRequest): Generator<undefined, IngestFailure | null> {
    const { cache, clock } = this.#options;
    cache.begin(clock.now());
    const latest = clock.now() + AHEAD_MS_MAX;
    request.seriesCount = seriesOfInterest(request, latest);
    let unknown = yield* this.#findSeries(request, cache);
    const { seriesCount } = request;
    if (unknown.length > 0) {
      for (const { index, labels, start, end } of unknown) {
        if (labels === null && start === end) this.#seriesRefs[index] = DROPPED;
      }
      request.seriesCount = yield* seriesInQuestion(request, this.#seriesRefs, this.#options.appendable);
      unknown = unknown.filter(({ index }) => index < request.seriesCount);
    }
    let result = yield* this.#take(request, unknown, latest, request.seriesCount < seriesCount);
    if (result === 'stale refs') {
      // Series that left the storage while their refs were still known here: all are asked for anew.
      yield* decodeWriteRequest(request.bytes, request);
      request.seriesCount = seriesOfInterest(request, latest);
      result = yield* this.#take(request, yield* this.#findSeries(request, null), latest, false);
      if (result === 'stale refs') return { kind: 'failed', message: 'the storage does not know refs it just gave' };
    }
    return result;
  }

  /** Looks all series up; gives those that have to be resolved, with their labels: all of them without a cache. */
  *#findSeries(request: WriteRequest, cache: SeriesCache | null): Generator<undefined, UnknownSeries[]> {
    const { view, seriesCount, seriesLabelsStart, seriesLabelsEnd, seriesScattered } = request;
    const refs = this.#reserveSeries(seriesCount);
    const unknown: UnknownSeries[] = [];
    this.#labelBytes.clear();
    for (let index = 0; index < seriesCount; index++) {
      const start = seriesLabelsStart[index]!;
      const isKept = cache !== null && seriesScattered[index] === 0;
      const ref = isKept ? cache.find(view, start, seriesLabelsEnd[index]! - start) : -1;
      refs[index] = ref;
      if (ref < 0) unknown.push(this.#unknown(request, index));
      if (index % STEP_SERIES === STEP_SERIES - 1) yield;
    }
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

  *#take(
    request: WriteRequest,
    unknown: readonly UnknownSeries[],
    latest: number,
    isPart: boolean,
  ): Generator<undefined, IngestFailure | 'stale refs' | null> {
    const histograms = yield* decodeHistograms(request);
    const exemplars = yield* decodeExemplars(request);
    try {
      yield* this.#resolve(request, unknown);
    } catch (error) {
      return failureOf(error);
    }
    const batch = yield* this.#fillBatch(request);
    const { appendable } = this.#options;
    const result = yield* appendable.inSteps(this.#transact(request, batch, histograms, exemplars, latest, isPart));
    if (result === null) this.#countInvalid(request);
    return result;
  }

  *#transact(
    request: WriteRequest,
    batch: SampleBatch,
    histograms: DecodedHistogram[],
    exemplars: readonly DecodedExemplar[],
    latest: number,
    isPart: boolean,
  ): Generator<undefined, IngestFailure | 'stale refs' | null> {
    const { appendable } = this.#options;
    const problem = yield* firstProblem(histograms, latest);
    if (problem !== null) histograms.length = problem.position;

    let appender = appendable.appender();
    let isOpen = true;
    const end = <T>(result: T): T => {
      if (isOpen) appender.rollback();
      isOpen = false;
      return result;
    };
    try {
      const entries = yield* this.#histogramEntries(histograms);
      batch.histograms = entries.map(({ entry }) => entry);
      batch.exemplars = this.#exemplarEntries(exemplars, latest);

      const ahead = firstOutside(batch, latest);
      const whole = batch.length;
      if (ahead >= 0) batch.length = ahead;
      const outcome = yield* appender.appendInSteps(batch);
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
        refusal = earlier(refusal, yield* this.#reasons.first({ request, refs, batch, histograms: entries, refusals }));
        batch.length = whole;
        if (refusal !== null) return { kind: 'refused', message: refusal.message };
        appender = appendable.appender();
        isOpen = true;
        for (const part of partInOrder(batch, this.#seriesParts(request, entries))) yield* appender.appendInSteps(part);
      }
      // What its rest was left out for has gone meanwhile: all of it is tried.
      if (isPart) return end('stale refs');
      isOpen = false;
      yield* appender.commitInSteps();
    } catch (error) {
      end(null);
      return failureOf(error);
    }
    return null;
  }

  /** Makes the series that are not known, or finds them in the storage: they stay, whatever becomes of the samples. */
  *#resolve(request: WriteRequest, unknown: readonly UnknownSeries[]): Generator<undefined, void> {
    for (let from = 0; from < unknown.length; from += STEP_NEW_SERIES) {
      yield* this.#options.appendable.settle();
      const appender = this.#options.appendable.appender();
      try {
        for (let i = from; i < Math.min(unknown.length, from + STEP_NEW_SERIES); i++) {
          this.#resolveOne(appender, request, unknown[i]!);
        }
      } finally {
        appender.rollback();
      }
      yield;
    }
  }

  #resolveOne(appender: Appender, request: WriteRequest, { index, labels, start: from, end: to }: UnknownSeries): void {
    const { cache, log } = this.#options;
    // Labels alone make no series.
    if ((labels !== null || to > from) && isBare(request, index)) return;
    let ref = DROPPED;
    if (labels !== null) ref = appender.resolve(labels);
    else if (to > from) ref = appender.resolveBytes(this.#labelBytes.bytes, from, to);
    this.#seriesRefs[index] = ref;
    if (ref === DROPPED) log.warn('Invalid labels of a series, its samples are dropped');
    if (request.seriesScattered[index] !== 0) return;
    const start = request.seriesLabelsStart[index]!;
    cache.set(request.view, start, request.seriesLabelsEnd[index]! - start, ref);
  }

  /** The request's columns with refs beside them; rows of dropped series are closed up. */
  *#fillBatch(request: WriteRequest): Generator<undefined, SampleBatch> {
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
    let stepEnd = STEP_SAMPLES;
    for (let index = 0; index < seriesCount; index++) {
      if (from >= stepEnd) {
        stepEnd = from + STEP_SAMPLES;
        yield;
      }
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

  *#histogramEntries(histograms: readonly DecodedHistogram[]): Generator<undefined, PlacedHistogram[]> {
    const entries: PlacedHistogram[] = [];
    for (const [i, { index, entry }] of histograms.entries()) {
      // One that is too fine takes as long as some buckets to merge.
      if (i % STEP_HISTOGRAMS === STEP_HISTOGRAMS - 1) yield;
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
    if (dropped > 0) this.#options.invalidLabels.inc(dropped);
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

/** What an error of the storage means for the sender; one that says that it takes nothing for now is thrown on. */
function failureOf(error: unknown): IngestFailure {
  if (error instanceof AppendsStopped) throw error;
  return { kind: 'failed', message: error instanceof Error ? error.message : String(error) };
}

function hasReason({ refusedCount, reasons }: AppendOutcome, reason: number): boolean {
  return reasons.subarray(0, refusedCount).includes(reason);
}

/** The outcome's own arrays are used again by the next append. */
function copyOf({ refusedCount, refused, reasons }: AppendOutcome): Refusals {
  return { rows: refused.slice(0, refusedCount), reasons: reasons.slice(0, refusedCount) };
}
