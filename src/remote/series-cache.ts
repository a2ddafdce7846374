import { equalBytes, hashBytes } from '../kernels/hash.ts';
import type { SeriesRef } from '../storage/append.ts';

/** What a cache tells of a series whose labels are not allowed: its samples are dropped. */
export const DROPPED: SeriesRef = 0;

export interface SeriesCacheOptions {
  /** Entries that were not asked for during one to two of these periods are forgotten. */
  readonly periodMs: number;
  /** Label bytes kept; beyond it the older half of the entries is forgotten at once. */
  readonly bytesMax: number;
  /** Any 32-bit number; a random one keeps senders from choosing collisions. */
  readonly hashSeed: number;
}

/**
 * From a series' label bytes, as senders encode them, to its ref. Senders repeat their series in the same order, so each
 * entry remembers which one followed it: that guess is compared first, and only where it fails the bytes are hashed.
 *
 * Entries live in two generations. What is found in the older one moves to the younger; after a period the older one is
 * dropped. So memory follows the series that are really being sent, without a list of when each was used.
 */
export class SeriesCache {
  readonly #options: SeriesCacheOptions;
  #young: Generation;
  #old: Generation | null = null;
  #periodStart: number;
  /** The entry that the last row of the running request hit, or -1. */
  #last = -1;

  constructor(options: SeriesCacheOptions, now: number) {
    this.#options = options;
    this.#young = new Generation(1024);
    this.#periodStart = now;
  }

  get size(): number {
    return this.#young.count + (this.#old?.count ?? 0);
  }

