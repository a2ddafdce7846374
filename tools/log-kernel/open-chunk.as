/** The open chunk of a slot: where one begins and ends, by the rules of `chunk/cut-rule.ts`. */

import { BLOCK_NEXT, BLOCK_USED, CHUNK_ROOM, DONE, FULL, NO_MEMORY, OUTBOX, OUTBOX_END, STATE } from './layout';
import { freeBlocks, takeBlock } from './memory';

export const SAMPLES_PREDICT: u32 = 30;
export const SAMPLES_MAX: u32 = 240;
export const BYTES_CUT: usize = 1005;
const NO_WINDOW: u32 = 0xff;

let rangeMs: i64 = 0;
export let outbox: usize = OUTBOX;
/** Samples in open chunks, and those that wait to come there. */
export let waiting: u32 = 0;

export function setRange(range: i64): void {
  rangeMs = range;
}

export function countWaiting(samples: u32): void {
  waiting += samples;
}

export function skip(): void {
  waiting--;
}

// @ts-ignore
@inline function put(block: usize, bit: u32, value: u64, count: u32): u32 {
  const at = block + (bit >>> 3);
  const used = bit & 7;
  const kept = <u64>(<u32>load<u8>(at) & ~(0xff >>> used)) << 56;
  store<u64>(at, bswap<u64>(kept | (value << (64 - used - count))));
  return bit + count;
}

/** `put` for up to 64 bits. */
function putLong(block: usize, bit: u32, value: u64, count: u32): u32 {
  if (count <= 56) return put(block, bit, value, count);
  return put(block, put(block, bit, value >> 32, count - 32), value & 0xffffffff, 32);
}

/** Takes a sample that begins a chunk, is its second, or comes behind one that is to end; `state` lies in memory. */
export function appendRare(slot: usize, time: i64, value: u64): i32 {
  const state = slot + STATE;
  const count = load<u32>(state, 28);
  const last = load<i64>(state);
  // A chunk that went to the outbox leaves its last time behind.
  if (time <= last && (count > 0 || load<u32>(state, 44) != 0)) {
    waiting--;
    return DONE;
  }
  if (count == 0) return begin(state, time, value);
  if (count == 1 && time < load<i64>(state, 32)) {
    appendSecond(state, time, time - last, value);
    return DONE;
  }
  return handOpen(slot, 1) ? begin(state, time, value) : FULL;
}

/** Begins a chunk. */
function begin(state: usize, time: i64, value: u64): i32 {
  const block = takeBlock();
  if (block == 0) return NO_MEMORY;
  store<u16>(block, 0);
  let bit: u32 = 16;
  let rest = (<u64>time << 1) ^ <u64>(time >> 63);
  for (; rest >= 0x80; rest >>= 7) bit = put(block, bit, (rest & 0x7f) | 0x80, 8);
  bit = put(block, bit, rest, 8);
  bit = putLong(block, bit, value, 64);
  store<i64>(state, time);
  store<i64>(state, 0, 8);
  store<u64>(state, value, 16);
  store<u32>(state, bit | (NO_WINDOW << 16), 24);
  store<u32>(state, 1, 28);
  store<i64>(state, (time / rangeMs) * rangeMs + rangeMs, 32);
  store<u32>(state, <u32>block, 40);
  store<u32>(state, <u32>block, 44);
  store<u16>(state, 0, 48);
  return DONE;
}

