import type { Body } from '../exposition/body.ts';
import type { SeriesIndex } from '../kernels/exposition-scan.ts';
import { equalBytes, hashBytes } from '../kernels/hash.ts';
import type { SeriesRef } from '../storage/append.ts';

/** Entries that may lie dead before the cache is rebuilt; above it a quarter of all. Small targets never rebuild. */
const DEAD_MIN = 256;

/**
 * What one target's series were last time: their bytes, their refs, and who followed whom.
 *
 * An entry is a number from 1 on; its fields are rows of typed arrays, its bytes lie in one buffer, and there are no
 * strings: labels are parsed again from the bytes in the rare case that they are needed. 5,000 series of 110 bytes cost
 * about 0.8 MB: the bytes, 37 bytes of fields and 13 to 26 of the table for each.
 *
 * Invariants:
 * - `table` (open addressing, linear probing) holds every entry once and is at most half full.
 * - Entries' bytes lie in `keys` in the order of their numbers.
 * - `refs[entry]` is 0 for series that relabelling drops.
 */
export class SeriesCache implements SeriesIndex {
  next: Uint32Array;
  keyStart: Uint32Array;
  keyLength: Uint32Array;
  hashes: Uint32Array;
  keys: DataView;
  table: Uint32Array;
  readonly seed: number;

  refs: Float64Array;
  /** The pass (attempt to ingest a body) that saw the entry last. */
  lastSeen: Uint32Array;
  /** The round (finished scrape, failed ones included) in which the entry's staleness was tracked last; 0 for never. */
  tracked: Uint32Array;

  /** Numbers of `SeriesKinds`. */
  kinds: Uint8Array;
  #keyBytes: Uint8Array;
  #keySize = 0;
  #count = 0;

  constructor(seed: number) {
    this.seed = seed;
    this.#keyBytes = new Uint8Array(0);
    this.keys = new DataView(this.#keyBytes.buffer);
    this.table = new Uint32Array(2);
    this.next = new Uint32Array(1);
    this.keyStart = new Uint32Array(1);
    this.keyLength = new Uint32Array(1);
    this.hashes = new Uint32Array(1);
    this.refs = new Float64Array(1);
    this.lastSeen = new Uint32Array(1);
    this.tracked = new Uint32Array(1);
    this.kinds = new Uint8Array(1);
  }

  /** Entries, dead ones included; the valid numbers are 1 to this. */
  get count(): number {
    return this.#count;
  }

  get byteSize(): number {
    return this.#keyBytes.length + 4 * this.table.length + 37 * this.refs.length;
  }

  /** The entry with these bytes of the body, or 0. */
  find(body: Body, start: number, end: number): number {
    const length = end - start;
    const hash = hashBytes(body.view, start, length, this.seed);
    const mask = this.table.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const entry = this.table[slot]!;
      if (entry === 0) return 0;
      if (
        this.hashes[entry] === hash &&
        this.keyLength[entry] === length &&
        equalBytes(body.view, start, this.keys, this.keyStart[entry]!, length)
      ) {
        return entry;
      }
    }
  }

  /** Remembers a series that `find` does not know, by a copy of its bytes. */
  add(body: Body, start: number, end: number, kind: number, ref: SeriesRef): number {
    const length = end - start;
    this.reserve(1, length);
    const entry = ++this.#count;
    this.#keyBytes.set(body.bytes.subarray(start, end), this.#keySize);
    this.keyStart[entry] = this.#keySize;
    this.keyLength[entry] = length;
    this.#keySize += length;
    this.hashes[entry] = hashBytes(body.view, start, length, this.seed);
    this.refs[entry] = ref;
    this.kinds[entry] = kind;
    this.next[entry] = 0;
    this.lastSeen[entry] = 0;
    this.tracked[entry] = 0;
    this.#insert(entry);
    return entry;
  }

  /** The bytes of an entry's series. */
  key(entry: number): Uint8Array {
    const start = this.keyStart[entry]!;
    return this.#keyBytes.slice(start, start + this.keyLength[entry]!);
  }

