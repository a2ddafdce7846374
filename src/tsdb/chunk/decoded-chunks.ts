import type { Clock } from '../../std/clock.ts';
import { releaseBuffer } from '../../std/release-buffer.ts';
import { reserveSampleColumn, type SampleColumn } from '../../storage/query.ts';

/** Chunks of more samples are not kept. Writers aim at 120, and go beyond where a series has gaps. */
const SAMPLES_MAX = 160;
const VALUES_BYTES = 8 * SAMPLES_MAX;
const OFFSETS_BYTES = 4 * SAMPLES_MAX;
/** Memory is taken in slabs of so many slots. */
const SLAB_SLOTS_LOG2 = 10;
/** Entries of a set, in any of which a chunk may be named; there are twice as many entries as slots. */
const SET_ENTRIES = 4;
/**
 * Where all is full, one chunk in so many that ask for a place gets one. Queries that go over more chunks than there is
 * room for would otherwise drive out each what the next one looks for first.
 */
const PLACES_REFUSED = 8;
/**
 * But each query gets so many places without that, one of 16: the chunks of a small query are all here when it is asked for the
 * third time, and a large one drives out little more than it would.
 */
const PLACES_GIVEN_LOG2 = 4;
/**
 * A bit for each chunk that was decoded once, by its hash: a chunk gets a place when it is decoded again. After so many
 * chunks all are forgotten, so few that were not decoded before pass for such.
 */
const MARKS_LOG2 = 20;
const MARKED_MAX = 1 << (MARKS_LOG2 - 2);
/** Nobody asked for so long: the memory is given back. */
const IDLE_MS = 60_000;

/**
 * Samples of float chunks in files as one thread decoded them, in bounded memory. A dashboard asks for the same hours
 * again and again: taking the samples from here costs a fraction of decoding them, and the chunk's bytes are not looked at.
 *
 * A chunk is named by a number for its file, which no other file of the process ever has, and its offset in there. Files of
 * chunks never change, so what is kept stays true; what nobody asks for makes room in time.
 *
 * Chunks that came one after the other lie one after the other, and are mostly asked for in that order: memory is as fast
 * as it can be then, and half as fast where chunks lie where a hash says.
 */
export class DecodedChunks {
  readonly #clock: Clock;
  readonly #slots: number;
  /** By entry: file * 2^32 + offset, or -1, and the slot. */
  #keys: Float64Array = new Float64Array(0);
  #slotOf: Uint32Array = new Uint32Array(0);
  /** By slot: its entry, or -1. */
  #entryOf: Int32Array = new Int32Array(0);
  #counts: Uint8Array = new Uint8Array(0);
  #firstTimes: Float64Array = new Float64Array(0);
  /** By slot: the distance of all its times, or NaN where they have offsets of their own. */
  #steps: Float64Array = new Float64Array(0);
  /** By slot: views of a slab each. */
  #values: Float64Array[] = [];
  #offsets: (Int32Array | undefined)[] = [];
  readonly #valueSlabs: (ArrayBuffer | undefined)[] = [];
  readonly #offsetSlabs: (ArrayBuffer | undefined)[] = [];
  #marks: Uint32Array = new Uint32Array(0);
  #marked = 0;
  /** Slots that were used so far, and once all were, the one that makes room next. */
  #used = 0;
  #next = 0;
  #refused = 0;
  /** Places that the query at hand gets where all is full. */
  #given = 0;
  /** Sets that were full. */
  #full = 0;
  #isUsed = false;

  /** Takes at most about `bytesMax`, half as much again where times are not evenly spaced, and no less than one slab. */
  constructor(bytesMax: number, clock: Clock) {
    this.#clock = clock;
    this.#slots = Math.max(1 << SLAB_SLOTS_LOG2, Math.floor(bytesMax / VALUES_BYTES));
  }

  /** To be told when a query begins. */
  begin(): void {
    this.#given = this.#slots >>> PLACES_GIVEN_LOG2;
  }

