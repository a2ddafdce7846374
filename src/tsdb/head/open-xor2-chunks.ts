import { isStorableStart } from '../../kernels/start-time-encode.ts';
import { xor2Decode } from '../../kernels/xor2-decode.ts';
import {
  createXor2State,
  XOR2_APPEND_BYTES_MAX,
  type Xor2State,
  xor2Append,
  xor2Begin,
  xor2ByteLength,
  xor2Fits,
} from '../../kernels/xor2-encode.ts';
import { EXTENT_UNIT_BYTES, EXTENT_UNITS_MAX, extentOffset, extentSlab } from '../../memory/extents.ts';
import { STALE_HIGH, STALE_LOW } from '../../model/stale.ts';
import type { HeadMemory } from './head-memory.ts';
import {
  LAST_TIME,
  OPEN_COUNT,
  OPEN_CURSOR,
  OPEN_EXTENT,
  OPEN_UNITS,
  OPEN_UNITS_MASK,
  SERIES_ROW_MASK,
  SERIES_SLAB_LOG2,
  TIME_BEFORE,
  VALUE_HIGH,
  VALUE_LOW,
} from './series-table.ts';

const EXTENT_BYTES_MAX = EXTENT_UNITS_MAX * EXTENT_UNIT_BYTES;
/** Where start times begin is told in seven bits; from there on every sample has one, be it 0. */
const HEADER_INDEX_MAX = 0x7f;
const HEADER_AT = 2;

/** Gives an open chunk an extent of another size. */
export type MoveExtent = (words: Uint32Array, w: number, used: number, units: number) => void;

/**
 * Open XOR2 chunks: samples with start times. The encoder's state is put together for each sample from the row's record,
 * which holds what that of an XOR chunk does, from the chunk's header, and from the last start time, which is kept here;
 * only the value before a stale marker is looked for in the chunk itself.
 *
 * A chunk takes no more bytes than an extent. The reference's may take a few more where the last sample needs over 18
 * bytes; such a sample begins a chunk here.
 */
export class OpenXor2Chunks {
  readonly #memory: HeadMemory;
  readonly #move: MoveExtent;
  readonly #state = createXor2State();
  /** For samples that may not fit. */
  readonly #trial = new Uint8Array(2 * EXTENT_BYTES_MAX);
  /** Start time of the last sample in the open chunk, by row; slabs as of the records. */
  readonly #starts: Float64Array[] = [];
  #times = new Float64Array(256);
  #bits = new Uint32Array(512);
  #startTimes = new Float64Array(256);

  constructor(memory: HeadMemory, move: MoveExtent) {
    this.#memory = memory;
    this.#move = move;
  }