  /** Drops entries not seen since `pass` when they have become many. */
  prune(pass: number): void {
    let dead = 0;
    for (let entry = 1; entry <= this.#count; entry++) if (this.lastSeen[entry]! < pass) dead++;
    if (dead > Math.max(DEAD_MIN, this.#count >>> 2)) this.evict(pass);
  }

  /** Drops all entries not seen since `pass`; the others get new numbers. */
  evict(pass: number): void {
    const renumbered = new Uint32Array(this.#count + 1);
    let kept = 0;
    let keySize = 0;
    for (let entry = 1; entry <= this.#count; entry++) {
      if (this.lastSeen[entry]! < pass) continue;
      const to = ++kept;
      renumbered[entry] = to;
      const start = this.keyStart[entry]!;
      const length = this.keyLength[entry]!;
      this.#keyBytes.copyWithin(keySize, start, start + length);
      this.keyStart[to] = keySize;
      this.keyLength[to] = length;
      keySize += length;
      this.hashes[to] = this.hashes[entry]!;
      this.refs[to] = this.refs[entry]!;
      this.lastSeen[to] = this.lastSeen[entry]!;
      this.tracked[to] = this.tracked[entry]!;
      this.kinds[to] = this.kinds[entry]!;
      this.next[to] = this.next[entry]!;
    }
    for (let entry = 0; entry <= kept; entry++) this.next[entry] = renumbered[this.next[entry]!]!;
    this.#count = kept;
    this.#keySize = keySize;
    this.#shrink();
  }

  /**
   * Makes room for entries and bytes of keys that are about to be added, and for little more: memory that thousands of
   * targets keep to grow into would be memory of most series.
   */
  reserve(entries: number, keyBytes: number): void {
    const rows = this.#count + entries + 1;
    if (rows > this.refs.length) this.#resizeColumns(Math.max(rows, grownByEighth(this.refs.length)));
    const size = this.#keySize + keyBytes;
    if (size > this.#keyBytes.length) this.#resizeKeys(Math.max(size, grownByEighth(this.#keyBytes.length)));
    if (rows * 2 > this.table.length) this.#rebuildTable(2 ** Math.ceil(Math.log2(rows * 2)));
  }

  #insert(entry: number): void {
    const mask = this.table.length - 1;
    let slot = this.hashes[entry]! & mask;
    while (this.table[slot] !== 0) slot = (slot + 1) & mask;
    this.table[slot] = entry;
  }

  /** Gives memory back after a large part of the series went away, and rebuilds the table. */
  #shrink(): void {
    const entries = this.#count + 2;
    if (entries * 4 < this.refs.length) this.#resizeColumns(entries * 2);
    if (this.#keySize * 4 < this.#keyBytes.length) this.#resizeKeys(this.#keySize * 2);
    let size = this.table.length;
    while (size > 2 && size >= entries * 8) size >>>= 1;
    this.#rebuildTable(size);
  }

  #rebuildTable(size: number): void {
    this.table = new Uint32Array(size);
    for (let entry = 1; entry <= this.#count; entry++) this.#insert(entry);
  }

  #resizeKeys(size: number): void {
    const bytes = new Uint8Array(size);
    bytes.set(this.#keyBytes.subarray(0, this.#keySize));
    this.#keyBytes = bytes;
    this.keys = new DataView(bytes.buffer);
  }

  #resizeColumns(capacity: number): void {
    const used = this.#count + 1;
    const copy = (column: Uint32Array) => {
      const resized = new Uint32Array(capacity);
      resized.set(column.subarray(0, used));
      return resized;
    };
    this.next = copy(this.next);
    this.keyStart = copy(this.keyStart);
    this.keyLength = copy(this.keyLength);
    this.hashes = copy(this.hashes);
    this.lastSeen = copy(this.lastSeen);
    this.tracked = copy(this.tracked);
    const refs = new Float64Array(capacity);
    refs.set(this.refs.subarray(0, used));
    this.refs = refs;
    const kinds = new Uint8Array(capacity);
    kinds.set(this.kinds.subarray(0, used));
    this.kinds = kinds;
  }
}

function grownByEighth(length: number): number {
  return length + (length >>> 3) + 8;
}
