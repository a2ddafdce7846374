import { isStorableStart } from '../../kernels/start-time-encode.ts';
import type { EncodedChunk, SampleColumn, TimeRange } from '../../storage/query.ts';
import type { ChainPlaces } from '../chunk/chain-places.ts';
import type { FlatHistogram } from '../chunk/flat-histogram.ts';
import { PLAIN_FORMS, type SampleForms } from '../chunk/sample-forms.ts';
import { UnwrittenChunks } from '../chunks-head/unwritten-chunks.ts';
import { type ChainMemory, LateChains } from './late-chains.ts';
import { type LateHistogram, reserveLateRoom } from './late-room.ts';
import { type LateRow, LateRows } from './late-rows.ts';
import { LateTimes } from './late-times.ts';
import { OPEN_SAMPLES_BYTES_MAX, OPEN_SAMPLES_MAX, OpenSampleBuffers, type OpenSamples } from './open-samples.ts';
import { SampleRun } from './sample-run.ts';
import { SEALED_FLOAT_BYTES_MAX, type SealMemory, sealSamples } from './seal-samples.ts';

/** The part of the head's memory that the store uses. */
interface LateMemory extends SealMemory, ChainMemory {
  /** Told of each row whose late samples are about to change. */
  readonly moments: { beforeLate(row: number): void };
}

/** Sealed samples of some rows: plain data. Row `i` has the chunks `starts[i] .. starts[i + 1] - 1`, newest first. */
export interface FrozenSamples {
  readonly rows: Uint32Array;
  readonly starts: Uint32Array;
  readonly chunks: Uint32Array;
  /** Numbers of the aligned ranges that the samples lie in, rising; some may have none. */
  readonly ranges: readonly number[];
}

/** Knows of chunks that need not be kept in memory, since they are in files. */
export interface ChunkReuse {
  /** As `FindChunk`, for a row of the store. */
  reuse(row: number, chunk: EncodedChunk, newest: number, store: OutOfOrderStore): number;
}

/** Rows handled in one step: under a millisecond. */
const STEP_ROWS = 128;
/**
 * The samples of the head's rows that came out of order: for each row that has any, the newest ones in a sorted buffer
 * and the others in sealed chunks, which may overlap each other and lie in the head's shared memory. A row without such
 * samples costs one bit.
 *
 * Only the main thread looks here. Readers get the numbers of sealed chunks and copies of the buffers
 * (`late-samples.ts`), so chains may be cut while they read.
 */
export class OutOfOrderStore {
  /** In which chunks samples are put from now on. */
  forms: SampleForms = PLAIN_FORMS;
  /** Sealed chunks that are to go to files, by row. */
  readonly unwritten = new UnwrittenChunks();
  /** Set while the log is read again. */
  reuse: ChunkReuse | null = null;
  readonly #memory: LateMemory;
  readonly #buffers: OpenSampleBuffers;
  readonly #rows = new LateRows();
  readonly #chains: LateChains;
  readonly #times = new LateTimes();
  #samplesInserted = 0;
  #chunksCreated = 0;
  #hasHistograms = false;
  readonly #run = new SampleRun();

  constructor(memory: LateMemory) {
    this.#memory = memory;
    this.#buffers = new OpenSampleBuffers(memory.extents);
    this.#chains = new LateChains(memory, this.#rows);
  }

  /** Rows that have out-of-order samples. */
  get rowCount(): number {
    return this.#rows.size;
  }

  /** Samples taken since the start, replayed ones included. */
  get samplesInserted(): number {
    return this.#samplesInserted;
  }

  /** Chunks sealed since the start. */
  get chunksCreated(): number {
    return this.#chunksCreated;
  }

  /** Rows with samples that are not in chunks yet. */
  get openRows(): number {
    return this.#buffers.filled;
  }

  /** Sets the width of the ranges that blocks are aligned to, ms; to be called before the first sample. */
  set rangeMs(rangeMs: number) {
    this.#times.rangeMs = rangeMs;
  }

  /** Oldest and newest sample (ms); Infinity and -Infinity while there is none. */
  get bounds(): TimeRange {
    return this.#times.bounds;
  }

