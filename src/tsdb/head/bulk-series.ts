import { WORDS_RUN_MAX } from '../../memory/shared-words.ts';
import type { HeadMemory } from './head-memory.ts';
import type { SeriesDirectory } from './series-directory.ts';
import { SeriesKernel } from './series-kernel.ts';
import { LABELS, LAST_TIME, REF, SERIES_DOUBLES, SERIES_ROW_MASK, SERIES_SLAB_LOG2 } from './series-table.ts';

/** Rows, symbols or pairs in one step: a millisecond, several where the code is cold. */
const STEP_ROWS = 16_384;
const STEP_TEXTS = 2048;

/**
 * The series that a log begins with, for a head that has none: a kernel makes them, and what it made becomes the head's before
 * anything else of the log that may ask for series. The head is then as if each had been restored by itself
 * (`SeriesDirectory.restoreBytes`). The kernel goes on from there, as long as nobody else makes or removes series.
 */
export class BulkSeries {
  readonly #memory: HeadMemory;
  readonly #directory: SeriesDirectory;
  /** null before it is needed, and when it is over. */
  #kernel: SeriesKernel | null = null;
  #isOver = false;
  #adopting: Generator<void, void> | null = null;
  /** What the head has of what the kernel has made, and what its table of rows said then. */
  #rows = 0;
  #symbols = 0;
  #otherRefs = 0;
  #version = 0;

  constructor(memory: HeadMemory, directory: SeriesDirectory) {
    this.#memory = memory;
    this.#directory = directory;
  }

  /** As `SeriesKernel.take`. Where that is -1, `adopt` is to be called before the record is taken otherwise. */
  take(record: Uint8Array, flags: number): number {
    if (this.#isOver) return -1;
    this.#kernel ??= this.#begin();
    // Series were removed.
    if (this.#rows > 0 && this.#version !== this.#memory.series.version) this.end();
    return this.#kernel === null ? -1 : this.#kernel.take(record, flags);
  }

  /** Does a piece of making the series those of the head; false where there are no more. */
  adopt(): boolean {
    const kernel = this.#kernel;
    if (kernel === null) return false;
    if (this.#adopting === null) {
      if (kernel.rowCount === this.#rows && kernel.otherRefCount === this.#otherRefs) return false;
      this.#adopting = this.#adoptAll(kernel);
    }
    if (this.#adopting.next().done !== true) return true;
    this.#adopting = null;
    this.#version = this.#memory.series.version;
    return false;
  }

  /** Others make series from now on. */
  end(): void {
    this.#isOver = true;
    this.#kernel = null;
  }

  #begin(): SeriesKernel | null {
    const { labelLog, series, symbols } = this.#memory;
    const isEmpty = series.rowCount === 0 && labelLog.length === 0 && symbols.count === 1;
    try {
      if (isEmpty) return new SeriesKernel();
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
    }
    this.#isOver = true;
    return null;
  }

  *#adoptAll(kernel: SeriesKernel): Generator<void, void> {
    const { series } = this.#memory;
    const { rowCount } = kernel;
    const first = this.#rows;
    yield* this.#adoptSymbols(kernel);
    series.takeRows(rowCount, rowCount, onesUpTo(rowCount));
    for (let row = first; row < rowCount; row += STEP_ROWS) {
      this.#adoptRows(kernel, row, Math.min(rowCount, row + STEP_ROWS));
      yield;
    }
    for (const { part, slots, used } of kernel.parts()) this.#directory.lookup.setPart(part, slots, used);
    yield;
    if (first === 0) {
      yield* kernel.makeLists(STEP_ROWS);
      yield* this.#adoptPairs(kernel);
    } else yield* this.#addToIndex(kernel, first);
    for (const [row, ref] of kernel.otherRefs(this.#otherRefs)) this.#directory.addOtherRef(row, ref);
    this.#rows = rowCount;
    this.#otherRefs = kernel.otherRefCount;
  }

  /** As `#adoptPairs`, where the index has the pairs of rows before `from`. */
  *#addToIndex(kernel: SeriesKernel, from: number): Generator<void, void> {
    const { rowCount } = kernel;
    for (let row = from; row < rowCount; row++) {
      this.#directory.labelIndex.add(row, kernel.entries(row, row + 1));
      if (row % STEP_TEXTS === 0) yield;
    }
  }

  *#adoptSymbols(kernel: SeriesKernel): Generator<void, void> {
    const { symbols } = this.#memory;
    const { view } = kernel;
    let left = STEP_TEXTS;
    for (const [start, end] of kernel.symbols(this.#symbols)) {
      symbols.addBytes(view, start, end);
      this.#symbols++;
      if (--left > 0) continue;
      left = STEP_TEXTS;
      yield;
    }
  }

  *#adoptPairs(kernel: SeriesKernel): Generator<void, void> {
    let left = STEP_TEXTS;
    for (const [name, value, rows] of kernel.pairs()) {
      this.#directory.labelIndex.addPair(name, value, rows);
      if (--left > 0) continue;
      left = STEP_TEXTS;
      yield;
    }
  }

  /** Label sets, records and refs of rows `from` to `to - 1`. */
  #adoptRows(kernel: SeriesKernel, from: number, to: number): void {
    const { labelLog, series } = this.#memory;
    const { doubles, words } = series.records;
    for (let first = from; first < to; ) {
      const end = this.#runEnd(kernel, first, to);
      const position = labelLog.appendRun(kernel.entries(first, end)) - kernel.entryStart(first);
      for (let row = first; row < end; row++) {
        const at = (row & SERIES_ROW_MASK) * SERIES_DOUBLES;
        const slab = doubles[row >>> SERIES_SLAB_LOG2]!;
        slab[at + LAST_TIME] = Number.NEGATIVE_INFINITY;
        slab[at + REF] = kernel.ref(row);
        words[row >>> SERIES_SLAB_LOG2]![2 * at + LABELS] = position + kernel.entryStart(row);
      }
      first = end;
    }
    for (let first = from; first < to; ) {
      const ref = kernel.ref(first);
      let end = first + 1;
      while (end < to && kernel.ref(end) === ref + end - first) end++;
      this.#directory.enterRows(ref, first, end - first);
      first = end;
    }
  }

  /** As many rows as one run of label sets may have. */
  #runEnd(kernel: SeriesKernel, from: number, to: number): number {
    let end = from + 1;
    while (end < to && kernel.entryStart(end + 1) - kernel.entryStart(from) <= WORDS_RUN_MAX) end++;
    return end;
  }
}

/** A bit for each of `count` rows. */
function onesUpTo(count: number): Uint32Array {
  const bits = new Uint32Array((count + 31) >>> 5).fill(0xffffffff);
  if ((count & 31) !== 0) bits[bits.length - 1] = 2 ** (count & 31) - 1;
  return bits;
}
