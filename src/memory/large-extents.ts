import { EXTENT_UNITS_MAX, ExtentSlabs, Extents } from './extents.ts';

/** Each level has units 64 times as large as the one before: up to 4 KiB, 256 KiB and 8 MiB in an extent. */
const LEVEL_UNIT_LOG2 = [6, 12, 18] as const;
/** The level is in the upper two bits of an extent's number. */
const LEVEL_SHIFT = 30;
const NUMBER_MASK = (1 << LEVEL_SHIFT) - 1;
const SLAB_BYTES_LOG2 = 24;

/** The most bytes of one extent: half a slab, since the first slab of a level lacks a unit. */
export const LARGE_EXTENT_BYTES_MAX = 1 << (SLAB_BYTES_LOG2 - 1);

/** The slabs of large extents, as readers in any thread see them. */
export class LargeExtentSlabs<Level extends ExtentSlabs = ExtentSlabs> {
  readonly levels: readonly Level[];

  constructor(levels: readonly Level[]) {
    this.levels = levels;
  }

  /** As many levels as `LargeExtents` has, without slabs. */
  static empty(): LargeExtentSlabs {
    return new LargeExtentSlabs(LEVEL_UNIT_LOG2.map(() => new ExtentSlabs()));
  }

  /** The slab that an extent is in, as bytes. */
  bytes(extent: number): Uint8Array {
    return this.levels[extent >>> LEVEL_SHIFT]!.bytes[slabOf(extent)]!;
  }

  view(extent: number): DataView {
    return this.levels[extent >>> LEVEL_SHIFT]!.views[slabOf(extent)]!;
  }

  /** The byte of its slab at which an extent begins. */
  offset(extent: number): number {
    const unitLog2 = LEVEL_UNIT_LOG2[extent >>> LEVEL_SHIFT]!;
    return (extent & ((1 << (SLAB_BYTES_LOG2 - unitLog2)) - 1)) << unitLog2;
  }
}

/**
 * Pieces of 64 bytes to 8 MiB in shared slabs, for chunks that may be larger than 1 KiB: three `Extents` with units of
 * growing size. An extent is named by a u32, 0 means "none". Its capacity goes with it, since that tells its level.
 */
export class LargeExtents extends LargeExtentSlabs<Extents> {
  constructor() {
    super(LEVEL_UNIT_LOG2.map((unitLog2) => new Extents(unitLog2)));
  }

  /** Bytes in extents that are in use. */
  get usedBytes(): number {
    return this.levels.reduce((sum, level) => sum + level.usedBytes, 0);
  }

  /** Makes sure that extents of `bytes` in total, none larger than `largest`, can be allocated. */
  reserve(bytes: number, largest: number): void {
    for (let level = levelOf(largestCapacity(largest)); level >= 0; level--) this.levels[level]!.reserve(bytes);
  }

  /** An extent of a capacity that `largeExtentCapacity` gave. Its bytes are whatever they were. */
  allocate(capacity: number): number {
    const level = levelOf(capacity);
    const extent = this.levels[level]!.allocate(capacity >>> LEVEL_UNIT_LOG2[level]!);
    return ((level << LEVEL_SHIFT) | extent) >>> 0;
  }

  /** Gives an extent back. Nobody may look at it any more. */
  free(extent: number, capacity: number): void {
    const level = extent >>> LEVEL_SHIFT;
    this.levels[level]!.free(extent & NUMBER_MASK, capacity >>> LEVEL_UNIT_LOG2[level]!);
  }

  halfWords(extent: number): Uint16Array {
    return this.levels[extent >>> LEVEL_SHIFT]!.halfWords[slabOf(extent)]!;
  }
}

/** The least capacity of an extent for `byteLength` bytes, which are at most `LARGE_EXTENT_BYTES_MAX`. */
export function largeExtentCapacity(byteLength: number): number {
  for (const unitLog2 of LEVEL_UNIT_LOG2) {
    const units = Math.max(1, (byteLength + (1 << unitLog2) - 1) >>> unitLog2);
    if (units <= EXTENT_UNITS_MAX && byteLength <= LARGE_EXTENT_BYTES_MAX) return units << unitLog2;
  }
  throw new RangeError(`Cannot keep ${byteLength} bytes in one piece: at most ${LARGE_EXTENT_BYTES_MAX}`);
}

function largestCapacity(byteLength: number): number {
  return largeExtentCapacity(Math.min(byteLength, LARGE_EXTENT_BYTES_MAX));
}

function levelOf(capacity: number): number {
  if (capacity <= EXTENT_UNITS_MAX << LEVEL_UNIT_LOG2[0]) return 0;
  return capacity <= EXTENT_UNITS_MAX << LEVEL_UNIT_LOG2[1] ? 1 : 2;
}

function slabOf(extent: number): number {
  return (extent & NUMBER_MASK) >>> (SLAB_BYTES_LOG2 - LEVEL_UNIT_LOG2[extent >>> LEVEL_SHIFT]!);
}
