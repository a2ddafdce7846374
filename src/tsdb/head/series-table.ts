import { markedRows } from '../../kernels/sorted-sets.ts';
import { XOR_STATE_COUNT } from '../../kernels/xor-encode.ts';
import type { SlabSource } from '../../memory/kernel-memory.ts';
import { type RecordSlabs, SharedRecords } from '../../memory/shared-records.ts';

/**
 * One record of 64 bytes, a cache line, for each row:
 *
 * ```text
 * doubles  0 last time | 1 time before it | 2, 3 = words 4..7 | 4 ref | 5 next cut | 6, 7 = words 12..15
 * words    4, 5 last value's bits | 6 write position and window | 7 samples in the open chunk
 *          12 open extent (0 = none) | 13 its size in units, and the bit `OPEN_XOR2` | 14 newest sealed chunk (0 = none)
 *          15 labels
 *          13 without an open extent: the open histogram chunk (0 = none)
 * ```
 *
 * The first four doubles are the XOR encoder's state (`kernels/xor-encode.ts`); that of XOR2 is put together from them
 * (`open-xor2-chunks.ts`).
 *
 * Invariants:
 * - A row is free exactly if its ref is 0.
 * - The last time is -Infinity until the row has a sample; it and the last value stay when a chunk is sealed.
 * - The last sample is a histogram exactly if the row has an open histogram chunk; the last value then means nothing.
 */
export const SERIES_DOUBLES = 8;
/** 2^18 rows to a slab of 16 MiB. */
export const SERIES_SLAB_LOG2 = 18;
export const SERIES_ROW_MASK = (1 << SERIES_SLAB_LOG2) - 1;

/** Offsets in doubles. */
export const LAST_TIME = 0;
export const TIME_BEFORE = 1;
export const REF = 4;
export const NEXT_CUT = 5;
/** Offsets in words. */
export const VALUE_LOW = 4;
export const VALUE_HIGH = 5;
/** Write position in bits (16 bits), leading (8 bits) and trailing zeros (8 bits) of the window. */
export const OPEN_CURSOR = 6;
export const OPEN_COUNT = XOR_STATE_COUNT;
export const OPEN_EXTENT = 12;
export const OPEN_UNITS = 13;
/** In the word `OPEN_UNITS`: the open chunk is XOR2. Never set while only XOR is written. */
export const OPEN_XOR2 = 0x100;
export const OPEN_UNITS_MASK = 0xff;
/** The same word as `OPEN_UNITS`, while there is no open extent. */
export const OPEN_HISTOGRAM = 13;
export const NEWEST_SEALED = 14;
export const LABELS = 15;

/** The records of rows, as readers in any thread see them. */
export class SeriesRecords<Records extends RecordSlabs = RecordSlabs> {
  readonly records: Records;

  constructor(records: Records) {
    this.records = records;
  }

  /** The ref of a row, 0 where it is free. */
  ref(row: number): number {
    return this.records.doubles[row >>> SERIES_SLAB_LOG2]![(row & SERIES_ROW_MASK) * SERIES_DOUBLES + REF]!;
  }

  /** The time of the row's last sample; -Infinity where it has none. */
  lastTime(row: number): number {
    return this.records.doubles[row >>> SERIES_SLAB_LOG2]![(row & SERIES_ROW_MASK) * SERIES_DOUBLES + LAST_TIME]!;
  }

  /** Where the row's labels are in the series log. */
  labels(row: number): number {
    return this.records.words[row >>> SERIES_SLAB_LOG2]![2 * (row & SERIES_ROW_MASK) * SERIES_DOUBLES + LABELS]!;
  }
}

/** The head's rows: which are in use, and their records. Rows of removed series are used again. */
export class SeriesTable extends SeriesRecords<SharedRecords> {
  #rowCount = 0;
  /**
   * From `#firstFree` on. Those that were free first are used first: rows come back in rising order, so that lists of rows
   * are made of few rising runs.
   */
  #freeRows: number[] = [];
  #firstFree = 0;
  /** A bit for each row: its series was not removed. Where it was, readers may still look at the row. */
  #live = new Uint32Array(64);
  #liveCount = 0;
  #version = 0;
  /** Rows below these two, of row and of ref, were made of a log in its order. */
  #logRows = 0;
  #logRefs = 0;

  constructor(source: SlabSource) {
    super(new SharedRecords(SERIES_DOUBLES, SERIES_SLAB_LOG2, source));
  }

  /** Rows that were ever in use; every row is below. */
  get rowCount(): number {
    return this.#rowCount;
  }