  /** Puts the samples of a chunk behind those of a column; false where they are not kept. */
  find(file: number, offset: number, into: SampleColumn): boolean {
    if (this.#keys.length === 0) return false;
    const key = file * 2 ** 32 + offset;
    const first = this.#setOf(file, offset);
    let entry = first;
    while (this.#keys[entry] !== key) if (++entry === first + SET_ENTRIES) return false;
    this.#isUsed = true;
    const slot = this.#slotOf[entry]!;
    const count = this.#counts[slot]!;
    const at = into.length;
    // The values are copied with what lies behind them: a copy of one size costs less than a view of the right one.
    if (into.times.length < at + SAMPLES_MAX) reserveSampleColumn(into, at + SAMPLES_MAX);
    into.values.set(this.#values[slot]!, at);
    const { times } = into;
    const step = this.#steps[slot]!;
    let time = this.#firstTimes[slot]!;
    if (step >= 0) {
      for (let i = at; i < at + count; i++) {
        times[i] = time;
        time += step;
      }
    } else {
      const offsets = this.#offsets[slot]!;
      for (let i = 0; i < count; i++) times[at + i] = time + offsets[i]!;
    }
    into.startTimes?.fill(0, at, at + count);
    into.integerCounts?.fill(0, at, at + count);
    into.length = at + count;
    if (into.histograms !== null) while (into.histograms.length < into.length) into.histograms.push(undefined);
    return true;
  }

  /** To be told of every chunk of floats without start times that was decoded: its samples are those from index `from` on. */
  note(file: number, offset: number, column: SampleColumn, from: number): void {
    const { length, times, values } = column;
    const count = length - from;
    if (count < 1 || count > SAMPLES_MAX || file >= FILES_MAX || times[length - 1]! - times[from]! > OFFSET_MAX) return;
    if (!this.#wasMarked(hashOf(file, offset))) return;
    if (this.#keys.length === 0) this.#reserve();
    const slot = this.#place(file, offset);
    if (slot < 0) return;
    this.#putTimes(slot, times, from, count);
    this.#valuesOf(slot).set(values.subarray(from, length));
    this.#counts[slot] = count;
  }

  /** Bytes of samples that memory is taken for. */
  get bytes(): number {
    const values = this.#valueSlabs.filter((slab) => slab !== undefined).length * VALUES_BYTES;
    const offsets = this.#offsetSlabs.filter((slab) => slab !== undefined).length * OFFSETS_BYTES;
    return (values + offsets) << SLAB_SLOTS_LOG2;
  }

  /** Marks a chunk; true where it was marked. */
  #wasMarked(hash: number): boolean {
    if (this.#marks.length === 0) this.#marks = new Uint32Array(1 << (MARKS_LOG2 - 5));
    const word = (hash >>> 5) & (this.#marks.length - 1);
    const bit = 1 << (hash & 31);
    if ((this.#marks[word]! & bit) !== 0) return true;
    if (++this.#marked > MARKED_MAX) {
      this.#marks.fill(0);
      this.#marked = 0;
    }
    this.#marks[word]! |= bit;
    return false;
  }

  #reserve(): void {
    const slots = this.#slots;
    const entries = SET_ENTRIES * Math.ceil((2 * slots) / SET_ENTRIES);
    this.#keys = new Float64Array(entries).fill(-1);
    this.#slotOf = new Uint32Array(entries);
    this.#entryOf = new Int32Array(slots).fill(-1);
    this.#counts = new Uint8Array(slots);
    this.#firstTimes = new Float64Array(slots);
    this.#steps = new Float64Array(slots);
    // At once: code with a loop that filled them up to a slot would be compiled for the loop, and given up whenever there is
    // nothing to fill.
    this.#values = new Array<Float64Array>(slots).fill(NOTHING);
    this.#offsets = new Array<undefined>(slots).fill(undefined);
    this.#used = 0;
    this.#next = 0;
    this.#watch();
  }

  /** Gives all memory back once nobody asked for anything during `IDLE_MS`. */
  #watch(): void {
    this.#isUsed = false;
    this.#clock.after(IDLE_MS, () => {
      if (this.#isUsed) this.#watch();
      else this.#drop();
    });
  }

  #drop(): void {
    this.#keys = new Float64Array(0);
    this.#values = [];
    this.#offsets = [];
    for (const slab of [...this.#valueSlabs, ...this.#offsetSlabs]) if (slab !== undefined) releaseBuffer(slab);
    this.#valueSlabs.length = 0;
    this.#offsetSlabs.length = 0;
    this.#marks = new Uint32Array(0);
  }

  /** The first entry of the set. */
  #setOf(file: number, offset: number): number {
    return SET_ENTRIES * Math.floor((hashOf(file, offset) * (this.#keys.length / SET_ENTRIES)) / 2 ** 32);
  }

  /** A slot for a chunk, which an entry names from now on; -1 where it gets none. */
  #place(file: number, offset: number): number {
    const first = this.#setOf(file, offset);
    let entry = first;
    while (entry < first + SET_ENTRIES && this.#keys[entry] !== -1) entry++;
    const isSetFull = entry === first + SET_ENTRIES;
    const isFull = this.#used === this.#slots;
    if (isSetFull || isFull) {
      if (this.#given > 0) this.#given--;
      else if (++this.#refused % PLACES_REFUSED !== 0) return -1;
    }
    let slot: number;
    if (isSetFull) {
      entry = first + (this.#full++ & (SET_ENTRIES - 1));
      slot = this.#slotOf[entry]!;
    } else if (isFull) {
      slot = this.#next;
      this.#next = (slot + 1) % this.#slots;
      this.#keys[this.#entryOf[slot]!] = -1;
    } else {
      slot = this.#used++;
    }
    this.#keys[entry] = file * 2 ** 32 + offset;
    this.#slotOf[entry] = slot;
    this.#entryOf[slot] = entry;
    return slot;
  }

  #putTimes(slot: number, times: Float64Array, from: number, count: number): void {
    const first = times[from]!;
    const step = count > 1 ? times[from + 1]! - first : 0;
    let i = 1;
    while (i < count && times[from + i] === first + i * step) i++;
    this.#firstTimes[slot] = first;
    this.#steps[slot] = i === count ? step : Number.NaN;
    if (i === count) return;
    const offsets = this.#offsetsOf(slot);
    for (let k = 0; k < count; k++) offsets[k] = times[from + k]! - first;
  }

  #valuesOf(slot: number): Float64Array {
    const slab = slot >>> SLAB_SLOTS_LOG2;
    const within = slot & ((1 << SLAB_SLOTS_LOG2) - 1);
    if (this.#values[slot] === NOTHING) {
      const buffer = (this.#valueSlabs[slab] ??= new ArrayBuffer(VALUES_BYTES << SLAB_SLOTS_LOG2));
      this.#values[slot] = new Float64Array(buffer, VALUES_BYTES * within, SAMPLES_MAX);
    }
    return this.#values[slot]!;
  }

  #offsetsOf(slot: number): Int32Array {
    const slab = slot >>> SLAB_SLOTS_LOG2;
    const within = slot & ((1 << SLAB_SLOTS_LOG2) - 1);
    if (this.#offsets[slot] === undefined) {
      const buffer = (this.#offsetSlabs[slab] ??= new ArrayBuffer(OFFSETS_BYTES << SLAB_SLOTS_LOG2));
      this.#offsets[slot] = new Int32Array(buffer, OFFSETS_BYTES * within, SAMPLES_MAX);
    }
    return this.#offsets[slot]!;
  }
}

/** Beyond that the key of a chunk would not be exact. */
const FILES_MAX = 2 ** 20;
const OFFSET_MAX = 2 ** 31 - 1;
const NOTHING = new Float64Array(0);

/** The number of a segment of a block, by its number in the thread's page cache. */
export function fileOfBlock(number: number): number {
  return 2 * number;
}

/** The number of a file of `chunks_head/`, by the number that it is named by. */
export function fileOfHead(number: number): number {
  return 2 * number + 1;
}

/** All 32 bits are mixed; the upper ones choose the set. */
function hashOf(file: number, offset: number): number {
  let hash = Math.imul(offset ^ Math.imul(file, 0x9e3779b1), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 15), 0xc2b2ae35);
  return (hash ^ (hash >>> 13)) >>> 0;
}
