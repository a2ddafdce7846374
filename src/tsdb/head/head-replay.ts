import { LARGE_EXTENT_BYTES_MAX } from '../../memory/large-extents.ts';
import type { Labels } from '../../model/labels.ts';
import type { ExemplarEntry, HistogramEntry } from '../../storage/append.ts';
import type { Exemplar } from '../../storage/exemplar.ts';
import { firstHistogramBytesMax } from '../chunk/first-histogram-bytes.ts';
import { flatHistogram } from '../chunk/flat-histogram.ts';
import { ReplayBatch, type SampleRun } from '../wal/replay-batch.ts';
import { CHUNK, type ChunkBatch, nextChunk, type SampleColumns, type WalVisitor } from '../wal/visitor.ts';
import { BulkSeries } from './bulk-series.ts';
import { ChunkRuns } from './chunk-runs.ts';
import { ChunkSamples } from './chunk-samples.ts';
import type { HeadMemory } from './head-memory.ts';
import type { HeadState } from './head-state.ts';
import type { HeadReplayCounts } from './head-stats.ts';
import type { OpenChunks } from './open-chunks.ts';
import type { RestoredChunks } from './restored-chunks.ts';
import type { SeriesDirectory } from './series-directory.ts';
import { LAST_TIME, SERIES_DOUBLES, SERIES_ROW_MASK, SERIES_SLAB_LOG2 } from './series-table.ts';

/** What an open chunk takes in its middle, or less. */
const OPEN_BYTES = 128;
/** A third of a millisecond. */
const TOUCHED_PAGES = 128;

export interface HeadReplayParts {
  readonly memory: HeadMemory;
  readonly directory: SeriesDirectory;
  readonly openChunks: OpenChunks;
  readonly state: HeadState;
  /** Sealed chunks that are in files. */
  readonly restored: RestoredChunks;
  readonly takeExemplar: (ref: number, exemplar: Exemplar) => void;
}

/**
 * Fills the head from the log. A sample that is not newer than its series' last is passed over, since the log may repeat
 * what a checkpoint holds. Samples are collected and applied series by series (`ReplayBatch`); whatever else changes a
 * series that has samples waiting lets them in first, so that each series gets everything in the order of the log.
 */
export class HeadReplay implements WalVisitor {
  readonly #parts: HeadReplayParts;
  #series = 0;
  #samples = 0;
  #unknownRefs = 0;
  #skippedSamples = 0;
  readonly #batch = new ReplayBatch();
  readonly #bulk: BulkSeries;
  /** Series were made in bulk that have not got their chunks. */
  #hasBulk = false;
  readonly #take = (run: SampleRun): void => this.#apply(run);
  #isWorkingOff = false;
  #hasTouched = false;
  readonly #chunkSamples = new ChunkSamples();
  readonly #runs: ChunkRuns;

  constructor(parts: HeadReplayParts) {
    this.#parts = parts;
    this.#bulk = new BulkSeries(parts.memory, parts.directory);
    this.#runs = new ChunkRuns(parts.memory, parts.openChunks);
  }

  get counts(): HeadReplayCounts {
    return {
      series: this.#series,
      samples: this.#samples,
      unknownRefs: this.#unknownRefs,
      skippedSamples: this.#skippedSamples,
    };
  }

  series(ref: number, labels: Labels): void {
    this.#bulk.end();
    this.#restored(ref, this.#parts.directory.restore(ref, labels));
  }

  seriesBytes(ref: number, bytes: Uint8Array, start: number, end: number): void {
    this.#bulk.end();
    this.#restored(ref, this.#parts.directory.restoreBytes(ref, bytes, start, end));
  }

  /** The series that a log begins with are made many at once (`BulkSeries`). */
  seriesRecord(record: Uint8Array, flags: number): number {
    const series = this.#bulk.take(record, flags);
    if (series > 0) this.#series += series;
    this.#hasBulk ||= series > 0;
    return series;
  }