  /** False while all samples that were inserted are floats; those of chunks in files do not count. */
  get hasHistograms(): boolean {
    return this.#hasHistograms;
  }

  has(row: number): boolean {
    return this.#rows.get(row) !== undefined;
  }

  /** Between which times (ms, both included) all samples of a row lie; null where it has none. */
  timesOf(row: number): TimeRange | null {
    return this.#rows.get(row) ?? null;
  }

  /** True where samples of the row may lie in the range. */
  overlaps(row: number, { minTime, maxTime }: TimeRange): boolean {
    const late = this.#rows.get(row);
    return late !== undefined && late.minTime <= maxTime && late.maxTime >= minTime;
  }

  /** True where the newest samples of the row have this time: one more of it would be left out. */
  holds(row: number, time: number): boolean {
    const late = this.#rows.get(row);
    return late !== undefined && late.count > 0 && this.#buffers.holds(late, time);
  }

  /** Makes sure that so many samples can be inserted without asking the host for memory. */
  reserve(samples: number, histograms: readonly LateHistogram[]): void {
    reserveLateRoom(this.#memory, this.#rows, samples, histograms);
  }

  /**
   * Takes a sample, for which memory was reserved; false where the row's newest samples have one of that time. `histogram`
   * null means a float; the value of a histogram is its sum. `startTime` (ms, 0 = none) is kept where `forms` has a chunk
   * for it.
   */
  insert(
    row: number,
    time: number,
    low: number,
    high: number,
    histogram: FlatHistogram | null,
    startTime: number,
  ): boolean {
    this.#memory.moments.beforeLate(row);
    if (histogram !== null) this.#hasHistograms = true;
    const late = this.#rows.getOrAdd(row);
    const isAlone = isLarge(histogram) || isLarge(late.histograms?.[0] ?? null);
    if (isAlone && late.count > 0) this.#seal(row, late);
    const hasStart = histogram === null ? this.forms.xor2 : this.forms.histogramStartTimes;
    const start = hasStart && isStorableStart(time, startTime) ? startTime : 0;
    if (!this.#buffers.insert(late, time, low, high, histogram, start)) return false;
    this.#widen(late, time);
    this.#samplesInserted++;
    // At once, so that the next sample of the log finds nothing collected: then a marker can say so.
    if (late.count === OPEN_SAMPLES_MAX) this.#seal(row, late);
    return true;
  }

  /**
   * As `insert`, for floats of one row that have no start times: those at `order[from..to-1]` in `times` and `bits` (two
   * words each, low first), one after the other. Asks for the memory itself.
   */
  insertRun(row: number, times: Float64Array, bits: Uint32Array, order: Uint32Array, from: number, to: number): void {
    const late = this.#rows.getOrAdd(row);
    this.#memory.extents.reserve(
      OPEN_SAMPLES_BYTES_MAX + Math.ceil((to - from) / OPEN_SAMPLES_MAX + 1) * SEALED_FLOAT_BYTES_MAX,
    );
    this.#memory.sealed.reserve(to - from);
    let next = from;
    for (; next < to && (late.histograms !== null || late.startTimes !== null); next++) {
      const place = order[next]!;
      this.insert(row, times[place]!, bits[2 * place]!, bits[2 * place + 1]!, null, 0);
    }
    if (next === to) return;
    // The buffer's samples are beside it until all are there.
    let count = late.count;
    if (count > 0) this.#buffers.copy(late, 0, count, this.#run.times, this.#run.bits, 0);
    for (; next < to; next++) {
      const place = order[next]!;
      const time = times[place]!;
      if (!this.#run.enter(count, time, bits[2 * place]!, bits[2 * place + 1]!)) continue;
      count++;
      this.#widen(late, time);
      this.#samplesInserted++;
      if (count < OPEN_SAMPLES_MAX) continue;
      this.#buffers.clear(late);
      this.#sealTaken(row, late, count, null, null);
      count = 0;
    }
    this.#buffers.replace(late, this.#run.times, this.#run.bits, count);
  }

  /** Makes a chunk of a file the newest one of a row; `column` has its samples. */
  addChunk(row: number, chunk: number, column: SampleColumn): void {
    const late = this.#rows.getOrAdd(row);
    this.#memory.sealed.setOlder(chunk, late.newest);
    late.newest = chunk;
    this.noteChunk(row, column);
  }

  /** A chunk with these samples is in the chain of the row. */
  noteChunk(row: number, { length, times }: SampleColumn): void {
    const late = this.#rows.getOrAdd(row);
    this.#chunksCreated++;
    for (let i = 0; i < length; i++) this.#widen(late, times[i]!);
    this.#samplesInserted += length;
  }

  /** Lets go of the floats of a row's buffer that `column` has. Nothing is done where there are histograms among them. */
  dropOpen(row: number, column: SampleColumn): void {
    const late = this.#rows.get(row);
    if (late === undefined || late.histograms !== null || column.histograms !== null) return;
    const { count, startTimes } = late;
    this.#buffers.copy(late, 0, count, this.#run.times, this.#run.bits, 0);
    this.#buffers.clear(late);
    for (let i = 0; i < count; i++) {
      const start = startTimes === null ? 0 : startTimes[i]!;
      if (this.#run.isIn(column, i, start)) continue;
      const { bits, times } = this.#run;
      this.#buffers.insert(late, times[i]!, bits[2 * i]!, bits[2 * i + 1]!, null, start);
    }
  }

  /** Where chunks stand in the chains of their rows, for a loop in which these change through `moveToFile` alone. */
  chainPlaces(): ChainPlaces {
    return this.#chains.places();
  }

  /** As `LateChains.hasInMemory`. */
  hasInMemory(places: ChainPlaces, row: number, chunk: number, firstTime: number): boolean {
    return this.#chains.hasInMemory(places, row, chunk, firstTime);
  }

  /** As `LateChains.moveToFile`. */
  moveToFile(places: ChainPlaces, row: number, chunk: number, slot: number, offset: number): number {
    this.#memory.moments.beforeLate(row);
    return this.#chains.moveToFile(places, row, chunk, slot, offset);
  }

  /** True where this is the newest chunk of a row, and there is no sample that is in none. */
  endsWith(row: number, chunk: number): boolean {
    const late = this.#rows.get(row);
    return late !== undefined && late.newest === chunk && late.count === 0;
  }

  /**
   * Seals all samples and tells where they are, for whoever writes blocks of them: at least everything that was inserted
   * before the first step. The caller holds a pin from before that step until `release`. Yields after less than a
   * millisecond.
   */
  *freeze(): Generator<undefined, FrozenSamples> {
    const before = this.#times.takeRanges();
    const rows = this.#rows.sorted();
    const starts = new Uint32Array(rows.length + 1);
    const chunks: number[] = [];
    for (let i = 0; i < rows.length; i++) {
      if (i % STEP_ROWS === STEP_ROWS - 1) yield;
      // The row may have left meanwhile, and its samples with it.
      const late = this.#rows.get(rows[i]!);
      if (late !== undefined) {
        if (late.count > 0) {
          this.#memory.moments.beforeLate(rows[i]!);
          this.#reserveSeal(late);
          this.#seal(rows[i]!, late);
        }
        this.#chains.each(rows[i]!, (chunk) => chunks.push(chunk));
      }
      starts[i + 1] = chunks.length;
    }
    // What came during the steps may be in the chunks.
    return { rows, starts, chunks: new Uint32Array(chunks), ranges: this.#times.rangesSince(before) };
  }

  /** What `freeze` gave was not written to blocks: it will be part of the next one. */
  unfreeze({ ranges }: FrozenSamples): void {
    this.#times.addRanges(ranges);
  }

  /** Lets go of what `freeze` gave: it is in blocks that every new querier sees. Yields after less than a millisecond. */
  *release({ rows, starts, chunks }: FrozenSamples): Generator<undefined, void> {
    for (let i = 0; i < rows.length; i++) {
      if (i % STEP_ROWS === STEP_ROWS - 1) yield;
      const late = this.#rows.get(rows[i]!);
      if (late === undefined || starts[i] === starts[i + 1]) continue;
      this.#memory.moments.beforeLate(rows[i]!);
      if (!this.#chains.cut(late, chunks[starts[i]!]!)) continue;
      if (late.newest === 0 && late.count === 0) this.#forget(rows[i]!);
      else this.#measure(rows[i]!, late);
    }
    yield* this.#times.measure(this.#rows);
  }

  /** Lets go of all samples of a row; open readers keep them. */
  remove(row: number): void {
    const late = this.#rows.get(row);
    if (late === undefined) return;
    this.#memory.moments.beforeLate(row);
    this.#buffers.clear(late);
    if (late.newest !== 0) this.#memory.retireChain(late.newest);
    this.#forget(row);
  }

  /** Calls back with the sealed chunks of a row that overlap the range, newest first. */
  eachChunk(row: number, { minTime, maxTime }: TimeRange, use: (chunk: number) => void): void {
    const { sealed } = this.#memory;
    this.#chains.each(row, (chunk) => {
      if (sealed.firstTime(chunk) <= maxTime && sealed.lastTime(chunk) >= minTime) use(chunk);
    });
  }

  /** How many samples of a row are in no chunk yet. */
  openCount(row: number): number {
    return this.#rows.get(row)?.count ?? 0;
  }

  /** Copies them behind others; returns what `OpenSamples` has beside their values. */
  copyOpen(
    row: number,
    times: Float64Array,
    bits: Uint32Array,
    at: number,
  ): Pick<OpenSamples, 'histograms' | 'startTimes'> {
    const late = this.#rows.get(row)!;
    this.#buffers.copy(late, 0, late.count, times, bits, at);
    return late;
  }

  /** Takes a row out that has nothing left. */
  #forget(row: number): void {
    this.#rows.delete(row);
    if (this.#rows.size === 0) this.#times.clear();
  }

  /** Sets the times of a row to what it has. */
  #measure(row: number, late: LateRow): void {
    late.minTime = late.count > 0 ? this.#buffers.time(late, 0) : Number.POSITIVE_INFINITY;
    late.maxTime = late.count > 0 ? this.#buffers.time(late, late.count - 1) : Number.NEGATIVE_INFINITY;
    this.#chains.each(row, (chunk) => {
      late.minTime = Math.min(late.minTime, this.#memory.sealed.firstTime(chunk));
      late.maxTime = Math.max(late.maxTime, this.#memory.sealed.lastTime(chunk));
    });
  }

  /** Memory for sealing outside of an insertion. */
  #reserveSeal({ histograms }: LateRow): void {
    const open = (histograms ?? []).filter((sample) => sample !== null);
    this.reserve(
      1,
      open.map((sample) => ({ row: -1, sample })),
    );
  }

  /** Makes chunks of a row's buffer. */
  #seal(row: number, late: LateRow): void {
    const { count, histograms, startTimes } = late;
    this.#buffers.copy(late, 0, count, this.#run.times, this.#run.bits, 0);
    this.#sealTaken(row, late, count, histograms, startTimes);
    this.#buffers.clear(late);
  }

