import { xorDecode } from '../../kernels/xor-decode.ts';
import { xorByteLength } from '../../kernels/xor-encode.ts';
import { xor2Decode } from '../../kernels/xor2-decode.ts';
import { Epochs } from '../../memory/epochs.ts';
import { EXTENT_UNIT_LOG2, Extents, extentOffset, extentSlab } from '../../memory/extents.ts';
import { KernelMemory } from '../../memory/kernel-memory.ts';
import { LargeExtents } from '../../memory/large-extents.ts';
import { SharedWords } from '../../memory/shared-words.ts';
import { SymbolTable } from '../../memory/symbol-table.ts';
import { ChainPlaces } from '../chunk/chain-places.ts';
import { ResidentChunks } from '../chunk/resident-chunks.ts';
import { SealedChunks } from '../chunk/sealed-chunks.ts';
import { type HeadChunkDirectory, HeadChunkReader } from '../chunks-head/head-chunk-reader.ts';
import { HeadChunkSlots } from '../chunks-head/head-chunk-slots.ts';
import { UnwrittenChunks } from '../chunks-head/unwritten-chunks.ts';
import { OutOfOrderStore } from '../out-of-order/out-of-order-store.ts';
import { APPEND_KERNEL_HEADER_BYTES } from './append-kernel.ts';
import { type OpenHistogram, OpenHistogramSlots } from './open-histogram-slots.ts';
import {
  LABELS,
  NEWEST_SEALED,
  OPEN_EXTENT,
  OPEN_HISTOGRAM,
  OPEN_UNITS,
  OPEN_UNITS_MASK,
  OPEN_XOR2,
  SERIES_DOUBLES,
  SERIES_ROW_MASK,
  SERIES_SLAB_LOG2,
  SeriesTable,
  VALUE_HIGH,
  VALUE_LOW,
} from './series-table.ts';
import { SnapshotMoments } from './snapshot-moments.ts';
import { SteppedWork } from './stepped-work.ts';

/**
 * Chunks that are in files stay in memory, too, up to so many bytes, those that came last: most queries ask for the last
 * hours. Of a million series it is a fifth of a chunk each.
 */
const RESIDENT_BYTES_MAX = 48 * 1024 * 1024;

/**
 * Extents are retired as extent * 128 + units, large ones as 2^51 + extent * 2^18 + capacity in units of 64 bytes, rows
 * as 2^52 + row, chains of sealed chunks as 2^52 + 2^33 + chunk, cuts of chains as 2^52 + 2^34 + chunk, single sealed
 * chunks as 2^52 + 2^35 + chunk, files of them as 2^52 + 2^36 + slot, symbols as 2^52 + 2^37 + id.
 */
const EXTENT_ITEM = 128;
const LARGE_ITEM = 2 ** 51;
const LARGE_SPACE = 2 ** 18;
const LARGE_UNIT_LOG2 = 6;
const ROW_ITEM = 2 ** 52;
const CHAIN_ITEM = ROW_ITEM + 2 ** 33;
const CUT_ITEM = ROW_ITEM + 2 ** 34;
const SEALED_ITEM = ROW_ITEM + 2 ** 35;
const FILE_ITEM = ROW_ITEM + 2 ** 36;
const SYMBOL_ITEM = ROW_ITEM + 2 ** 37;

/**
 * Everything of the head that readers look at, all in shared memory, and the rule by which it comes back: what a reader
 * may know is retired, and reused only when the readers of that time are gone.
 */