/** The delta of the second sample is a varint; those that follow find it as the one before theirs. */
function appendSecond(state: usize, time: i64, delta: i64, value: u64): void {
  const block = <usize>load<u32>(state, 40);
  let bit = load<u32>(state, 24) & 0xffff;
  let rest = <u64>delta;
  for (; rest >= 0x80; rest >>= 7) bit = put(block, bit, (rest & 0x7f) | 0x80, 8);
  bit = put(block, bit, rest, 8);
  const xor = value ^ load<u64>(state, 16);
  let leading = NO_WINDOW;
  let trailing: u32 = 0;
  if (xor == 0) {
    bit = put(block, bit, 0, 1);
  } else {
    leading = min<u32>(31, <u32>clz(xor));
    trailing = <u32>ctz(xor);
    bit = put(block, bit, (3 << 11) | (<u64>leading << 6) | <u64>((64 - leading - trailing) & 63), 13);
    bit = putLong(block, bit, xor >> <u64>trailing, 64 - leading - trailing);
  }
  store<i64>(state, time);
  store<i64>(state, delta, 8);
  store<u64>(state, value, 16);
  store<u32>(state, bit | (leading << 16) | (trailing << 24), 24);
  store<u32>(state, 2, 28);
}

/** Sets the end of the chunk that `chunk/cut-rule.ts` predicts. */
export function predict(state: usize, last: i64): void {
  const first = <f64>firstTime(state);
  const cutAt = <f64>load<i64>(state, 32);
  const chunks = Math.floor((cutAt - first) / ((<f64>last - first + 1) * 4));
  if (chunks > 1) store<i64>(state, <i64>(first + (cutAt - first) / chunks), 32);
}

/** The time of the first sample, as it stands in the chunk. */
function firstTime(state: usize): i64 {
  let at = <usize>load<u32>(state, 44) + 2;
  let zigzag: u64 = 0;
  for (let shift: u64 = 0; ; shift += 7) {
    const byte = <u64>load<u8>(at++);
    zigzag |= (byte & 0x7f) << shift;
    if (byte < 0x80) break;
  }
  return <i64>(zigzag >> 1) ^ -(<i64>zigzag & 1);
}

/** A block more for a chunk, `whole` bytes of the present one are full; the bits of a byte that was begun go along. 0: no memory. */
export function nextBlock(state: usize, block: usize, whole: usize): usize {
  const next = takeBlock();
  if (next == 0) return 0;
  store<u8>(next, load<u8>(block + whole));
  store<u8>(block, <u8>whole, BLOCK_USED);
  store<u32>(block, <u32>next, BLOCK_NEXT);
  store<u16>(state, <u16>(<u32>load<u16>(state, 48) + <u32>whole), 48);
  store<u32>(state, <u32>next, 40);
  return next;
}

/** Puts the open chunk of a slot into the outbox; false where that has no room. */
export function handOpen(slot: usize, isFull: u32): bool {
  const state = slot + STATE;
  const count = load<u32>(state, 28);
  if (count == 0) return true;
  if (OUTBOX_END - outbox < CHUNK_ROOM) return false;
  const cursor = load<u32>(state, 24);
  const inBlocks = <u32>load<u16>(state, 48);
  const bits = (inBlocks << 3) + (cursor & 0xffff);
  const size = (bits + 7) >>> 3;
  const last = load<i64>(state);
  store<f64>(outbox, <f64>load<i64>(slot));
  store<f64>(outbox, <f64>firstTime(state), 8);
  store<f64>(outbox, <f64>last, 16);
  store<f64>(outbox, <f64>(last - load<i64>(state, 8)), 24);
  store<u64>(outbox, load<u64>(state, 16), 32);
  store<u32>(outbox, bits | (cursor & 0xffff0000), 40);
  store<u32>(outbox, count, 44);
  store<f64>(outbox, <f64>load<i64>(state, 32), 48);
  store<u32>(outbox, size, 56);
  store<u32>(outbox, isFull, 60);
  let to = outbox + 64;
  outbox = (to + size + 7) & ~7;
  const open = <usize>load<u32>(state, 40);
  const first = load<u32>(state, 44);
  for (let block = <usize>first; ; block = <usize>load<u32>(block, BLOCK_NEXT)) {
    const part = block == open ? size - inBlocks : <u32>load<u8>(block, BLOCK_USED);
    memory.copy(to, block, part);
    to += part;
    if (block == open) break;
  }
  freeBlocks(first, open);
  store<u32>(state, 0, 28);
  waiting -= count;
  return true;
}