  /** Rows of series that were not removed. */
  get liveCount(): number {
    return this.#liveCount;
  }

  /** Changes whenever a row gets a series or loses one, and with `noteChange`. */
  get version(): number {
    return this.#version;
  }

  /** All rows that there are were made of a log, one after the other; their refs are below `refsEnd`. */
  noteLogOrder(refsEnd: number): void {
    this.#logRows = this.#rowCount;
    this.#logRefs = refsEnd;
  }

  /**
   * Rises with the order in which series were made, which is that of their refs but for those of a log: appenders that are at work
   * at once log theirs in any order.
   */
  makingOrder(row: number): number {
    const ref = this.ref(row);
    // As each row of the log has a ref, these are below all other refs.
    return row < this.#logRows && ref < this.#logRefs ? row : ref;
  }

  /** What was known of a lost series otherwise is gone, too. */
  noteChange(): void {
    this.#version++;
  }

  /** Takes a row for a series; its record has no samples and no chunks. */
  create(ref: number, labels: number): number {
    const row = this.#takeFree() ?? this.#rowCount;
    if (row === this.#rowCount) {
      this.records.reserve(row + 1);
      this.#rowCount++;
    }
    const doubles = this.records.doubles[row >>> SERIES_SLAB_LOG2]!;
    const words = this.records.words[row >>> SERIES_SLAB_LOG2]!;
    const at = (row & SERIES_ROW_MASK) * SERIES_DOUBLES;
    // One by one: `fill` costs more than the eight stores.
    doubles[at + LAST_TIME] = Number.NEGATIVE_INFINITY;
    doubles[at + 1] = 0;
    doubles[at + 2] = 0;
    doubles[at + 3] = 0;
    doubles[at + REF] = ref;
    doubles[at + NEXT_CUT] = 0;
    doubles[at + 6] = 0;
    doubles[at + 7] = 0;
    words[2 * at + LABELS] = labels;
    if (row >>> 5 >= this.#live.length) {
      const grown = new Uint32Array(2 * this.#live.length);
      grown.set(this.#live);
      this.#live = grown;
    }
    this.#live[row >>> 5]! |= 1 << (row & 31);
    this.#liveCount++;
    this.#version++;
    return row;
  }

  /**
   * Takes the rows that have a bit in `live`, where the table has none yet. The caller fills their records; all others below
   * `rowCount` are free.
   */
  takeRows(rowCount: number, liveCount: number, live: Uint32Array): void {
    this.records.reserve(rowCount);
    this.#rowCount = rowCount;
    this.#liveCount = liveCount;
    this.#live = new Uint32Array(Math.max(64, live.length));
    this.#live.set(live);
    this.#version++;
    if (liveCount === rowCount) return;
    for (let row = 0; row < rowCount; row++) if (!this.isLive(row)) this.#freeRows.push(row);
  }

  #takeFree(): number | undefined {
    const row = this.#freeRows[this.#firstFree];
    if (row === undefined) return undefined;
    this.#firstFree++;
    if (this.#firstFree === this.#freeRows.length) {
      this.#freeRows = [];
      this.#firstFree = 0;
    }
    return row;
  }

  /** The row's series was removed: who does not know the row already does not find it. `release` follows. */
  retire(row: number): void {
    this.#forget(row);
  }

  /** Makes a row free at once. The caller has made sure that no reader knows it. */
  release(row: number): void {
    this.records.doubles[row >>> SERIES_SLAB_LOG2]![(row & SERIES_ROW_MASK) * SERIES_DOUBLES + REF] = 0;
    this.#forget(row);
    this.#version++;
    this.#freeRows.push(row);
  }

  /** Makes a row look as if it had no samples; its chunks stay until it is released. */
  forgetSamples(row: number): void {
    this.records.doubles[row >>> SERIES_SLAB_LOG2]![(row & SERIES_ROW_MASK) * SERIES_DOUBLES + LAST_TIME] =
      Number.NEGATIVE_INFINITY;
  }

  /** True for the row of a series that was not removed. */
  isLive(row: number): boolean {
    return ((this.#live[row >>> 5]! >>> (row & 31)) & 1) === 1;
  }

  #forget(row: number): void {
    if (!this.isLive(row)) return;
    this.#live[row >>> 5]! &= ~(1 << (row & 31));
    this.#liveCount--;
    this.#version++;
  }

  /** The rows of all series, rising. */
  liveRows(): Uint32Array {
    const rows = new Uint32Array(this.#liveCount);
    markedRows(this.#live, rows);
    return rows;
  }
}