export class HeadMemory {
  /** What the append kernel works on lies here. */
  readonly kernelMemory = new KernelMemory(APPEND_KERNEL_HEADER_BYTES);
  readonly symbols = new SymbolTable();
  /** One entry for each series: the number of labels, then the ids of name and value. */
  readonly labelLog = new SharedWords();
  readonly series = new SeriesTable(this.kernelMemory.allocate);
  readonly extents = new Extents(EXTENT_UNIT_LOG2, this.kernelMemory.allocate);
  /** Chunks of histograms, which may be larger than 1 KiB. */
  readonly large = new LargeExtents();
  readonly sealed = new SealedChunks(this.extents, this.large);
  /** Which files of `chunks_head/` sealed chunks are in, and this thread's reader of them; null where none can be. */
  readonly headChunkSlots = new HeadChunkSlots();
  readonly files: HeadChunkReader | null;
  /** Chunks in files that are still in memory, too. */
  readonly resident: ResidentChunks;
  /** Sealed chunks that are to go there. */
  readonly unwritten = new UnwrittenChunks();
  readonly openHistograms = new OpenHistogramSlots();
  readonly outOfOrder = new OutOfOrderStore(this);
  /** Whoever looks at rows in several turns. */
  /** A transaction that takes several turns. */
  readonly transactions = new SteppedWork();
  readonly moments = new SnapshotMoments(this);
  readonly epochs = new Epochs((item) => this.#release(item));

  #releaseFile: (slot: number) => void = () => {};
  #releaseSymbol: (id: number) => void = () => {};
  /** How often each symbol was retired that was not released yet. */
  readonly #symbolsRetired = new Map<number, number>();
  /** Where chains will be cut: the chunk named then, and the record that it has now. */
  readonly #cuts = new Map<number, number>();
  #chunksReleased = 0;
  readonly #firstTime = new Float64Array(1);
  readonly #firstBits = new Uint32Array(2);

  /** `chunksHead`: where sealed chunks may be besides memory. `residentBytes`: how many of them stay in memory, too. */
  constructor(chunksHead: HeadChunkDirectory | null = null, residentBytes = RESIDENT_BYTES_MAX) {
    this.resident = new ResidentChunks(
      residentBytes,
      (chunk) => this.sealed.byteLength(chunk),
      (chunk) => this.epochs.retire(chunk + SEALED_ITEM),
    );
    this.files = chunksHead === null ? null : new HeadChunkReader(chunksHead, this.headChunkSlots);
  }

  /** Chunks, open and sealed, that were given back. */
  get chunksReleased(): number {
    return this.#chunksReleased;
  }

  /** False as long as all samples that were ever taken or restored are floats. */
  get hasHistograms(): boolean {
    return this.openHistograms.wereAny || this.sealed.hasHistograms || this.outOfOrder.hasHistograms;
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
    const time = this.#firstTime;
    if ((words[2 * at + OPEN_UNITS]! & OPEN_XOR2) === 0) {
      xorDecode(bytes[slab]!, views[slab]!, start, end, 1, time, this.#firstBits, 0);
    } else {
      xor2Decode(bytes[slab]!, start, end, 1, time, this.#firstBits, null, 0);
    }
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
    // One cut that waits cuts off whatever is older.
    if (this.#cuts.has(chunk)) return;
    this.#cuts.set(chunk, chunk);
    this.epochs.retire(chunk + CUT_ITEM);
  }

  /** Notes the last value of a row that has no open chunk. */
  setLastValue(row: number, low: number, high: number): void {
    const words = this.series.records.words[row >>> SERIES_SLAB_LOG2]!;
    const w = 2 * (row & SERIES_ROW_MASK) * SERIES_DOUBLES;
    if (words[w + OPEN_EXTENT] !== 0 || words[w + OPEN_HISTOGRAM] !== 0) return;
    words[w + VALUE_LOW] = low;
    words[w + VALUE_HIGH] = high;
  }

  /** The sealed chunks of a row, newest first. */
  sealedChain(row: number): number[] {
    const chain: number[] = [];
    for (let chunk = this.#newestSealed(row); chunk !== 0; chunk = this.sealed.older(chunk)) chain.push(chunk);
    return chain;
  }

  /**
   * Puts a sealed chunk between a row's sealed and open ones by its times; false where it overlaps any. For a start, when
   * nobody reads yet.
   */
  insertSealed(row: number, chunk: number): boolean {
    const { sealed } = this;
    const lastTime = sealed.lastTime(chunk);
    let newer = 0;
    let older = this.#newestSealed(row);
    while (older !== 0 && sealed.firstTime(older) > lastTime) {
      newer = older;
      older = sealed.older(older);
    }
    if (older !== 0 && sealed.lastTime(older) >= sealed.firstTime(chunk)) return false;
    if (newer === 0 && this.#openSince(row) <= lastTime) return false;
    sealed.setOlder(chunk, older);
    if (newer !== 0) sealed.setOlder(newer, chunk);
    else {
      const words = this.series.records.words[row >>> SERIES_SLAB_LOG2]!;
      words[2 * (row & SERIES_ROW_MASK) * SERIES_DOUBLES + NEWEST_SEALED] = chunk;
    }
    return true;
  }

  /** The first time of a row's open chunk; -Infinity where it has none. */
  #openSince(row: number): number {
    const histogram = this.openHistogram(row);
    if (histogram !== null) return histogram.firstTime;
    const words = this.series.records.words[row >>> SERIES_SLAB_LOG2]!;
    const isOpen = words[2 * (row & SERIES_ROW_MASK) * SERIES_DOUBLES + OPEN_EXTENT] !== 0;
    return isOpen ? this.openFirstTime(row) : Number.NEGATIVE_INFINITY;
  }

  /** Where chunks stand in their chains, for a loop in which these change through `moveSealedToFile` alone. */
  chainPlaces(): ChainPlaces {
    return new ChainPlaces(this.sealed, (row) => this.#newestSealed(row));
  }

  /**
   * True where the row still is that series', and the chunk is in its chain and in memory. The number of a chunk may be
   * given again, its first time is not.
   */
  hasSealed(places: ChainPlaces, row: number, ref: number, chunk: number, firstTime: number): boolean {
    if (row >= this.series.rowCount || this.series.ref(row) !== ref) return false;
    if (this.sealed.isInFile(chunk) || this.sealed.firstTime(chunk) !== firstTime) return false;
    return places.newer(row, chunk) !== null;
  }

  /**
   * Lets a sealed chunk of a row be the one whose entry begins at `offset` of the file in `slot`, where it was written
   * to; what is in memory stays for a while. False where the chunk is gone.
   */
  moveSealedToFile(places: ChainPlaces, row: number, chunk: number, slot: number, offset: number): boolean {
    const newer = places.newer(row, chunk);
    if (newer === null) return false;
    const inFile = this.sealed.addCopyInFile(chunk, slot, offset);
    if (newer !== 0) this.sealed.setOlder(newer, inFile);
    else {
      const words = this.series.records.words[row >>> SERIES_SLAB_LOG2]!;
      Atomics.store(words, 2 * (row & SERIES_ROW_MASK) * SERIES_DOUBLES + NEWEST_SEALED, inFile);
    }
    places.replace(row, chunk, inFile);
    if (this.#cuts.has(chunk)) this.#cuts.set(chunk, inFile);
    this.resident.add(inFile, chunk);
    return true;
  }

  /** Gives one sealed chunk back, whose place in its chain another record has taken. */
  retireSealed(chunk: number): void {
    this.epochs.retire(chunk + SEALED_ITEM);
  }

  /** Gives a file of `chunks_head/` up in which nothing is any more; `onFileRelease` hears when nobody reads it. */
  retireFile(slot: number): void {
    this.epochs.retire(slot + FILE_ITEM);
  }

  onFileRelease(release: (slot: number) => void): void {
    this.#releaseFile = release;
  }

  /**
   * No series has the symbol for now; `onSymbolRelease` hears when no reader can come across it any more, unless a series
   * has had it again since.
   */
  retireSymbol(id: number): void {
    this.#symbolsRetired.set(id, (this.#symbolsRetired.get(id) ?? 0) + 1);
    this.epochs.retire(id + SYMBOL_ITEM);
  }

  onSymbolRelease(release: (id: number) => void): void {
    this.#releaseSymbol = release;
  }

  /** Gives a row back with all its chunks. Nothing may lead to it any more. */
  retireRow(row: number): void {
    this.series.retire(row);
    this.epochs.retire(row + ROW_ITEM);
  }

  #release(item: number): void {
    if (item >= SYMBOL_ITEM) this.#symbolReleased(item - SYMBOL_ITEM);
    else if (item >= FILE_ITEM) this.#releaseFile(item - FILE_ITEM);
    else if (item >= SEALED_ITEM) this.#releaseSealed(item - SEALED_ITEM);
    else if (item >= CUT_ITEM) this.#cutChain(item - CUT_ITEM);
    else if (item >= CHAIN_ITEM) this.#releaseChain(item - CHAIN_ITEM);
    else if (item >= ROW_ITEM) this.#releaseRow(item - ROW_ITEM);
    else if (item < LARGE_ITEM) this.extents.free(Math.floor(item / EXTENT_ITEM), item % EXTENT_ITEM);
    else {
      const extent = Math.floor((item - LARGE_ITEM) / LARGE_SPACE);
      this.large.free(extent, (item % LARGE_SPACE) << LARGE_UNIT_LOG2);
    }
  }

  /** Readers that came between two retirements may know it: the last one counts. */
  #symbolReleased(id: number): void {
    const left = this.#symbolsRetired.get(id)! - 1;
    if (left > 0) {
      this.#symbolsRetired.set(id, left);
      return;
    }
    this.#symbolsRetired.delete(id);
    this.#releaseSymbol(id);
  }

  #releaseRow(row: number): void {
    const words = this.series.records.words[row >>> SERIES_SLAB_LOG2]!;
    const at = 2 * (row & SERIES_ROW_MASK) * SERIES_DOUBLES;
    if (words[at + OPEN_EXTENT] !== 0) {
      this.extents.free(words[at + OPEN_EXTENT]!, words[at + OPEN_UNITS]! & OPEN_UNITS_MASK);
      this.#chunksReleased++;
    } else if (words[at + OPEN_HISTOGRAM] !== 0) {
      const { extent, capacity } = this.openHistograms.release(words[at + OPEN_HISTOGRAM]!);
      this.large.free(extent, capacity);
      this.#chunksReleased++;
    }
    this.#releaseChain(words[at + NEWEST_SEALED]!);
    const labels = words[at + LABELS]!;
    this.labelLog.free(labels, 1 + 2 * this.labelLog.slabOf(labels)[this.labelLog.offsetOf(labels)]!);
    words[at + LABELS] = 0;
    this.series.release(row);
  }

  #cutChain(chunk: number): void {
    const older = this.sealed.cutBehind(this.#cuts.get(chunk) ?? chunk);
    this.#cuts.delete(chunk);
    if (older !== 0) this.retireChain(older);
  }

  #newestSealed(row: number): number {
    const w = 2 * (row & SERIES_ROW_MASK) * SERIES_DOUBLES;
    return this.series.records.words[row >>> SERIES_SLAB_LOG2]![w + NEWEST_SEALED]!;
  }

  #releaseChain(newest: number): void {
    for (let chunk = newest; chunk !== 0; this.#chunksReleased++) chunk = this.#releaseSealed(chunk);
  }

  /** Returns the next older one. */
  #releaseSealed(chunk: number): number {
    if (this.sealed.isInFile(chunk)) this.resident.forget(chunk);
    return this.sealed.release(chunk);
  }
}
