import { xorDecode } from '../../kernels/xor-decode.ts';
import { xorByteLength } from '../../kernels/xor-encode.ts';
import { Epochs } from '../../memory/epochs.ts';
import { Extents, extentOffset, extentSlab } from '../../memory/extents.ts';
import { LargeExtents } from '../../memory/large-extents.ts';
import { SharedWords } from '../../memory/shared-words.ts';
import { SymbolTable } from '../../memory/symbol-table.ts';
import { SealedChunks } from '../chunk/sealed-chunks.ts';
import { OutOfOrderStore } from '../out-of-order/out-of-order-store.ts';
import { type OpenHistogram, OpenHistogramSlots } from './open-histogram-slots.ts';
import {
  LABELS,
  NEWEST_SEALED,
  OPEN_EXTENT,
  OPEN_HISTOGRAM,
  OPEN_UNITS,
  SERIES_DOUBLES,
  SERIES_ROW_MASK,
  SERIES_SLAB_LOG2,
  SeriesTable,
} from './series-table.ts';

/**
 * Extents are retired as extent * 128 + units, large ones as 2^51 + extent * 2^18 + capacity in units of 64 bytes, rows
 * as 2^52 + row, chains of sealed chunks as 2^52 + 2^33 + chunk, cuts of chains as 2^52 + 2^34 + chunk.
 */
const EXTENT_ITEM = 128;
const LARGE_ITEM = 2 ** 51;
const LARGE_SPACE = 2 ** 18;
const LARGE_UNIT_LOG2 = 6;
const ROW_ITEM = 2 ** 52;
const CHAIN_ITEM = ROW_ITEM + 2 ** 33;
const CUT_ITEM = ROW_ITEM + 2 ** 34;

/**
 * Everything of the head that readers look at, all in shared memory, and the rule by which it comes back: what a reader
 * may know is retired, and reused only when the readers of that time are gone.
 */
export class HeadMemory {
  readonly symbols = new SymbolTable();
  /** One entry for each series: the number of labels, then the ids of name and value. */
  readonly labelLog = new SharedWords();
  readonly series = new SeriesTable();
  readonly extents = new Extents();
  /** Chunks of histograms, which may be larger than 1 KiB. */
  readonly large = new LargeExtents();
  readonly sealed = new SealedChunks(this.extents, this.large);
  readonly openHistograms = new OpenHistogramSlots();
  readonly outOfOrder = new OutOfOrderStore(this);
  readonly epochs = new Epochs((item) => this.#release(item));

  #chunksReleased = 0;
  readonly #firstTime = new Float64Array(1);
  readonly #firstBits = new Uint32Array(2);

  /** Chunks, open and sealed, that were given back. */
  get chunksReleased(): number {
    return this.#chunksReleased;
  }

  /** The open histogram chunk of a row, or null. */
  openHistogram(row: number): OpenHistogram | null {
    const words = this.series.records.words[row >>> SERIES_SLAB_LOG2]!;
    const w = 2 * (row & SERIES_ROW_MASK) * SERIES_DOUBLES;
    if (words[w + OPEN_EXTENT] !== 0 || words[w + OPEN_HISTOGRAM] === 0) return null;
    return this.openHistograms.get(words[w + OPEN_HISTOGRAM]!);
  }

  /** The time of the first sample in a row's open chunk of floats, which it must have. */
  openFirstTime(row: number): number {
    const words = this.series.records.words[row >>> SERIES_SLAB_LOG2]!;
    const at = (row & SERIES_ROW_MASK) * SERIES_DOUBLES;
    const extent = words[2 * at + OPEN_EXTENT]!;
    const slab = extentSlab(extent);
    const start = extentOffset(extent);
    const end = start + xorByteLength(words, at);
    const { bytes, views } = this.extents;
    xorDecode(bytes[slab]!, views[slab]!, start, end, 1, this.#firstTime, this.#firstBits, 0);
    return this.#firstTime[0]!;
  }

  retireExtent(extent: number, units: number): void {
    this.epochs.retire(extent * EXTENT_ITEM + units);
  }

  retireLargeExtent(extent: number, capacity: number): void {
    this.epochs.retire(LARGE_ITEM + extent * LARGE_SPACE + (capacity >>> LARGE_UNIT_LOG2));
  }

  /** Gives a sealed chunk and all older ones of its series back. The row does not lead to it any more. */
  retireChain(chunk: number): void {
    this.epochs.retire(chunk + CHAIN_ITEM);
  }

  /**
   * Gives all chunks older than `chunk` back, in two steps: the chain is cut when the readers that may need the older
   * part are gone, and that part comes back when those are gone that have walked into it meanwhile.
   */
  retireOlder(chunk: number): void {
    this.epochs.retire(chunk + CUT_ITEM);
  }

  /** Gives a row back with all its chunks. Nothing may lead to it any more. */
  retireRow(row: number): void {
    this.series.retire(row);
    this.epochs.retire(row + ROW_ITEM);
  }

  #release(item: number): void {
    if (item >= CUT_ITEM) this.#cutChain(item - CUT_ITEM);
    else if (item >= CHAIN_ITEM) this.#releaseChain(item - CHAIN_ITEM);
    else if (item >= ROW_ITEM) this.#releaseRow(item - ROW_ITEM);
    else if (item < LARGE_ITEM) this.extents.free(Math.floor(item / EXTENT_ITEM), item % EXTENT_ITEM);
    else {
      const extent = Math.floor((item - LARGE_ITEM) / LARGE_SPACE);
      this.large.free(extent, (item % LARGE_SPACE) << LARGE_UNIT_LOG2);
    }
  }

  #releaseRow(row: number): void {
    const words = this.series.records.words[row >>> SERIES_SLAB_LOG2]!;
    const at = 2 * (row & SERIES_ROW_MASK) * SERIES_DOUBLES;
    if (words[at + OPEN_EXTENT] !== 0) {
      this.extents.free(words[at + OPEN_EXTENT]!, words[at + OPEN_UNITS]!);
      this.#chunksReleased++;
    } else if (words[at + OPEN_HISTOGRAM] !== 0) {
      const { extent, capacity } = this.openHistograms.release(words[at + OPEN_HISTOGRAM]!);
      this.large.free(extent, capacity);
      this.#chunksReleased++;
    }
    this.#releaseChain(words[at + NEWEST_SEALED]!);
    words[at + LABELS] = 0;
    this.series.release(row);
  }

  #cutChain(chunk: number): void {
    const older = this.sealed.cutBehind(chunk);
    if (older !== 0) this.retireChain(older);
  }

  #releaseChain(newest: number): void {
    for (let chunk = newest; chunk !== 0; this.#chunksReleased++) chunk = this.sealed.release(chunk);
  }
}
