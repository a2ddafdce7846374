import { ownSlab, type Slab, type SlabSource } from './kernel-memory.ts';

/** Bytes of the unit in which extents are measured and numbered. */
export const EXTENT_UNIT_LOG2 = 4;
export const EXTENT_UNIT_BYTES = 1 << EXTENT_UNIT_LOG2;
/** The largest extent: 1 KiB, what the largest XOR chunk takes. */
export const EXTENT_UNITS_MAX = 64;

const SLAB_BYTES_LOG2 = 24;
const SLAB_BYTES = 1 << SLAB_BYTES_LOG2;
const SLAB_UNITS_LOG2 = SLAB_BYTES_LOG2 - EXTENT_UNIT_LOG2;
const UNIT_MASK = (1 << SLAB_UNITS_LOG2) - 1;

/** Words at the start of a free extent. The last word of its last unit has its size as well. */
const NEXT = 0;
const PREVIOUS = 1;
const UNITS = 2;

/** A page of the host's memory, or less. */
const TOUCHED_PAGE_BYTES = 4096;

/** The list of free extents that are this large, or larger. */
const LARGEST_LIST = EXTENT_UNITS_MAX;

/** Units `from` to `to - 1`, all of one slab. */
export interface UnitRange {
  from: number;
  to: number;
}

/** The slabs of extents, as readers in any thread see them. */
export class ExtentSlabs {
  readonly buffers: Slab[] = [];
  readonly bytes: Uint8Array[] = [];
  readonly views: DataView[] = [];

  /** Adds the next slab. */
  attach(slab: Slab): void {
    this.buffers.push(slab);
    this.bytes.push(slab);
    this.views.push(new DataView(slab.buffer, slab.byteOffset, slab.byteLength));
  }
}

/**
 * Pieces of 16 bytes to 1 KiB in shared slabs of 16 MiB, for encoded chunks.
 *
 * An extent is named by the number of its first unit over all slabs: slab `extent >>> 20`, byte
 * `(extent & 0xfffff) * 16`. Number 0 means "none". A fixed slab reads as fast as a plain array.
 *
 * An extent is the smallest free one that is large enough, of which the rest stays free; where there is none, it is cut
 * from the present region. When that is used up, a free extent of 1 KiB or more becomes the next, else a fresh slab. What is
 * given back joins its free neighbours, so that chunks that grow, each at its own pace, leave no holes of little use.
 *
 * Units of another size (`unitLog2`) make everything larger or smaller by a power of two, see `LargeExtents`.
 *
 * Invariants:
 * - A free extent is in the list of its size, linked both ways through its own bytes, and the bits of its first and last
 *   unit are set. No two free extents are neighbours in a slab, and none is one of the region.
 * - Every unit is in an extent in use, in a free extent, in the region, or in a slab not begun.
 */
export class Extents extends ExtentSlabs {
  /** For the sample count at the start of an extent, which is stored atomically. */
  readonly halfWords: Uint16Array[] = [];
  readonly #words: Uint32Array[] = [];
  /** For each slab a bit a unit: a free extent begins there, and ends there. Only for the writer. */
  readonly #starts: Uint32Array[] = [];
  readonly #ends: Uint32Array[] = [];
  readonly #source: SlabSource;
  readonly #unitLog2: number;
  readonly #slabUnitsLog2: number;
  readonly #slabUnits: number;
  readonly #unitMask: number;
  /** First free extent of each size, and a bit for each list from 0 to 63 that has one. */
  readonly #free = new Uint32Array(LARGEST_LIST + 1);
  readonly #hasFree = new Uint32Array(2);
  #usedUnits = 0;
  #slabsBegun = 0;
  #regionNext = 0;
  #regionEnd = 0;
  /** Up to where `touchAhead` has come. */
  #touchedEnd = 0;

  constructor(unitLog2 = EXTENT_UNIT_LOG2, source: SlabSource = ownSlab) {
    super();
    this.#source = source;
    this.#unitLog2 = unitLog2;
    this.#slabUnitsLog2 = SLAB_BYTES_LOG2 - unitLog2;
    this.#slabUnits = 1 << this.#slabUnitsLog2;
    this.#unitMask = this.#slabUnits - 1;
  }

  /** Bytes in extents that are in use. */
  get usedBytes(): number {
    return this.#usedUnits * (1 << this.#unitLog2);
  }

  /** Bytes of slabs that were begun: what can have become memory. */
  get begunBytes(): number {
    return this.#slabsBegun * SLAB_BYTES;
  }

