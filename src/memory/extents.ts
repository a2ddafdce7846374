/** Bytes of the unit in which extents are measured and numbered. */
export const EXTENT_UNIT_LOG2 = 4;
export const EXTENT_UNIT_BYTES = 1 << EXTENT_UNIT_LOG2;
/** The largest extent: 1 KiB, what the largest XOR chunk takes. */
export const EXTENT_UNITS_MAX = 64;

const SLAB_BYTES_LOG2 = 24;
const SLAB_BYTES = 1 << SLAB_BYTES_LOG2;
const SLAB_UNITS_LOG2 = SLAB_BYTES_LOG2 - EXTENT_UNIT_LOG2;
const UNIT_MASK = (1 << SLAB_UNITS_LOG2) - 1;

/** Words at the start of a free extent. */
const NEXT = 0;
const PREVIOUS = 1;
const UNITS = 2;

/** Neighbouring free extents become a region to cut from when they make up so many units, */
const REGION_UNITS_MIN = EXTENT_UNITS_MAX;
/** and no more than so many at once: 64 KiB, some hundred list entries to take out. */
const REGION_UNITS_MAX = 4096;
/** Free extents looked at before a fresh slab is begun instead: at most some 50 µs. */
const REGION_LOOKS_MAX = 512;
/** While less than an eighth of the memory is free, neighbours are not looked for. */
const REGION_FREE_SHARE = 8;

/** The slabs of extents, as readers in any thread see them. */
export class ExtentSlabs {
  readonly buffers: SharedArrayBuffer[] = [];
  readonly bytes: Uint8Array[] = [];
  readonly views: DataView[] = [];

  /** Adds the next slab. */
  attach(buffer: SharedArrayBuffer): void {
    this.buffers.push(buffer);
    this.bytes.push(new Uint8Array(buffer));
    this.views.push(new DataView(buffer));
  }
}

/**
 * Pieces of 16 bytes to 1 KiB in shared slabs of 16 MiB, for encoded chunks.
 *
 * An extent is named by the number of its first unit over all slabs: slab `extent >>> 20`, byte
 * `(extent & 0xfffff) * 16`. Number 0 means "none". A fixed slab reads as fast as a plain array.
 *
 * An extent is taken from the list of free ones of its size; else cut from the present region. When that is used up,
 * the next region is a run of neighbouring free extents (chunks of many series grow at the same time, and leave whole
 * stretches of small extents behind), else a fresh slab.
 *
 * Units of another size (`unitLog2`) make everything larger or smaller by a power of two, see `LargeExtents`.
 *
 * Invariants:
 * - A free extent is in the list of its size, linked both ways through its own bytes, and its start bit is set.
 * - Every unit is in an extent in use, in a free extent, in the region, or in a slab not begun.
 */
export class Extents extends ExtentSlabs {
  /** For the sample count at the start of an extent, which is stored atomically. */
  readonly halfWords: Uint16Array[] = [];
  readonly #words: Uint32Array[] = [];
  /** For each slab a bit a unit: a free extent begins there. Only for the writer. */
  readonly #starts: Uint32Array[] = [];
  readonly #unitLog2: number;
  readonly #slabUnitsLog2: number;
  readonly #slabUnits: number;
  readonly #unitMask: number;
  /** First free extent of each size. */
  readonly #free = new Uint32Array(EXTENT_UNITS_MAX + 1);
  #freeUnits = 0;
  #usedUnits = 0;
  #slabsBegun = 0;
  #regionNext = 0;
  #regionEnd = 0;
  /** Where the search for neighbours goes on. */
  #cursor = 0;

  constructor(unitLog2 = EXTENT_UNIT_LOG2) {
    super();
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
    while (this.buffers.length < slabs) this.attach(new SharedArrayBuffer(SLAB_BYTES));
  }