  /** Makes chunks of the first `count` of `#run`, and what belongs to them. */
  #sealTaken(
    row: number,
    late: LateRow,
    count: number,
    histograms: OpenSamples['histograms'],
    startTimes: OpenSamples['startTimes'],
  ): void {
    const samples = { count, times: this.#run.times, bits: this.#run.bits, histograms, startTimes };
    const { reuse } = this;
    const find = reuse && ((chunk: EncodedChunk, newest: number) => reuse.reuse(row, chunk, newest, this));
    late.newest = sealSamples(this.#memory, samples, late.newest, this.forms, find, (chunk, firstTime) => {
      this.#chunksCreated++;
      if (firstTime !== null) this.unwritten.add(row, 0, chunk, firstTime);
    });
  }

  #widen(late: LateRow, time: number): void {
    if (time < late.minTime) late.minTime = time;
    if (time > late.maxTime) late.maxTime = time;
    this.#times.widen(time);
  }
}

/**
 * Histograms with more buckets get chunks of their own: a chunk of gauges has the buckets of all its samples, and must
 * fit into an extent.
 */
const BUCKETS_SHARED_MAX = 512;

function isLarge(histogram: FlatHistogram | null): boolean {
  return histogram !== null && histogram.counts.length > BUCKETS_SHARED_MAX;
}