  /** Makes sure that extents of `bytes` in total can be allocated without asking the host for memory. */
  reserve(bytes: number): void {
    // Up to the largest extent is left over at the end of a slab: one slab more than fits exactly.
    const slabs = this.#slabsBegun + Math.ceil(bytes / SLAB_BYTES) + 1;
    while (this.buffers.length < slabs) this.attach(this.#source(SLAB_BYTES));
  }

  /** An extent of `units` (1 to 64) units. Its bytes are whatever they were. */
  allocate(units: number): number {
    this.#usedUnits += units;
    const size = this.#smallestFrom(units);
    if (size > 0) {
      const extent = this.#free[size]!;
      this.#unlink(extent, size);
      if (size > units) this.#link(extent + units, size - units);
      return extent;
    }
    if (this.#regionNext + units > this.#regionEnd) this.#nextRegion();
    const extent = this.#regionNext;
    this.#regionNext += units;
    return extent;
  }

  /**
   * Where `allocate` would put extents next, one behind the other: a caller may use units from the first on, and says how far it
   * came with `takeFresh`. None where it would use extents that were given back.
   */
  fresh(range: UnitRange): void {
    range.from = this.#regionNext;
    range.to = this.#hasFree[0] === 0 && this.#hasFree[1] === 0 ? this.#regionEnd : this.#regionNext;
  }

  /** Extents of what `fresh` told, up to this unit, are in use; nothing was allocated meanwhile. */
  takeFresh(end: number): void {
    this.#usedUnits += end - this.#regionNext;
    this.#regionNext = end;
  }

  /**
   * Touches memory that extents will be allocated in next, at most `pages` pages of the first `bytes` of it: a page that is touched for the
   * first time takes some microseconds. False where there are no more of them in one slab.
   */
  touchAhead(bytes: number, pages: number): boolean {
    if (this.#regionNext === this.#regionEnd) this.#nextRegion();
    const words = this.#words[this.#regionNext >>> this.#slabUnitsLog2]!;
    const pageUnits = TOUCHED_PAGE_BYTES >>> this.#unitLog2;
    const end = Math.min(this.#regionEnd, this.#regionNext + (bytes >>> this.#unitLog2));
    let unit = Math.max(this.#regionNext, this.#touchedEnd);
    for (let left = pages; left > 0 && unit < end; left--, unit += pageUnits) {
      words[((unit & this.#unitMask) << this.#unitLog2) >>> 2] = 0;
    }
    this.#touchedEnd = unit;
    return unit < end;
  }

  /**
   * Extents that lie one behind the other, of 1 or more units in all and fewer than a slab holds; each of them is given
   * back by itself. What is left of the region before it is free.
   */
  allocateRun(units: number): number {
    if (this.#regionNext + units > this.#regionEnd) {
      if (units >= this.#slabUnits) throw new RangeError(`Cannot allocate ${units} units in one run`);
      if (this.#regionEnd > this.#regionNext) this.#link(this.#regionNext, this.#regionEnd - this.#regionNext);
      this.#beginSlab();
    }
    this.#usedUnits += units;
    this.#regionNext += units;
    return this.#regionNext - units;
  }

  /** Copies words to the begin of an extent: by a loop, since for a hundred bytes a view of them costs as much as to copy them. */
  putWords(extent: number, from: Uint32Array, at: number, count: number): void {
    const words = this.#words[extent >>> this.#slabUnitsLog2]!;
    const start = ((extent & this.#unitMask) << this.#unitLog2) >>> 2;
    for (let i = 0; i < count; i++) words[start + i] = from[at + i]!;
  }

  /** Gives an extent of `units` units back. Nobody may look at it any more. */
  free(extent: number, units: number): void {
    this.#usedUnits -= units;
    let start = extent;
    let end = extent + units;
    if ((start & this.#unitMask) !== 0 && isSet(this.#ends, this.#slabUnitsLog2, this.#unitMask, start - 1)) {
      const before = this.#sizeEndingAt(start - 1);
      start -= before;
      this.#unlink(start, before);
    }
    if ((end & this.#unitMask) !== 0 && isSet(this.#starts, this.#slabUnitsLog2, this.#unitMask, end)) {
      const after = this.#word(end, UNITS);
      this.#unlink(end, after);
      end += after;
    }
    const isEmpty = this.#regionNext === this.#regionEnd;
    if (!isEmpty && end === this.#regionNext && (end & this.#unitMask) !== 0) this.#regionNext = start;
    else if (!isEmpty && start === this.#regionEnd && (start & this.#unitMask) !== 0) this.#regionEnd = end;
    else this.#link(start, end - start);
  }

  override attach(slab: Slab): void {
    super.attach(slab);
    this.halfWords.push(new Uint16Array(slab.buffer, slab.byteOffset, slab.byteLength >>> 1));
    this.#words.push(new Uint32Array(slab.buffer, slab.byteOffset, slab.byteLength >>> 2));
    this.#starts.push(new Uint32Array(this.#slabUnits / 32));
    this.#ends.push(new Uint32Array(this.#slabUnits / 32));
  }

  /** The least size from `units` to 63 of which there is a free extent, or 0. */
  #smallestFrom(units: number): number {
    if (units < 32) {
      const low = this.#hasFree[0]! & (-1 << units);
      if (low !== 0) return 31 - Math.clz32(low & -low);
    }
    if (units >= LARGEST_LIST) return 0;
    const high = this.#hasFree[1]! & (units > 32 ? -1 << (units - 32) : -1);
    return high === 0 ? 0 : 63 - Math.clz32(high & -high);
  }

  #nextRegion(): void {
    if (this.#regionEnd > this.#regionNext) this.#link(this.#regionNext, this.#regionEnd - this.#regionNext);
    const large = this.#free[LARGEST_LIST]!;
    if (large === 0) {
      this.#beginSlab();
      return;
    }
    const units = this.#word(large, UNITS);
    this.#unlink(large, units);
    this.#regionNext = large;
    this.#regionEnd = large + units;
  }

  #beginSlab(): void {
    const slab = this.#slabsBegun++;
    if (slab === this.buffers.length) this.attach(this.#source(SLAB_BYTES));
    // Unit 0 of the first slab is never handed out: its number means "none".
    this.#regionNext = slab === 0 ? 1 : slab * this.#slabUnits;
    this.#regionEnd = (slab + 1) * this.#slabUnits;
  }

  #word(extent: number, which: number): number {
    return this.#words[extent >>> this.#slabUnitsLog2]![((extent & this.#unitMask) << (this.#unitLog2 - 2)) + which]!;
  }

  #setWord(extent: number, which: number, value: number): void {
    this.#words[extent >>> this.#slabUnitsLog2]![((extent & this.#unitMask) << (this.#unitLog2 - 2)) + which] = value;
  }

  #sizeEndingAt(unit: number): number {
    return this.#word(unit, (1 << (this.#unitLog2 - 2)) - 1);
  }

  #link(extent: number, units: number): void {
    const list = Math.min(units, LARGEST_LIST);
    const next = this.#free[list]!;
    this.#setWord(extent, NEXT, next);
    this.#setWord(extent, PREVIOUS, 0);
    this.#setWord(extent, UNITS, units);
    this.#setWord(extent + units - 1, (1 << (this.#unitLog2 - 2)) - 1, units);
    if (next !== 0) this.#setWord(next, PREVIOUS, extent);
    this.#free[list] = extent;
    if (list < LARGEST_LIST) this.#hasFree[list >>> 5]! |= 1 << (list & 31);
    flip(this.#starts, this.#slabUnitsLog2, this.#unitMask, extent);
    flip(this.#ends, this.#slabUnitsLog2, this.#unitMask, extent + units - 1);
  }

  #unlink(extent: number, units: number): void {
    const list = Math.min(units, LARGEST_LIST);
    const next = this.#word(extent, NEXT);
    const previous = this.#word(extent, PREVIOUS);
    if (next !== 0) this.#setWord(next, PREVIOUS, previous);
    if (previous !== 0) this.#setWord(previous, NEXT, next);
    else {
      this.#free[list] = next;
      if (next === 0 && list < LARGEST_LIST) this.#hasFree[list >>> 5]! &= ~(1 << (list & 31));
    }
    flip(this.#starts, this.#slabUnitsLog2, this.#unitMask, extent);
    flip(this.#ends, this.#slabUnitsLog2, this.#unitMask, extent + units - 1);
  }
}

/** Bits of units over slabs. */
function isSet(bits: readonly Uint32Array[], slabUnitsLog2: number, unitMask: number, unit: number): boolean {
  return ((bits[unit >>> slabUnitsLog2]![(unit & unitMask) >>> 5]! >>> (unit & 31)) & 1) === 1;
}

function flip(bits: readonly Uint32Array[], slabUnitsLog2: number, unitMask: number, unit: number): void {
  bits[unit >>> slabUnitsLog2]![(unit & unitMask) >>> 5]! ^= 1 << (unit & 31);
}

/** Where `allocateRun` puts a run of `units` behind one that ends at `end` (0: there is none), where nothing else is. */
export function nextRun(end: number, units: number): number {
  if (end === 0) return 1;
  const left = -end & UNIT_MASK;
  return units <= left ? end : end + left;
}

/** The slab that an extent is in. */
export function extentSlab(extent: number): number {
  return extent >>> SLAB_UNITS_LOG2;
}

/** The byte of its slab at which an extent begins. */
export function extentOffset(extent: number): number {
  return (extent & UNIT_MASK) << EXTENT_UNIT_LOG2;
}
