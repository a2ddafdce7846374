import type { ChunkBatch, SampleColumns } from '../visitor.ts';
import type { AheadEntry, FileEnd, FileRest } from './log-ahead.ts';

/**
 * A ring of slots in shared memory by which one thread hands entries of the log to another. A slot is handed over whole:
 *
 * ```text
 * slot     bytes in use i32 | 0 i32 | entry ...
 * entry    kind i32 | size i32 (all of it, a multiple of 8) | a i32 | b i32 | offset f64 | end f64 | payload
 * all      a = bytes of the payload
 * chunks   chunks as `tools/log-kernel/layout.as` draws them
 * loose    samples: ref f64 | time f64 | value f64
 * record   compressed as the fragment's flags in b say
 * others   UTF-8: a reason, a `FileEnd` or the rest as JSON
 * ```
 */
const SLOT_BYTES = 2 * 1024 * 1024;
/** Chunks that a slot gets at least, where so many come. */
const CHUNK_BYTES = 128 * 1024;
/** The writer is at most so far ahead. */
const SLOTS = 8;
/** The reader is near where it has fewer slots before it. */
const NEAR_SLOTS = 4;
const SLOT_HEADER = 8;
const ENTRY_HEADER = 32;

const KIND = { chunks: 1, loose: 2, record: 3, unreadable: 4, end: 5, rest: 6 } as const;

/** Words of `control`: slots written and slots read since the start, and whether the writer has written its last one. */
const WRITTEN = 0;
const READ = 1;
const FINISHED = 2;

export interface RingBuffers {
  readonly control: SharedArrayBuffer;
  readonly slots: SharedArrayBuffer;
}

export function createRing(): RingBuffers {
  return { control: new SharedArrayBuffer(16), slots: new SharedArrayBuffer(SLOTS * SLOT_BYTES) };
}

/** The thread that reads the log; waits where the ring is full. */
export class RingWriter {
  readonly #control: Int32Array;
  readonly #words: Int32Array;
  readonly #doubles: Float64Array;
  readonly #bytes: Uint8Array;
  #slot = -1;
  #at = 0;

  constructor({ control, slots }: RingBuffers) {
    this.#control = new Int32Array(control);
    this.#words = new Int32Array(slots);
    this.#doubles = new Float64Array(slots);
    this.#bytes = new Uint8Array(slots);
  }

