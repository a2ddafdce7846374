import { xorDecode } from '../../kernels/xor-decode.ts';
import { xorByteLength } from '../../kernels/xor-encode.ts';
import { Epochs } from '../../memory/epochs.ts';
import { Extents, extentOffset, extentSlab } from '../../memory/extents.ts';
import { SharedWords } from '../../memory/shared-words.ts';
import { SymbolTable } from '../../memory/symbol-table.ts';
import { SealedChunks } from '../chunk/sealed-chunks.ts';
import {
  LABELS,
  NEWEST_SEALED,
  OPEN_EXTENT,
  OPEN_UNITS,
  SERIES_DOUBLES,
  SERIES_ROW_MASK,
  SERIES_SLAB_LOG2,
  SeriesTable,
} from './series-table.ts';

/** Extents are retired as extent * 128 + units, rows as row + 2^48. */
const EXTENT_ITEM = 128;
const ROW_ITEM = 2 ** 48;

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
  readonly sealed = new SealedChunks(this.extents);
  readonly epochs = new Epochs((item) => this.#release(item));

  #chunksReleased = 0;
  readonly #firstTime = new Float64Array(1);
  readonly #firstBits = new Uint32Array(2);

  /** Chunks, open and sealed, that left with their series. */
  get chunksReleased(): number {
    return this.#chunksReleased;
  }

  /** The time of the first sample in a row's open chunk, which it must have. */
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

  /** Gives a row back with all its chunks. Nothing may lead to it any more. */
  retireRow(row: number): void {
    this.epochs.retire(row + ROW_ITEM);
  }

  #release(item: number): void {
    if (item >= ROW_ITEM) this.#releaseRow(item - ROW_ITEM);
    else this.extents.free(Math.floor(item / EXTENT_ITEM), item % EXTENT_ITEM);
  }

  #releaseRow(row: number): void {
    const words = this.series.records.words[row >>> SERIES_SLAB_LOG2]!;
    const at = 2 * (row & SERIES_ROW_MASK) * SERIES_DOUBLES;
    if (words[at + OPEN_EXTENT] !== 0) {
      this.extents.free(words[at + OPEN_EXTENT]!, words[at + OPEN_UNITS]!);
      this.#chunksReleased++;
    }
    for (let chunk = words[at + NEWEST_SEALED]!; chunk !== 0; this.#chunksReleased++)
      chunk = this.sealed.release(chunk);
    words[at + LABELS] = 0;
    this.series.release(row);
  }
}
