/** Bytes of the unit in which extents are measured and numbered. */
export const EXTENT_UNIT_LOG2 = 4;
export const EXTENT_UNIT_BYTES = 1 << EXTENT_UNIT_LOG2;
/** The largest extent: 1 KiB, what the largest XOR chunk takes. */
export const EXTENT_UNITS_MAX = 64;

const SLAB_UNITS_LOG2 = 20;
const SLAB_UNITS = 1 << SLAB_UNITS_LOG2;
const SLAB_BYTES = SLAB_UNITS << EXTENT_UNIT_LOG2;
const UNIT_MASK = SLAB_UNITS - 1;

/**
 * Pieces of 16 bytes to 1 KiB in shared slabs of 16 MiB, for encoded chunks.
 *
 * An extent is named by the number of its first unit over all slabs: slab `extent >>> 20`, byte
 * `(extent & 0xfffff) * 16`. Number 0 means "none". Every size has a list of free extents, linked through the free
 * bytes themselves; what no list has is cut from the newest slab. A fixed slab reads as fast as a plain array.
 */
export class Extents {
  readonly buffers: SharedArrayBuffer[] = [];
  readonly bytes: Uint8Array[] = [];
  readonly views: DataView[] = [];
  /** For the sample count at the start of an extent, which is stored atomically. */
  readonly halfWords: Uint16Array[] = [];
  readonly #words: Uint32Array[] = [];
  readonly #free = new Uint32Array(EXTENT_UNITS_MAX + 1);
  /** The next unit to cut, and the slab that it is in. Unit 0 is never handed out. */
  #slab = 0;
  #next = 1;
  #usedUnits = 0;

  /** Bytes in extents that are in use. */
  get usedBytes(): number {
    return this.#usedUnits * EXTENT_UNIT_BYTES;
  }

  /** Address space held, which becomes memory as it is touched. */
  get slabBytes(): number {
    return this.buffers.length * SLAB_BYTES;
  }

  /** Makes sure that extents of `bytes` in total can be allocated without asking the host for memory. */
  reserve(bytes: number): void {
    const slabs =
      this.#slab + 1 + Math.ceil((bytes + SLAB_BYTES - ((SLAB_UNITS - this.#next) << EXTENT_UNIT_LOG2)) / SLAB_BYTES);
    while (this.buffers.length < slabs) this.attach(new SharedArrayBuffer(SLAB_BYTES));
  }

  /** An extent of `units` (1 to 64) units. Its bytes are whatever they were. */
  allocate(units: number): number {
    this.#usedUnits += units;
    const free = this.#free[units]!;
    if (free !== 0) {
      this.#free[units] = this.#words[free >>> SLAB_UNITS_LOG2]![(free & UNIT_MASK) << 2]!;
      return free;
    }
    if (this.#next + units > SLAB_UNITS) {
      this.#keepRemainder();
      this.#slab++;
      this.#next = 0;
    }
    if (this.#slab === this.buffers.length) this.attach(new SharedArrayBuffer(SLAB_BYTES));
    const extent = this.#slab * SLAB_UNITS + this.#next;
    this.#next += units;
    return extent;
  }

  /** Gives an extent of `units` units back. Nobody may look at it any more. */
  free(extent: number, units: number): void {
    this.#usedUnits -= units;
    this.#link(extent, units);
  }

  attach(buffer: SharedArrayBuffer): void {
    this.buffers.push(buffer);
    this.bytes.push(new Uint8Array(buffer));
    this.views.push(new DataView(buffer));
    this.halfWords.push(new Uint16Array(buffer));
    this.#words.push(new Uint32Array(buffer));
  }

  #link(extent: number, units: number): void {
    this.#words[extent >>> SLAB_UNITS_LOG2]![(extent & UNIT_MASK) << 2] = this.#free[units]!;
    this.#free[units] = extent;
  }

  #keepRemainder(): void {
    const left = SLAB_UNITS - this.#next;
    if (left > 0) this.#link(this.#slab * SLAB_UNITS + this.#next, left);
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