  /** An extent of `units` (1 to 64) units. Its bytes are whatever they were. */
  allocate(units: number): number {
    this.#usedUnits += units;
    const free = this.#free[units]!;
    if (free !== 0) {
      this.#unlink(free, units);
      return free;
    }
    if (this.#regionNext + units > this.#regionEnd) {
      if (this.#regionEnd > this.#regionNext) this.#link(this.#regionNext, this.#regionEnd - this.#regionNext);
      if (!this.#joinNeighbours()) this.#beginSlab();
    }
    const extent = this.#regionNext;
    this.#regionNext += units;
    return extent;
  }

  /** Gives an extent of `units` units back. Nobody may look at it any more. */
  free(extent: number, units: number): void {
    this.#usedUnits -= units;
    this.#link(extent, units);
  }

  override attach(buffer: SharedArrayBuffer): void {
    super.attach(buffer);
    this.halfWords.push(new Uint16Array(buffer));
    this.#words.push(new Uint32Array(buffer));
    this.#starts.push(new Uint32Array(this.#slabUnits / 32));
  }

  #beginSlab(): void {
    const slab = this.#slabsBegun++;
    if (slab === this.buffers.length) this.attach(new SharedArrayBuffer(SLAB_BYTES));
    // Unit 0 of the first slab is never handed out: its number means "none".
    this.#regionNext = slab === 0 ? 1 : slab * this.#slabUnits;
    this.#regionEnd = (slab + 1) * this.#slabUnits;
  }

  /** Makes a run of neighbouring free extents the region; false where none was found in a short search. */
  #joinNeighbours(): boolean {
    const units = this.#slabsBegun * this.#slabUnits;
    if (this.#freeUnits * REGION_FREE_SHARE <= units) return false;
    for (let looks = 0; looks < REGION_LOOKS_MAX; ) {
      const first = this.#nextFree(units);
      let end = first;
      while (end - first < REGION_UNITS_MAX && this.#isFree(end)) {
        end += this.#word(end, UNITS);
        looks++;
        if ((end & this.#unitMask) === 0) break;
      }
      this.#cursor = end;
      if (end - first < REGION_UNITS_MIN) continue;
      for (let at = first; at < end; ) {
        const size = this.#word(at, UNITS);
        this.#unlink(at, size);
        at += size;
      }
      this.#regionNext = first;
      this.#regionEnd = end;
      return true;
    }
    return false;
  }

  /** The first free extent from the cursor on, around the end. There is one. */
  #nextFree(units: number): number {
    let unit = this.#cursor;
    for (;;) {
      if (unit >= units) unit = 0;
      const bits = this.#starts[unit >>> this.#slabUnitsLog2]![(unit & this.#unitMask) >>> 5]! & (-1 << (unit & 31));
      if (bits !== 0) return (unit & ~31) + 31 - Math.clz32(bits & -bits);
      unit = (unit & ~31) + 32;
    }
  }

  #isFree(unit: number): boolean {
    return ((this.#starts[unit >>> this.#slabUnitsLog2]![(unit & this.#unitMask) >>> 5]! >>> (unit & 31)) & 1) === 1;
  }

  #word(extent: number, which: number): number {
    return this.#words[extent >>> this.#slabUnitsLog2]![((extent & this.#unitMask) << (this.#unitLog2 - 2)) + which]!;
  }

  #setWord(extent: number, which: number, value: number): void {
    this.#words[extent >>> this.#slabUnitsLog2]![((extent & this.#unitMask) << (this.#unitLog2 - 2)) + which] = value;
  }

  #link(extent: number, units: number): void {
    const next = this.#free[units]!;
    this.#setWord(extent, NEXT, next);
    this.#setWord(extent, PREVIOUS, 0);
    this.#setWord(extent, UNITS, units);
    if (next !== 0) this.#setWord(next, PREVIOUS, extent);
    this.#free[units] = extent;
    this.#starts[extent >>> this.#slabUnitsLog2]![(extent & this.#unitMask) >>> 5]! |= 1 << (extent & 31);
    this.#freeUnits += units;
  }

  #unlink(extent: number, units: number): void {
    const next = this.#word(extent, NEXT);
    const previous = this.#word(extent, PREVIOUS);
    if (next !== 0) this.#setWord(next, PREVIOUS, previous);
    if (previous !== 0) this.#setWord(previous, NEXT, next);
    else this.#free[units] = next;
    this.#starts[extent >>> this.#slabUnitsLog2]![(extent & this.#unitMask) >>> 5]! &= ~(1 << (extent & 31));
    this.#freeUnits -= units;
  }
}

/** The slab that an extent is in. */
export function extentSlab(extent: number): number {
  return extent >>> SLAB_UNITS_LOG2;
}

/** The byte of its slab at which an extent begins. */
export function extentOffset(extent: number): number {
  return (extent & UNIT_MASK) << EXTENT_UNIT_LOG2;
}
