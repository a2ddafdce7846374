import type { Labels } from '../../model/labels.ts';
import type { Matcher } from '../../model/matcher.ts';
import { runInTurns, type Turns } from '../../std/turns.ts';
import type { Appender } from '../../storage/append.ts';
import type { TimeRange } from '../../storage/query.ts';
import type { ChunkSource } from '../chunk/chunk-source.ts';
import { PLAIN_FORMS, type SampleForms } from '../chunk/sample-forms.ts';
import type { HeadChunkDirectory } from '../chunks-head/head-chunk-reader.ts';
import { EXEMPLARS_MAX_DEFAULT } from '../defaults.ts';
import type { OutOfOrderStore } from '../out-of-order/out-of-order-store.ts';
import { HeadDeletions } from '../tombstones/head-deletions.ts';
import type { HeadLog, LateLog } from '../wal/head-log.ts';
import type { RefSet } from '../wal/ref-set.ts';
import { countHead } from './count-head.ts';
import { deleteFromHead } from './delete-from-head.ts';
import { ExemplarRing } from './exemplar-ring.ts';
import { HeadAppender } from './head-appender.ts';
import { HeadChunkSource } from './head-chunk-source.ts';
import { HeadChunkStore } from './head-chunk-store.ts';
import { type HeadChunks, snapshotRange } from './head-chunks.ts';
import { HeadFilling, type HeadParts, type ImagedHead } from './head-filling.ts';
import { HeadMemory } from './head-memory.ts';
import { HeadQuerier } from './head-querier.ts';
import { HeadReader } from './head-reader.ts';
import { HeadRowIndex } from './head-row-index.ts';
import type { HeadSnapshot } from './head-snapshot.ts';
import { type HeadBounds, type HeadState, noneRefused } from './head-state.ts';
import type { HeadStats } from './head-stats.ts';
import { type Truncation, type TruncationOptions, truncateHead } from './head-truncation.ts';
import { type HeadSlabs, type HeadSlabsSeen, newHeadSlabs } from './head-view.ts';
import { KnownSelections } from './known-selections.ts';
import { type LabelStatistics, labelStatistics } from './label-statistics.ts';
import { removeEmptySeries, removeStaleSeries } from './leaving-series.ts';
import { OpenChunks } from './open-chunks.ts';
import { SeriesDirectory } from './series-directory.ts';
import { findStaleSeries, type SeriesSurvey, type StaleSeries, surveySeries } from './stale-series.ts';
import type { SteppedWork } from './stepped-work.ts';
import { TransactionRows } from './transaction-rows.ts';

export interface HeadOptions {
  /** Width of the ranges that chunks and blocks are aligned to, ms. */
  readonly chunkRangeMs: number;
  /** Samples that a chunk of floats should get; default 120, and without the kernels where it is another number. */
  readonly samplesPerChunk?: number | undefined;
  /** Nothing older is taken: where the newest block ends. -Infinity where there is none. */
  readonly minValidTime: number;
  /** Exemplars that are kept; 0 keeps and logs none. Default 100,000. */
  readonly exemplarsMax?: number;
  /** How long a select may hold the thread; without it, as long as it takes. */
  readonly turns?: Turns;
  /** Where `chunks_head/` is; without it all chunks stay in memory. */
  readonly chunksHead?: HeadChunkDirectory;
  /** Bytes of chunks that stay in memory although they are there. Default 48 MiB. */
  readonly residentChunkBytes?: number | undefined;
  /** In which forms samples are kept; default the plain ones. */
  readonly forms?: SampleForms;
}

/**
 * The newest samples, in memory: ties the parts together.
 *
 * `SeriesDirectory` knows which series there are, `OpenChunks` takes their samples, `HeadAppender` is one transaction,
 * `HeadQuerier` one reader; all share `HeadMemory`. Writing and selecting happen on the main thread only.
 */