  /**
   * Where the reader is near, slots are handed over before they are full: so little memory is touched for the first time while all wait for the
   * last chunks.
   */
  chunks(bytes: Uint8Array): void {
    this.#put(KIND.chunks, bytes, 0, 0);
    if (this.#slot < 0 || this.#at - this.#slot * SLOT_BYTES < CHUNK_BYTES) return;
    if (Atomics.load(this.#control, WRITTEN) - Atomics.load(this.#control, READ) < NEAR_SLOTS) this.#handOver();
  }

  loose(samples: Float64Array): void {
    this.#put(KIND.loose, new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength), 0, 0);
  }

  /** False where it does not fit. */
  record(record: Uint8Array, flags: number, offset: number, end: number): boolean {
    return this.#put(KIND.record, record, offset, end, flags);
  }

  unreadable(reason: string, offset: number, end: number): boolean {
    return this.#put(KIND.unreadable, Buffer.from(reason), offset, end);
  }

  end(end: FileEnd): boolean {
    return this.#put(KIND.end, Buffer.from(JSON.stringify(end)), 0, 0);
  }

  rest(rest: FileRest): boolean {
    return this.#put(KIND.rest, Buffer.from(JSON.stringify(rest)), 0, 0);
  }

  /** Hands the last slot over. */
  finish(): void {
    this.#handOver();
    Atomics.store(this.#control, FINISHED, 1);
    Atomics.notify(this.#control, WRITTEN);
  }

  #put(kind: number, payload: Uint8Array, offset: number, end: number, b = 0): boolean {
    const size = ENTRY_HEADER + ((payload.length + 7) & ~7);
    if (!this.#reserve(size)) return false;
    this.#bytes.set(payload, this.#at + ENTRY_HEADER);
    this.#header(kind, size, payload.length, b, offset, end);
    this.offer();
    return true;
  }

  /** Hands over what there is where the reader has nothing else. To be called now and then also where nothing is put. */
  offer(): void {
    if (this.#slot < 0) return;
    if (Atomics.load(this.#control, READ) === Atomics.load(this.#control, WRITTEN)) this.#handOver();
  }

  #header(kind: number, size: number, a: number, b: number, offset: number, end: number): void {
    const word = this.#at >>> 2;
    this.#words[word] = kind;
    this.#words[word + 1] = size;
    this.#words[word + 2] = a;
    this.#words[word + 3] = b;
    this.#doubles[(this.#at >>> 3) + 2] = offset;
    this.#doubles[(this.#at >>> 3) + 3] = end;
    this.#at += size;
  }

  /** Makes `size` bytes follow at `#at`, in a new slot where the present one has not so many left. */
  #reserve(size: number): boolean {
    if (size > SLOT_BYTES - SLOT_HEADER) return false;
    if (this.#slot >= 0 && this.#at + size <= (this.#slot + 1) * SLOT_BYTES) return true;
    this.#handOver();
    const written = Atomics.load(this.#control, WRITTEN);
    for (let read = Atomics.load(this.#control, READ); written - read >= SLOTS; ) {
      Atomics.wait(this.#control, READ, read);
      read = Atomics.load(this.#control, READ);
    }
    this.#slot = written % SLOTS;
    this.#at = this.#slot * SLOT_BYTES + SLOT_HEADER;
    return true;
  }

  #handOver(): void {
    if (this.#slot < 0) return;
    this.#words[(this.#slot * SLOT_BYTES) >>> 2] = this.#at - this.#slot * SLOT_BYTES;
    this.#slot = -1;
    Atomics.add(this.#control, WRITTEN, 1);
    Atomics.notify(this.#control, WRITTEN);
  }
}

/** The thread that wants the log. */
export class RingReader {
  readonly #control: Int32Array;
  readonly #words: Uint32Array;
  readonly #doubles: Float64Array;
  readonly #bytes: Uint8Array;
  #at = 0;
  #end = 0;

  constructor({ control, slots }: RingBuffers) {
    this.#control = new Int32Array(control);
    this.#words = new Uint32Array(slots);
    this.#doubles = new Float64Array(slots);
    this.#bytes = new Uint8Array(slots);
  }

  /** True where the writer has written its last slot. */
  get isFinished(): boolean {
    return Atomics.load(this.#control, FINISHED) === 1;
  }

  /** As `LogAhead.next`. */
  next(waitMs: number): AheadEntry | null {
    if (this.#at === this.#end && !this.#nextSlot(waitMs)) return null;
    const at = this.#at;
    const word = at >>> 2;
    const a = this.#words[word + 2]!;
    const payload = at + ENTRY_HEADER;
    const offset = this.#doubles[(at >>> 3) + 2]!;
    const end = this.#doubles[(at >>> 3) + 3]!;
    this.#at += this.#words[word + 1]!;
    switch (this.#words[word]) {
      case KIND.chunks:
        return { kind: 'chunks', chunks: this.#chunks(payload, payload + a) };
      case KIND.loose:
        return { kind: 'loose', samples: this.#loose(payload, a) };
      case KIND.record: {
        const record = this.#bytes.subarray(payload, payload + a);
        return { kind: 'record', record, flags: this.#words[word + 3]!, offset, end };
      }
      case KIND.unreadable:
        return { kind: 'unreadable', reason: this.#text(payload, a), offset, end };
      case KIND.end:
        return { kind: 'end', end: JSON.parse(this.#text(payload, a)) as FileEnd };
      default:
        return { kind: 'rest', ...(JSON.parse(this.#text(payload, a)) as FileRest) };
    }
  }

  #chunks(start: number, end: number): ChunkBatch {
    return { doubles: this.#doubles, words: this.#words, bytes: this.#bytes, start, end };
  }

  #loose(from: number, size: number): SampleColumns {
    const length = size / 24;
    const refs = new Float64Array(length);
    const times = new Float64Array(length);
    const values = new Float64Array(length);
    const bits = new Uint32Array(values.buffer);
    for (let i = 0; i < length; i++) {
      const at = (from >>> 3) + 3 * i;
      refs[i] = this.#doubles[at]!;
      times[i] = this.#doubles[at + 1]!;
      // Not as doubles: not every NaN would come through as it is.
      bits[2 * i] = this.#words[2 * at + 4]!;
      bits[2 * i + 1] = this.#words[2 * at + 5]!;
    }
    return { length, refs, times, values, bits, startTimes: null };
  }

  #text(from: number, size: number): string {
    return Buffer.from(this.#bytes.subarray(from, from + size)).toString('utf8');
  }

  /** Gives the slot in hand back and takes the next. */
  #nextSlot(waitMs: number): boolean {
    if (this.#end > 0) {
      this.#at = 0;
      this.#end = 0;
      Atomics.add(this.#control, READ, 1);
      Atomics.notify(this.#control, READ);
    }
    const read = Atomics.load(this.#control, READ);
    if (Atomics.load(this.#control, WRITTEN) === read) {
      Atomics.wait(this.#control, WRITTEN, read, waitMs);
      if (Atomics.load(this.#control, WRITTEN) === read) return false;
    }
    const slot = (read % SLOTS) * SLOT_BYTES;
    this.#at = slot + SLOT_HEADER;
    this.#end = slot + this.#words[slot >>> 2]!;
    return this.#at < this.#end;
  }
}