  /** To be called at the start of each request. */
  begin(now: number): void {
    this.#last = -1;
    const { periodMs, bytesMax } = this.#options;
    if (now - this.#periodStart < periodMs && this.#young.keyBytes < bytesMax / 2) return;
    this.#periodStart = now;
    this.#old = this.#young.count > 0 ? this.#young : null;
    this.#young = new Generation(this.#young.count);
  }

  /** The ref of the series whose labels are these bytes of `view`, or -1 where it is not known. */
  find(view: DataView, start: number, length: number): SeriesRef {
    const young = this.#young;
    const last = this.#last;
    if (last >= 0) {
      const guess = young.next[last]!;
      if (guess >= 0 && young.lengths[guess] === length && young.equals(guess, view, start, length)) {
        this.#last = guess;
        return young.refs[guess]!;
      }
    }
    const hash = hashBytes(view, start, length, this.#options.hashSeed);
    const known = young.find(hash, view, start, length);
    if (known >= 0) {
      this.#follow(known);
      return young.refs[known]!;
    }
    const old = this.#old;
    const before = old === null ? -1 : old.find(hash, view, start, length);
    if (before < 0) return -1;
    const ref = old!.refs[before]!;
    this.#follow(young.add(hash, view, start, length, ref));
    return ref;
  }

  /** Remembers a ref, in place of an earlier one for the same bytes. */
  set(view: DataView, start: number, length: number, ref: SeriesRef): void {
    const hash = hashBytes(view, start, length, this.#options.hashSeed);
    const known = this.#young.find(hash, view, start, length);
    if (known >= 0) this.#young.refs[known] = ref;
    else this.#follow(this.#young.add(hash, view, start, length, ref));
  }

  #follow(entry: number): void {
    if (this.#last >= 0 && entry >= 0) this.#young.next[this.#last] = entry;
    this.#last = entry;
  }
}

/** Keys lie in pages of this size; a longer key is not kept. */
const PAGE_BITS = 20;
const PAGE_SIZE = 1 << PAGE_BITS;

/** Slots looked at before a key counts as absent and is not kept: hostile keys cost time, but only so much. */
const PROBES_MAX = 64;

/** An open-addressing hash table of byte keys; entries are numbered as they come and never removed. */
class Generation {
  count = 0;
  keyBytes = 0;
  refs: Float64Array;
  lengths: Uint32Array;
  /** The entry that followed this one in its request last time, or -1. */
  next: Int32Array;
  #hashes: Uint32Array;
  /** Page number and place in the page as one number. */
  #offsets: Uint32Array;
  /** Entry + 1; 0 is free. At most half full. */
  #slots: Int32Array;
  readonly #pages: DataView[] = [];

  constructor(expected: number) {
    const capacity = Math.max(64, 2 ** Math.ceil(Math.log2(expected + 1)));
    this.refs = new Float64Array(capacity);
    this.lengths = new Uint32Array(capacity);
    this.next = new Int32Array(capacity).fill(-1);
    this.#hashes = new Uint32Array(capacity);
    this.#offsets = new Uint32Array(capacity);
    this.#slots = new Int32Array(2 * capacity);
  }

  equals(entry: number, view: DataView, start: number, length: number): boolean {
    const offset = this.#offsets[entry]!;
    return equalBytes(this.#pages[offset >>> PAGE_BITS]!, offset & (PAGE_SIZE - 1), view, start, length);
  }

  find(hash: number, view: DataView, start: number, length: number): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    for (let probe = 0, slot = hash & mask; probe < PROBES_MAX; probe++, slot = (slot + 1) & mask) {
      const entry = slots[slot]! - 1;
      if (entry < 0) return -1;
      if (this.#hashes[entry] === hash && this.lengths[entry] === length && this.equals(entry, view, start, length)) {
        return entry;
      }
    }
    return -1;
  }

  /** Keeps a key that is not there yet; -1 where it can not be kept. */
  add(hash: number, view: DataView, start: number, length: number, ref: SeriesRef): number {
    if (length > PAGE_SIZE) return -1;
    if (this.count === this.refs.length) this.#grow();
    const slot = this.#freeSlot(hash);
    if (slot < 0) return -1;
    const entry = this.count++;
    this.#slots[slot] = entry + 1;
    this.#hashes[entry] = hash;
    this.#offsets[entry] = this.#keep(view, start, length);
    this.lengths[entry] = length;
    this.refs[entry] = ref;
    return entry;
  }

  #freeSlot(hash: number): number {
    const mask = this.#slots.length - 1;
    for (let probe = 0, slot = hash & mask; probe < PROBES_MAX; probe++, slot = (slot + 1) & mask) {
      if (this.#slots[slot] === 0) return slot;
    }
    return -1;
  }

  /** Copies a key into the last page, or a new one where it does not fit; gives its offset. */
  #keep(view: DataView, start: number, length: number): number {
    let used = this.keyBytes & (PAGE_SIZE - 1);
    if (this.#pages.length === 0 || this.keyBytes === this.#pages.length * PAGE_SIZE || used + length > PAGE_SIZE) {
      this.keyBytes = this.#pages.length * PAGE_SIZE;
      this.#pages.push(new DataView(new ArrayBuffer(PAGE_SIZE)));
      used = 0;
    }
    const page = this.#pages[this.#pages.length - 1]!;
    const bytes = new Uint8Array(page.buffer, used, length);
    bytes.set(new Uint8Array(view.buffer, view.byteOffset + start, length));
    const offset = this.keyBytes;
    this.keyBytes += length;
    return offset;
  }

  #grow(): void {
    const capacity = 2 * this.refs.length;
    this.refs = grown(this.refs, new Float64Array(capacity));
    this.lengths = grown(this.lengths, new Uint32Array(capacity));
    this.next = grown(this.next, new Int32Array(capacity).fill(-1));
    this.#hashes = grown(this.#hashes, new Uint32Array(capacity));
    this.#offsets = grown(this.#offsets, new Uint32Array(capacity));
    this.#slots = new Int32Array(2 * capacity);
    for (let entry = 0; entry < this.count; entry++) {
      const slot = this.#freeSlot(this.#hashes[entry]!);
      if (slot >= 0) this.#slots[slot] = entry + 1;
    }
  }
}

function grown<T extends Float64Array | Uint32Array | Int32Array>(from: T, into: T): T {
  into.set(from);
  return into;
}