export class Head {
  readonly #options: HeadOptions;
  readonly #memory: HeadMemory;
  readonly #directory: SeriesDirectory;
  readonly #reader: HeadReader;
  /** The files of sealed chunks; null where all chunks stay in memory. */
  readonly chunkStore: HeadChunkStore | null;
  readonly #rows: TransactionRows;
  readonly exemplars: ExemplarRing;
  readonly deletions = new HeadDeletions();
  /** What the log says to be deleted of late samples too: those that are read after it come without that. */
  readonly lateDeletions = new HeadDeletions();
  readonly #openChunks: OpenChunks;
  /** What the functions that work on it get. */
  readonly #parts: HeadParts;
  readonly #rowIndex: HeadRowIndex;
  readonly #known = new KnownSelections();
  #log: HeadLog | null = null;
  #lateLog: LateLog | null = null;
  #outOfOrderMs = 0;
  readonly #state: HeadState = {
    minValidTime: Number.NEGATIVE_INFINITY,
    minTime: Number.POSITIVE_INFINITY,
    maxTime: Number.NEGATIVE_INFINITY,
    samplesAppended: 0,
    histogramsLogged: 0,
    exemplarsLogged: 0,
    activeAppenders: 0,
    appendersCreated: 0,
    lateFloats: 0,
    lateHistograms: 0,
    onLate: () => {},
    refused: noneRefused(),
    refusedHistograms: noneRefused(),
  };

  constructor(options: HeadOptions) {
    this.#options = options;
    this.#state.minValidTime = options.minValidTime;
    const { chunksHead = null } = options;
    this.#memory = new HeadMemory(chunksHead, options.residentChunkBytes);
    this.chunkStore = chunksHead === null ? null : new HeadChunkStore(this.#memory, chunksHead);
    this.#directory = new SeriesDirectory(this.#memory);
    this.#reader = new HeadReader(this.#memory);
    this.exemplars = new ExemplarRing(options.exemplarsMax ?? EXEMPLARS_MAX_DEFAULT);
    this.#rows = new TransactionRows(this.#memory.kernelMemory.allocate);
    this.#openChunks = new OpenChunks(this.#memory, options.chunkRangeMs, options.samplesPerChunk);
    this.#memory.outOfOrder.rangeMs = options.chunkRangeMs;
    this.setForms(options.forms ?? PLAIN_FORMS);
    this.#rowIndex = new HeadRowIndex(this.#memory, this.#directory.labelIndex);
    this.#parts = {
      memory: this.#memory,
      directory: this.#directory,
      openChunks: this.#openChunks,
      reader: this.#reader,
      state: this.#state,
      exemplars: this.exemplars,
      deletions: this.deletions,
      lateDeletions: this.lateDeletions,
    };
  }

  /** What fills it, before the first transaction. */
  filling(): HeadFilling {
    return new HeadFilling(this.#parts);
  }

  /** False as long as all samples that were ever taken or restored are floats. */
  get hasHistograms(): boolean {
    return this.#memory.hasHistograms;
  }

  get bounds(): HeadBounds {
    return { minTime: this.#state.minTime, maxTime: this.#state.maxTime };
  }

  /**
   * From here on transactions are logged there; before, there are none. `lateLog` gets samples that come out of order, as
   * long as `setOutOfOrderWindow` allows any; without it none are taken.
   */
  logTo(log: HeadLog, lateLog: LateLog | null = null): void {
    this.#log = log;
    this.#lateLog = lateLog;
    if (lateLog !== null) this.chunkStore?.logLateTo(lateLog);
  }

  /** In which forms samples are kept from now on. */
  setForms(forms: SampleForms): void {
    this.#openChunks.setForms(forms);
    this.#memory.outOfOrder.forms = forms;
  }

  get forms(): SampleForms {
    return this.#openChunks.forms;
  }

  /** How far behind the newest sample others may come out of order, ms; 0 = not at all. Exemplars likewise. */
  setOutOfOrderWindow(windowMs: number): void {
    this.#outOfOrderMs = Math.max(0, windowMs);
    this.exemplars.setOutOfOrderWindow(this.#outOfOrderMs);
  }

  /** Calls back with the seconds by which a sample is older than the newest one, where it can not follow its series. */
  onLate(observe: (seconds: number) => void): void {
    this.#state.onLate = observe;
  }

  /** A fresh transaction; throws while another is open. One that is made in steps is ended before. */
  appender(): Appender {
    if (this.#log === null) throw new Error('Cannot open an appender: the head has no log yet');
    this.transactions.end();
    return new HeadAppender({
      ...this.#parts,
      rows: this.#rows,
      log: this.#log,
      lateLog: this.#lateLog,
      outOfOrderMs: this.#lateLog === null ? 0 : this.#outOfOrderMs,
      chunkRangeMs: this.#options.chunkRangeMs,
    });
  }

  /** What is made in steps. */
  get transactions(): SteppedWork {
    return this.#memory.transactions;
  }

  /** As `deleteFromHead`. */
  deleteSamples(
    matchers: readonly Matcher[],
    range: TimeRange,
    options: { readonly sparesLate: boolean },
  ): Generator<undefined, number> {
    if (this.#log === null) throw new Error('Cannot delete samples: the head has no log yet');
    return deleteFromHead(
      {
        ...this.#parts,
        rowIndex: this.#rowIndex,
        bounds: this.#state,
        sparesLate: options.sparesLate,
        log: this.#log,
      },
      matchers,
      range,
    );
  }

  /** As `ExemplarRing.find`. */
  *findExemplars(...wanted: Parameters<ExemplarRing['find']>): ReturnType<ExemplarRing['find']> {
    yield* this.transactions.settleApplying();
    return yield* this.exemplars.find(...wanted);
  }

  querier(range: TimeRange): HeadQuerier {
    return new HeadQuerier({
      memory: this.#memory,
      labelIndex: this.#directory.labelIndex,
      rowIndex: this.#rowIndex,
      reader: this.#reader,
      bounds: this.#state,
      deletions: this.deletions,
      known: this.#known,
      range: { minTime: Math.max(range.minTime, this.#oldestShown()), maxTime: range.maxTime },
      inOrderMinTime: this.#state.minValidTime,
      turns: this.#options.turns ?? null,
    });
  }

  /** What is older than this is in blocks, apart from late samples. */
  #oldestShown(): number {
    return Math.min(this.#state.minValidTime, this.outOfOrder.bounds.minTime);
  }

  /** The slabs that another thread needs for its `HeadView` and was not sent yet; `seen` is that thread's. */
  newSlabs(seen: HeadSlabsSeen): HeadSlabs {
    return newHeadSlabs(this.#memory, seen);
  }

  /** True where the head spans more than one and a half ranges: the oldest range takes no more samples then. */
  get isCompactable(): boolean {
    const { minTime, maxTime } = this.#state;
    return maxTime - minTime > Math.trunc(this.#options.chunkRangeMs / 2) * 3;
  }

  /** True while a transaction is open, which may still bring samples that are older than a new one could. */
  get hasOpenAppender(): boolean {
    return this.#state.activeAppenders > 0;
  }

  /**
   * From now on nothing before a time (ms) is taken or shown: it is in blocks that every new querier sees. `truncate`
   * follows, once `hasReadersOf` tells that the queriers which may need it are closed. Returns what that asks for.
   */
  advance(before: number): number {
    const state = this.#state;
    state.minValidTime = Math.max(state.minValidTime, before);
    state.minTime = Math.max(state.minTime, before);
    return this.#memory.epochs.mark();
  }

  hasReadersOf(epoch: number): boolean {
    return this.#memory.epochs.hasReadersOf(epoch);
  }

  /** All refs that lead to a series, those by which only the log knows it included. Yields as `truncate`. */
  *liveRefs(refs: RefSet): Generator<undefined, void> {
    yield* this.#directory.refs.addTo(refs);
  }

  /** What is reachable now stays until the returned function is called. */
  pin(): () => void {
    const { epochs } = this.#memory;
    const epoch = epochs.pin();
    return () => epochs.unpin(epoch);
  }

  /**
   * The series with chunks between two times (ms), both included, for a block; under a pin. Yields after less than a
   * millisecond.
   */
  *chunks(range: TimeRange, isWanted?: (row: number) => boolean): Generator<undefined, HeadSnapshot> {
    return yield* snapshotRange(this.#memory, this.deletions, range, isWanted);
  }

  /** What was given by `chunks`, read in this thread. */
  chunkSource(chunks: HeadChunks): ChunkSource {
    return new HeadChunkSource(this.#memory, chunks);
  }

  /** The samples that came out of order, for whoever makes blocks of them. */
  get outOfOrder(): OutOfOrderStore {
    return this.#memory.outOfOrder;
  }

  get seriesCount(): number {
    return this.#memory.series.liveCount;
  }

  /** Rows of series, free ones included. */
  get rowCount(): number {
    return this.#memory.series.rowCount;
  }

  /** Nothing older is taken, ms. */
  get minValidTime(): number {
    return this.#state.minValidTime;
  }

  /** What an image of the head is written of. */
  imaged(): ImagedHead {
    return { ...this.#parts, chunkRangeMs: this.#options.chunkRangeMs };
  }

  /** The ref of a series, or 0 where the head does not have it. Creates nothing. */
  find(labels: Labels): number {
    return this.#directory.find(labels);
  }

  /** The ref by which the head itself knows the series of any ref that the log gave it; 0 where there is none. */
  ownRef(ref: number): number {
    const row = this.#directory.refs.row(ref);
    return row < 0 ? 0 : this.#memory.series.ref(row);
  }

  /** The labels of a series by any ref that the log gave it, or null where the head does not have it. */
  labels(ref: number): Labels | null {
    const row = this.#directory.refs.row(ref);
    return row < 0 ? null : this.#reader.labels(row);
  }

  /** Takes series out for good, with all their samples. Their refs are unknown from now on; open readers keep them. */
  remove(refs: Float64Array): void {
    this.#directory.remove(refs);
  }

  /** The `limit` largest counts of each kind; lets the event loop run in between where there are turns. */
  labelStatistics(limit: number): LabelStatistics | Promise<LabelStatistics> {
    const steps = labelStatistics(this.#memory, this.#directory.labelIndex, limit);
    return runInTurns(this.#memory.epochs.pinned(steps), this.#options.turns ?? null);
  }

  /**
   * Forgets what is older than a time (ms) and is in blocks by now: chunks that end before it, and series that have no
   * others. Nothing older is taken from the first step on; what queriers have selected they keep. Yields after less than
   * a millisecond.
   */
  *truncate(options: TruncationOptions): Generator<undefined, Truncation> {
    const state = this.#state;
    const { before } = options;
    this.advance(before);
    const { outOfOrder } = this.#memory;
    const truncation = yield* truncateHead(this.#parts, {
      ...options,
      isKept: (row) => outOfOrder.has(row) || options.isKept?.(row) === true,
      onRemoved: (refs) => {
        for (const ref of refs) this.deletions.forget(ref);
        options.onRemoved?.(refs);
      },
    });
    // Samples may still come for the whole appendable window.
    const appendable = state.maxTime - this.#options.chunkRangeMs / 2;
    const minTime = Math.max(before, Math.min(truncation.minTime, appendable));
    if (state.maxTime >= before) state.minTime = Math.min(minTime, state.maxTime);
    return truncation;
  }

  /** Counts series by their last sample. Yields as `truncate`. */
  survey(): Generator<undefined, SeriesSurvey> {
    return surveySeries(this.#memory);
  }

  /** The stale series without late samples, by row. Yields as `truncate`. */
  staleSeries(): Generator<undefined, StaleSeries> {
    return findStaleSeries(this.#memory);
  }

  /**
   * Takes series out whose samples are all from before the head, once the log is read: it knows series for longer than it has
   * samples of them. `onRemoved` is told all refs of each. Yields as `truncate`.
   */
  *removeEmpty(onRemoved: (refs: readonly number[]) => void): Generator<undefined, void> {
    yield* removeEmptySeries(this.#parts, this.#state.minValidTime, onRemoved);
  }

  /**
   * Takes series out that `staleSeries` gave and that had no sample since, and notes it in the log. The caller has made
   * sure that their samples are in blocks. `onRemoved` is told all refs of each. Yields as `truncate`; throws what the log
   * throws, after which they come back with the next start.
   */
  *removeStale(stale: StaleSeries, onRemoved: (refs: readonly number[]) => void): Generator<undefined, void> {
    if (this.#log === null) throw new Error('Cannot remove series: the head has no log yet');
    yield* removeStaleSeries(this.#parts, stale, this.#log, onRemoved);
  }

  stats(): HeadStats {
    return countHead(this.#parts);
  }
}