  /** Begins a chunk in an extent. */
  begin(row: number, bytes: Uint8Array, start: number, words: Uint32Array, w: number): void {
    xor2Begin(bytes, start, this.#state);
    words[w + OPEN_CURSOR] = cursorOf(this.#state);
    words[w + OPEN_COUNT] = 0;
    this.#setStart(row, 0);
  }

  /** Takes over a chunk that somebody else put into the row's record: looks for its last start time. */
  restored(row: number, bytes: Uint8Array, offset: number, byteLength: number, count: number): boolean {
    if (this.#decode(bytes, offset, byteLength, count) < 0) return false;
    this.#setStart(row, this.#startTimes[count - 1]!);
    return true;
  }

  /** Appends a sample that is newer than the last one; false where the chunk can not take it, and then nothing changed. */
  append(
    row: number,
    doubles: Float64Array,
    words: Uint32Array,
    at: number,
    time: number,
    low: number,
    high: number,
    startTime: number,
  ): boolean {
    const w = 2 * at;
    const { extents } = this.#memory;
    const state = this.#load(row, doubles, words, at);
    // Beyond these times a difference to a start time, or to none, which counts as 0, is not exact.
    const isFar = !isStorableStart(time, state.time);
    const header = state.start[HEADER_AT]!;
    if (!xor2Fits(state, time) || (isFar && (header !== 0 || state.count >= HEADER_INDEX_MAX))) return false;
    const start = !isFar && isStorableStart(time, startTime) ? startTime : 0;
    const used = xor2ByteLength(state);
    if (used + XOR2_APPEND_BYTES_MAX > EXTENT_BYTES_MAX) {
      if (!this.#appendNearEnd(words, w, used, time, low, high, start)) return false;
    } else {
      if (used + XOR2_APPEND_BYTES_MAX > (words[w + OPEN_UNITS]! & OPEN_UNITS_MASK) * EXTENT_UNIT_BYTES) {
        const units = words[w + OPEN_UNITS]! & OPEN_UNITS_MASK;
        const needed = Math.ceil((used + XOR2_APPEND_BYTES_MAX) / EXTENT_UNIT_BYTES);
        this.#move(words, w, used, Math.min(EXTENT_UNITS_MAX, Math.max(needed, units + (units >>> 2) + 1)));
      }
      const extent = words[w + OPEN_EXTENT]!;
      xor2Append(extents.bytes[extentSlab(extent)]!, extentOffset(extent), state, time, low, high, start);
    }
    if (state.count > 1) doubles[at + TIME_BEFORE] = doubles[at + LAST_TIME]!;
    doubles[at + LAST_TIME] = time;
    words[w + VALUE_LOW] = low;
    words[w + VALUE_HIGH] = high;
    words[w + OPEN_CURSOR] = cursorOf(state);
    words[w + OPEN_COUNT] = state.count;
    this.#setStart(row, start);
    return true;
  }

  /** Encodes beside the extent first, since the sample may be too large for it. */
  #appendNearEnd(
    words: Uint32Array,
    w: number,
    used: number,
    time: number,
    low: number,
    high: number,
    start: number,
  ): boolean {
    const { extents } = this.#memory;
    const trial = this.#trial;
    const from = words[w + OPEN_EXTENT]!;
    const offset = extentOffset(from);
    trial.set(extents.bytes[extentSlab(from)]!.subarray(offset, offset + used));
    xor2Append(trial, 0, this.#state, time, low, high, start);
    const byteLength = xor2ByteLength(this.#state);
    if (byteLength > EXTENT_BYTES_MAX) return false;
    if ((words[w + OPEN_UNITS]! & OPEN_UNITS_MASK) < EXTENT_UNITS_MAX) this.#move(words, w, used, EXTENT_UNITS_MAX);
    const extent = words[w + OPEN_EXTENT]!;
    const target = extents.bytes[extentSlab(extent)]!;
    const targetStart = extentOffset(extent);
    // The byte that the sample before ends in keeps the bits that a reader may be looking at.
    for (let i = used - 1; i < byteLength; i++) target[targetStart + i] = trial[i]!;
    target[targetStart + HEADER_AT] = trial[HEADER_AT]!;
    return true;
  }

  #load(row: number, doubles: Float64Array, words: Uint32Array, at: number): Xor2State {
    const state = this.#state;
    const w = 2 * at;
    const cursor = words[w + OPEN_CURSOR]!;
    const count = words[w + OPEN_COUNT]!;
    const extent = words[w + OPEN_EXTENT]!;
    const bytes = this.#memory.extents.bytes[extentSlab(extent)]!;
    const offset = extentOffset(extent);
    const header = bytes[offset + HEADER_AT]!;
    state.count = count;
    state.bit = cursor & 0xffff;
    state.leading = (cursor >>> 16) & 0xff;
    state.trailing = cursor >>> 24;
    state.time = count > 0 ? doubles[at + LAST_TIME]! : 0;
    state.delta = count > 1 ? state.time - doubles[at + TIME_BEFORE]! : 0;
    state.low = words[w + VALUE_LOW]!;
    state.high = words[w + VALUE_HIGH]!;
    if (count === 0) {
      state.low = 0;
      state.high = 0;
    } else if (state.low === STALE_LOW && state.high === STALE_HIGH) {
      this.#findValue(bytes, offset, xor2ByteLength(state), count);
    }
    const start = this.#starts[row >>> SERIES_SLAB_LOG2]![row & SERIES_ROW_MASK]!;
    state.start[0] = start;
    state.start[1] = (header & HEADER_INDEX_MAX) === 0 ? 0 : doubles[at + TIME_BEFORE]! - start;
    state.start[HEADER_AT] = header;
    return state;
  }

  /** The last value of the chunk that is no stale marker, 0 where all are: what the next one is written against. */
  #findValue(bytes: Uint8Array, offset: number, byteLength: number, count: number): void {
    const code = this.#decode(bytes, offset, byteLength, count);
    if (code < 0) throw new Error(`Cannot decode an open chunk: code ${code}`);
    const bits = this.#bits;
    let i = count - 1;
    while (i >= 0 && bits[2 * i] === STALE_LOW && bits[2 * i + 1] === STALE_HIGH) i--;
    this.#state.low = i < 0 ? 0 : bits[2 * i]!;
    this.#state.high = i < 0 ? 0 : bits[2 * i + 1]!;
  }

  #decode(bytes: Uint8Array, offset: number, byteLength: number, count: number): number {
    if (count > this.#times.length) {
      this.#times = new Float64Array(count);
      this.#bits = new Uint32Array(2 * count);
      this.#startTimes = new Float64Array(count);
    }
    return xor2Decode(bytes, offset, offset + byteLength, count, this.#times, this.#bits, this.#startTimes, 0);
  }

  #setStart(row: number, start: number): void {
    const slab = row >>> SERIES_SLAB_LOG2;
    while (this.#starts.length <= slab) this.#starts.push(new Float64Array(1 << SERIES_SLAB_LOG2));
    this.#starts[slab]![row & SERIES_ROW_MASK] = start;
  }
}

/** As the XOR encoder keeps it: position in bits, leading and trailing zeros of the window. */
function cursorOf({ bit, leading, trailing }: Xor2State): number {
  return bit | (leading << 16) | (trailing << 24);
}