  adoptSeries(): boolean {
    if (this.#bulk.adopt()) return true;
    if (!this.#hasBulk) return false;
    this.#hasBulk = false;
    const { refs } = this.#parts.directory;
    for (const ref of this.#parts.restored.refs()) if (refs.row(ref) >= 0) this.#giveRestored(ref);
    return false;
  }

  /** Memory for open chunks: each series is about to get one, when all wait for that. */
  workAhead(): void {
    const { extents, series } = this.#parts.memory;
    if (this.#hasTouched || this.#hasBulk || series.liveCount === 0) return;
    this.#hasTouched = !extents.touchAhead(series.liveCount * OPEN_BYTES, TOUCHED_PAGES);
  }

  #restored(ref: number, isUsable: boolean): void {
    if (!isUsable) {
      this.#unknownRefs++;
      return;
    }
    this.#series++;
    this.#giveRestored(ref);
  }

  /** Gives a series its chunks that are in files. */
  #giveRestored(ref: number): void {
    const { directory, openChunks, restored } = this.#parts;
    if (!restored.has(ref)) return;
    const row = directory.refs.row(ref);
    if (this.#batch.has(row)) this.settle();
    restored.giveTo(ref, row, openChunks, (firstTime, lastTime) => this.#widen(firstTime, lastTime));
  }

  samples(columns: SampleColumns): void {
    if (!this.#parts.openChunks.isPlain) {
      this.#samplesWithStart(columns);
      return;
    }
    const { length, refs, times, bits } = columns;
    const { directory, memory } = this.#parts;
    const { refs: refMap } = directory;
    const batch = this.#batch;
    batch.reserve(memory.series.rowCount, length);
    for (let i = 0; i < length; i++) {
      const row = refMap.row(refs[i]!);
      if (row < 0) {
        this.#unknownRefs++;
        continue;
      }
      if (!Number.isSafeInteger(times[i])) {
        this.#skippedSamples++;
        continue;
      }
      if (batch.isFull) this.settle();
      batch.add(row, times[i]!, bits[2 * i]!, bits[2 * i + 1]!);
    }
  }

  /**
   * Takes chunks as they are where their series' open chunk would have become the same, else sample by sample. Without
   * samples from before `minValidTime`.
   */
  chunksFrom(batch: ChunkBatch, minValidTime: number): void {
    const { directory } = this.#parts;
    const { doubles, end, start } = batch;
    const address = this.#batch.isEmpty ? this.#runs.bring(batch) : 0;
    for (let at = start; at < end; ) {
      const row = directory.refs.row(doubles[(at >>> 3) + CHUNK.ref]!);
      if (address > 0 && row >= 0 && this.#batch.isEmpty) {
        const shift = address - start;
        const taken = this.#runs.take(row, at + shift, end + shift, minValidTime);
        if (taken.chunks > 0) {
          this.#samples += taken.samples;
          this.#widen(taken.firstTime, taken.lastTime);
          at = taken.end - shift;
          continue;
        }
      }
      this.#takeChunk(row, batch, at, minValidTime);
      at = nextChunk(batch, at);
    }
  }

  /** Of `chunksFrom` one chunk, of this row (-1: the ref is not known). */
  #takeChunk(row: number, batch: ChunkBatch, at: number, minValidTime: number): void {
    const { memory, openChunks } = this.#parts;
    const count = batch.words[(at >>> 2) + CHUNK.count]!;
    const firstTime = batch.doubles[(at >>> 3) + CHUNK.firstTime]!;
    const lastTime = batch.doubles[(at >>> 3) + CHUNK.lastTime]!;
    if (lastTime < minValidTime) return;
    if (row < 0) {
      this.#unknownRefs += count;
    } else if (lastTime < memory.series.lastTime(row)) {
      this.#skippedSamples += count;
    } else if (
      openChunks.isPlain &&
      firstTime >= minValidTime &&
      !this.#batch.has(row) &&
      openChunks.adopt(row, batch, at, firstTime)
    ) {
      this.#samples += count;
      this.#widen(firstTime, lastTime);
    } else {
      this.samples(this.#chunkSamples.of(batch, at, minValidTime));
    }
  }

  /** Samples wait until there are many of them: puts those that do into the head. To be called at the end. */
  settle(): void {
    this.#batch.drain(this.#take);
  }

  workOff(): boolean {
    if (this.#batch.isAlmostFull) this.#isWorkingOff = true;
    if (this.#isWorkingOff) this.#isWorkingOff = this.#batch.drainSome(this.#take);
    return this.#isWorkingOff;
  }

  #apply(run: SampleRun): void {
    const { memory, openChunks, state } = this.#parts;
    const { bits, order, row, times, to } = run;
    const { records } = memory.series;
    const doubles = records.doubles[row >>> SERIES_SLAB_LOG2]!;
    const at = (row & SERIES_ROW_MASK) * SERIES_DOUBLES + LAST_TIME;
    for (let from = run.from; ; ) {
      const end = openChunks.appendRun(row, times, bits, order, from, to);
      if (end > from) {
        this.#samples += end - from;
        const first = times[order[from]!]!;
        if (first < state.minTime) state.minTime = first;
        if (doubles[at]! > state.maxTime) state.maxTime = doubles[at]!;
      }
      if (end === to) return;
      // The last sample of a chunk in a file: what the file's record does not tell is its value.
      const place = order[end]!;
      if (times[place] === doubles[at]) memory.setLastValue(row, bits[2 * place]!, bits[2 * place + 1]!);
      this.#skippedSamples++;
      from = end + 1;
    }
  }

  /** As `samples` where chunks may hold start times. */
  #samplesWithStart({ length, refs, times, bits, startTimes }: SampleColumns): void {
    const { directory, memory, openChunks } = this.#parts;
    for (let i = 0; i < length; i++) {
      const row = directory.refs.row(refs[i]!);
      if (row < 0) {
        this.#unknownRefs++;
        continue;
      }
      const time = times[i]!;
      const last = memory.series.lastTime(row);
      if (!(time > last) || !Number.isSafeInteger(time)) {
        if (time === last) memory.setLastValue(row, bits[2 * i]!, bits[2 * i + 1]!);
        this.#skippedSamples++;
        continue;
      }
      openChunks.appendWithStart(row, time, bits[2 * i]!, bits[2 * i + 1]!, startTimes === null ? 0 : startTimes[i]!);
      this.#widen(time, time);
      this.#samples++;
    }
  }

  histograms(entries: readonly HistogramEntry[]): void {
    const { directory, memory, openChunks } = this.#parts;
    const { refs } = directory;
    const { records } = memory.series;
    for (const { ref, time, startTime, histogram } of entries) {
      const row = refs.row(ref);
      if (row < 0) {
        this.#unknownRefs++;
        continue;
      }
      if (this.#batch.has(row)) this.settle();
      const at = (row & SERIES_ROW_MASK) * SERIES_DOUBLES + LAST_TIME;
      const isNewer = time > records.doubles[row >>> SERIES_SLAB_LOG2]![at]! && Number.isSafeInteger(time);
      const sample = isNewer ? flatHistogram(histogram) : null;
      if (sample === null || firstHistogramBytesMax(sample) > LARGE_EXTENT_BYTES_MAX) {
        this.#skippedSamples++;
        continue;
      }
      openChunks.appendHistogram(row, time, sample, startTime);
      this.#widen(time, time);
      this.#samples++;
    }
  }

  exemplars(entries: readonly ExemplarEntry[]): void {
    for (const { ref, labels, value, time } of entries) {
      if (this.#parts.directory.refs.row(ref) < 0) this.#unknownRefs++;
      else this.#parts.takeExemplar(ref, { labels, value, time });
    }
  }

  /** Deletions and metadata are kept in the log; nothing in the head answers from them. */
  tombstones(): void {}

  metadata(): void {}

  #widen(firstTime: number, lastTime: number): void {
    const { state } = this.#parts;
    state.minTime = Math.min(state.minTime, firstTime);
    state.maxTime = Math.max(state.maxTime, lastTime);
  }
}
