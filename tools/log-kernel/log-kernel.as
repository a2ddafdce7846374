/**
 * What the thread that reads the log ahead does for every byte and every sample, in AssemblyScript: checksums,
 * decompression, and the samples of a log, which come scrape by scrape, into one open XOR chunk for each ref.
 *
 * A slot (64 bytes) for each ref, and the blocks (128 bytes, linked) that its open chunk lies in:
 *
 *     slot    0 last time i64 | 8 last delta i64 | 16 last value u64 | 24 bit in the block u16, leading u8, trailing u8
 *             28 samples u32 | 32 ref f64 | 40 next cut i64 | 48 block u32 | 52 first block u32 | 56 following slot u32
 *             60 bytes in the blocks before u16 | 62 flags u8
 *     block   123 bytes of the chunk | used u8 | next u32
 *
 * A chunk that is full, or asked for, goes to the outbox, from where the host takes it:
 *
 *     chunk   0 ref f64 | 8 first time f64 | 16 last time f64 | 24 time before f64 | 32 last value u64
 *             40 cursor u32 | 44 samples u32 | 48 next cut f64 | 56 bytes u32 | 60 1 = full u32 | bytes, to a multiple of 8
 *
 * Samples of refs that share labels with another ref go to the loose box one by one: ref f64 | time f64 | value u64.
 */

import { keepLabels, LABEL_MEMORY_END, labelHash, readLabels } from './read-labels';
import { snappy } from './snappy';

export { snappy };

const CRC_TABLES: usize = 1024;
const OUTBOX: usize = 32 * 1024;
const OUTBOX_END: usize = OUTBOX + 256 * 1024;
const LOOSE: usize = OUTBOX_END;
const LOOSE_END: usize = LOOSE + 24 * 4096;
const SLOT_PAGES: usize = LOOSE_END;
/** As many as there is room for below `LABEL_MEMORY`. */
const SLOT_PAGES_MAX: u32 = 16 * 1024;
const HEAP: usize = LABEL_MEMORY_END;

const SLOT: usize = 64;
const PAGE_SLOTS: u32 = 1024;
const BLOCK: u32 = 128;
const BLOCK_USED: usize = 123;
const BLOCK_NEXT: usize = 124;
/** A sample takes at most 20 bytes, of which some are begun, and is stored eight bytes at once. */
const BLOCK_BITS: u32 = (123 - 29) * 8;
/** A chunk in the outbox at most. */
const CHUNK_ROOM: usize = 64 + 1040;

const KNOWN: u8 = 1;
const IS_LOOSE: u8 = 2;

const DONE: i32 = 0;
const FULL: i32 = 1;
const MALFORMED: i32 = -1;
const UNUSUAL: i32 = -2;
const NO_MEMORY: i32 = -3;

const SAMPLES_PREDICT: u32 = 30;
const SAMPLES_MAX: u32 = 240;
const BYTES_CUT: u32 = 1005;
const NO_WINDOW: u32 = 0xff;
const SAFE: i64 = 9007199254740991;

let rangeMs: i64 = 0;
let heap: usize = HEAP;
let freeBlock: u32 = 0;
let slots: u32 = 0;
/** Open addressing by ref: addresses of slots. */
let refTable: usize = 0;
let refMask: u32 = 0;
/** Open addressing by the hash of labels: hash u64 | slot u32 | 0. */
let labelTable: usize = 0;
let labelMask: u32 = 0;
let labelSets: u32 = 0;
/** The slot of the last sample. */
let before: usize = 0;

export let at: usize = 0;
let end: usize = 0;
let refBase: i64 = 0;
let timeBase: i64 = 0;
export let outbox: usize = OUTBOX;
export let loose: usize = LOOSE;
/** Samples in open chunks. */
export let waiting: u32 = 0;
export let skipped: u32 = 0;
export let leftOut: u32 = 0;
export let samplesTaken: u32 = 0;

export function init(range: f64): void {
  rangeMs = <i64>range;
  for (let byte: u32 = 0; byte < 256; byte++) {
    let value = byte;
    for (let bit = 0; bit < 8; bit++) value = (value >>> 1) ^ ((value & 1) != 0 ? 0x82f63b78 : 0);
    store<u32>(CRC_TABLES + (byte << 2), value);
  }
  for (let i: u32 = 256; i < 4096; i++) {
    const shorter = load<u32>(CRC_TABLES + ((i - 256) << 2));
    store<u32>(CRC_TABLES + (i << 2), (shorter >>> 8) ^ load<u32>(CRC_TABLES + ((shorter & 0xff) << 2)));
  }
}

/** Memory of so many bytes, a multiple of 64, zeros; 0 where there is none left. */
export function allocate(bytes: usize): usize {
  const start = heap;
  if (start + bytes > <usize>memory.size() << 16) return 0;
  heap = start + bytes;
  return start;
}

// ---- checksum ----

// @ts-ignore
@inline function table(which: u32, byte: u32): u32 {
  return load<u32>(CRC_TABLES + (which << 10) + (byte << 2));
}

export function crc32c(from: usize, to: usize): u32 {
  let crc: u32 = 0xffffffff;
  let at = from;
  for (; at + 16 <= to; at += 16) {
    const a = load<u64>(at) ^ <u64>crc;
    const b = load<u64>(at, 8);
    crc =
      table(15, <u32>(a & 0xff)) ^
      table(14, <u32>((a >> 8) & 0xff)) ^
      table(13, <u32>((a >> 16) & 0xff)) ^
      table(12, <u32>((a >> 24) & 0xff)) ^
      table(11, <u32>((a >> 32) & 0xff)) ^
      table(10, <u32>((a >> 40) & 0xff)) ^
      table(9, <u32>((a >> 48) & 0xff)) ^
      table(8, <u32>(a >> 56)) ^
      table(7, <u32>(b & 0xff)) ^
      table(6, <u32>((b >> 8) & 0xff)) ^
      table(5, <u32>((b >> 16) & 0xff)) ^
      table(4, <u32>((b >> 24) & 0xff)) ^
      table(3, <u32>((b >> 32) & 0xff)) ^
      table(2, <u32>((b >> 40) & 0xff)) ^
      table(1, <u32>((b >> 48) & 0xff)) ^
      table(0, <u32>(b >> 56));
  }
  for (; at < to; at++) crc = (crc >>> 8) ^ table(0, (crc ^ load<u8>(at)) & 0xff);
  return ~crc;
}

// ---- slots ----

// @ts-ignore
@inline function refHash(ref: i64): u32 {
  const mixed = <u64>ref * 0x9e3779b97f4a7c15;
  return <u32>(mixed >> 32);
}

/** The slot of a ref, made where there is none; 0 where there is no memory. */
function slotOf(ref: i64): usize {
  if ((refTable == 0 || slots << 1 > refMask) && !growRefs()) return 0;
  let place = refHash(ref) & refMask;
  while (true) {
    const slot = <usize>load<u32>(refTable + (place << 2));
    if (slot == 0) break;
    if (<i64>load<f64>(slot, 32) == ref) return slot;
    place = (place + 1) & refMask;
  }
  const page = slots / PAGE_SLOTS;
  if (slots % PAGE_SLOTS == 0) {
    if (page == SLOT_PAGES_MAX) return 0;
    const first = allocate(SLOT * PAGE_SLOTS);
    if (first == 0) return 0;
    store<u32>(SLOT_PAGES + (page << 2), <u32>first);
  }
  const slot = slotAt(slots++);
  store<f64>(slot, <f64>ref, 32);
  store<u32>(refTable + (place << 2), <u32>slot);
  return slot;
}

// @ts-ignore
@inline function slotAt(index: u32): usize {
  return <usize>load<u32>(SLOT_PAGES + ((index / PAGE_SLOTS) << 2)) + SLOT * (index % PAGE_SLOTS);
}

function growRefs(): bool {
  const size: u32 = refTable == 0 ? 4096 : 4 * (refMask + 1);
  const grown = allocate(<usize>size << 2);
  if (grown == 0) return false;
  refTable = grown;
  refMask = size - 1;
  for (let i: u32 = 0; i < slots; i++) {
    const slot = slotAt(i);
    let place = refHash(<i64>load<f64>(slot, 32)) & refMask;
    while (load<u32>(refTable + (place << 2)) != 0) place = (place + 1) & refMask;
    store<u32>(refTable + (place << 2), <u32>slot);
  }
  return true;
}

// ---- samples ----

/** Skips a varint of at most five bytes; 0 where it is longer or the record ends. */
// @ts-ignore
@inline function varintEnd(from: usize, stop: usize): usize {
  let at = from;
  while (true) {
    if (at >= stop || at == from + 5) return 0;
    if (load<u8>(at++) < 0x80) return at;
  }
}

/**
 * Takes the samples of a record, type byte included: `UNUSUAL`, and nothing was taken, where it is not as nearly all are;
 * `FULL` where `resume` has to follow once the boxes are empty.
 */
export function samples(start: usize, stop: usize): i32 {
  if (stop - start == 1) return DONE;
  if (stop - start < 17) return UNUSUAL;
  refBase = <i64>bswap<u64>(load<u64>(start, 1));
  timeBase = <i64>bswap<u64>(load<u64>(start, 9));
  if (refBase < 0 || refBase > SAFE / 2 || timeBase < -SAFE / 2 || timeBase > SAFE / 2) return UNUSUAL;
  for (let check = start + 17; check < stop; check += 8) {
    check = varintEnd(check, stop);
    if (check == 0) return UNUSUAL;
    check = varintEnd(check, stop);
    if (check == 0 || stop - check < 8) return UNUSUAL;
  }
  at = start + 17;
  end = stop;
  return resume();
}

export function resume(): i32 {
  let slot = before;
  let from = at;
  while (from < end) {
    const first = from;
    let byte = <u64>load<u8>(from++);
    let zigzag = byte & 0x7f;
    for (let shift: u64 = 7; byte >= 0x80; shift += 7) {
      byte = <u64>load<u8>(from++);
      zigzag |= (byte & 0x7f) << shift;
    }
    const ref = refBase + (<i64>(zigzag >> 1) ^ -(<i64>zigzag & 1));
    byte = <u64>load<u8>(from++);
    zigzag = byte & 0x7f;
    for (let shift: u64 = 7; byte >= 0x80; shift += 7) {
      byte = <u64>load<u8>(from++);
      zigzag |= (byte & 0x7f) << shift;
    }
    const time = timeBase + (<i64>(zigzag >> 1) ^ -(<i64>zigzag & 1));
    const value = bswap<u64>(load<u64>(from));
    from += 8;
    if (ref <= 0) {
      leftOut++;
      continue;
    }
    const last = slot;
    if (slot != 0) slot = <usize>load<u32>(slot, 56);
    if (slot == 0 || <i64>load<f64>(slot, 32) != ref) {
      slot = slotOf(ref);
      if (slot == 0) return NO_MEMORY;
      if (last != 0) store<u32>(last, <u32>slot, 56);
    }
    const status = append(slot, time, value);
    if (status != DONE) {
      before = last;
      at = first;
      return status;
    }
    samplesTaken++;
  }
  before = slot;
  return DONE;
}

/** One sample of a record that is `UNUSUAL`; the ref and time are usable. */
export function add(ref: f64, time: f64, low: u32, high: u32): i32 {
  const slot = slotOf(<i64>ref);
  if (slot == 0) return NO_MEMORY;
  const status = append(slot, <i64>time, ((<u64>high) << 32) | <u64>low);
  if (status == DONE) samplesTaken++;
  return status;
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

function append(slot: usize, time: i64, value: u64): i32 {
  const count = load<u32>(slot, 28);
  if (count < 2 || count == SAMPLES_PREDICT) return appendRare(slot, time, value);
  const last = load<i64>(slot);
  if (time <= last) {
    skipped++;
    return DONE;
  }
  const cursor = load<u32>(slot, 24);
  let bit = cursor & 0xffff;
  const used = <u32>load<u16>(slot, 60) + ((bit + 7) >>> 3);
  if (time >= load<i64>(slot, 40) || count >= SAMPLES_MAX || used > BYTES_CUT) return cut(slot, time, value);
  return appendNext(slot, time, last, value, count, cursor, bit);
}

// @ts-ignore
@inline function appendNext(slot: usize, time: i64, last: i64, value: u64, count: u32, cursor: u32, firstBit: u32): i32 {
  let bit = firstBit;
  let leading = (cursor >>> 16) & 0xff;
  let trailing = cursor >>> 24;
  let block = <usize>load<u32>(slot, 48);
  if (bit > BLOCK_BITS) {
    block = nextBlock(slot, block, bit);
    if (block == 0) return NO_MEMORY;
    bit &= 7;
  }
  const delta = time - last;
  const dod = delta - load<i64>(slot, 8);
  let prefix: u64 = 0;
  let size: u32 = 1;
  if (dod != 0) {
    if (dod >= -8191 && dod <= 8192) {
      prefix = 0x8000 | (<u64>dod & 0x3fff);
      size = 16;
    } else if (dod >= -65535 && dod <= 65536) {
      prefix = 0xc0000 | (<u64>dod & 0x1ffff);
      size = 20;
    } else if (dod >= -524287 && dod <= 524288) {
      prefix = 0xe00000 | (<u64>dod & 0xfffff);
      size = 24;
    } else {
      bit = put(block, bit, 15, 4);
      bit = putLong(block, bit, <u64>dod, 64);
      size = 0;
    }
  }
  const xor = value ^ load<u64>(slot, 16);
  if (xor == 0) {
    bit = put(block, bit, prefix << 1, size + 1);
  } else {
    const zerosBefore = min<u32>(31, <u32>clz(xor));
    const zerosAfter = <u32>ctz(xor);
    if (zerosBefore >= leading && zerosAfter >= trailing) {
      prefix = (prefix << 2) | 2;
      size += 2;
    } else {
      leading = zerosBefore;
      trailing = zerosAfter;
      prefix = (prefix << 13) | (3 << 11) | (<u64>leading << 6) | <u64>((64 - leading - trailing) & 63);
      size += 13;
    }
    const length = 64 - leading - trailing;
    const bits = xor >> <u64>trailing;
    if (size + length <= 56) {
      bit = put(block, bit, (prefix << <u64>length) | bits, size + length);
    } else {
      bit = put(block, bit, prefix, size);
      bit = putLong(block, bit, bits, length);
    }
  }
  store<i64>(slot, time);
  store<i64>(slot, delta, 8);
  store<u64>(slot, value, 16);
  store<u32>(slot, bit | (leading << 16) | (trailing << 24), 24);
  store<u32>(slot, count + 1, 28);
  waiting++;
  return DONE;
}

/** What is not in the middle of a chunk. */
function appendRare(slot: usize, time: i64, value: u64): i32 {
  const count = load<u32>(slot, 28);
  if ((load<u8>(slot, 62) & IS_LOOSE) != 0) {
    if (loose == LOOSE_END) return FULL;
    store<f64>(loose, load<f64>(slot, 32));
    store<f64>(loose, <f64>time, 8);
    store<u64>(loose, value, 16);
    loose += 24;
    return DONE;
  }
  const last = load<i64>(slot);
  if (count == 0) {
    // A chunk that went to the outbox leaves its last time behind.
    if (load<u32>(slot, 52) != 0 && time <= last) {
      skipped++;
      return DONE;
    }
    return begin(slot, time, value);
  }
  if (time <= last) {
    skipped++;
    return DONE;
  }
  if (count == SAMPLES_PREDICT) {
    predict(slot, last);
    const bit = load<u32>(slot, 24) & 0xffff;
    const used = <u32>load<u16>(slot, 60) + ((bit + 7) >>> 3);
    if (time >= load<i64>(slot, 40) || used > BYTES_CUT) return cut(slot, time, value);
    return appendNext(slot, time, last, value, count, load<u32>(slot, 24), bit);
  }
  if (time >= load<i64>(slot, 40)) return cut(slot, time, value);
  // The second: its delta as a varint, which `appendNext` then finds as the one before.
  const block = <usize>load<u32>(slot, 48);
  let bit = load<u32>(slot, 24) & 0xffff;
  const delta = time - last;
  let rest = <u64>delta;
  for (; rest >= 0x80; rest >>= 7) bit = put(block, bit, (rest & 0x7f) | 0x80, 8);
  bit = put(block, bit, rest, 8);
  const xor = value ^ load<u64>(slot, 16);
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
  store<i64>(slot, time);
  store<i64>(slot, delta, 8);
  store<u64>(slot, value, 16);
  store<u32>(slot, bit | (leading << 16) | (trailing << 24), 24);
  store<u32>(slot, 2, 28);
  waiting++;
  return DONE;
}

/** Begins a chunk. */
function begin(slot: usize, time: i64, value: u64): i32 {
  const block = takeBlock();
  if (block == 0) return NO_MEMORY;
  store<u16>(block, 0);
  let bit: u32 = 16;
  let rest = (<u64>time << 1) ^ <u64>(time >> 63);
  for (; rest >= 0x80; rest >>= 7) bit = put(block, bit, (rest & 0x7f) | 0x80, 8);
  bit = put(block, bit, rest, 8);
  bit = putLong(block, bit, value, 64);
  store<i64>(slot, time);
  store<i64>(slot, 0, 8);
  store<u64>(slot, value, 16);
  store<u32>(slot, bit | (NO_WINDOW << 16), 24);
  store<u32>(slot, 1, 28);
  store<i64>(slot, (time / rangeMs) * rangeMs + rangeMs, 40);
  store<u32>(slot, <u32>block, 48);
  store<u32>(slot, <u32>block, 52);
  store<u16>(slot, 0, 60);
  waiting++;
  return DONE;
}

/** The end of the chunk that `chunk/cut-rule.ts` predicts. */
function predict(slot: usize, last: i64): void {
  const first = <f64>firstTime(slot);
  const cutAt = <f64>load<i64>(slot, 40);
  const chunks = Math.floor((cutAt - first) / ((<f64>last - first + 1) * 4));
  if (chunks > 1) store<i64>(slot, <i64>(first + (cutAt - first) / chunks), 40);
}

/** The time of the first sample, as it stands in the chunk. */
function firstTime(slot: usize): i64 {
  let at = <usize>load<u32>(slot, 52) + 2;
  let zigzag: u64 = 0;
  for (let shift: u64 = 0; ; shift += 7) {
    const byte = <u64>load<u8>(at++);
    zigzag |= (byte & 0x7f) << shift;
    if (byte < 0x80) break;
  }
  return <i64>(zigzag >> 1) ^ -(<i64>zigzag & 1);
}

function cut(slot: usize, time: i64, value: u64): i32 {
  if (!hand(slot, 1)) return FULL;
  return begin(slot, time, value);
}

function takeBlock(): usize {
  if (freeBlock != 0) {
    const block = <usize>freeBlock;
    freeBlock = load<u32>(block, BLOCK_NEXT);
    return block;
  }
  return allocate(BLOCK);
}

/** A block more for a chunk; the bits of a byte that was begun go along. */
function nextBlock(slot: usize, block: usize, bit: u32): usize {
  const next = takeBlock();
  if (next == 0) return 0;
  const whole = bit >>> 3;
  store<u8>(next, load<u8>(block + whole));
  store<u8>(block, <u8>whole, BLOCK_USED);
  store<u32>(block, <u32>next, BLOCK_NEXT);
  store<u16>(slot, <u16>(<u32>load<u16>(slot, 60) + whole), 60);
  store<u32>(slot, <u32>next, 48);
  return next;
}

/** Puts the open chunk of a slot into the outbox; false where that has no room. */
function hand(slot: usize, isFull: u32): bool {
  const count = load<u32>(slot, 28);
  if (count == 0) return true;
  if (OUTBOX_END - outbox < CHUNK_ROOM) return false;
  const cursor = load<u32>(slot, 24);
  const inBlocks = <u32>load<u16>(slot, 60);
  const bits = (inBlocks << 3) + (cursor & 0xffff);
  const size = (bits + 7) >>> 3;
  const last = load<i64>(slot);
  store<f64>(outbox, load<f64>(slot, 32));
  store<f64>(outbox, <f64>firstTime(slot), 8);
  store<f64>(outbox, <f64>last, 16);
  store<f64>(outbox, <f64>(last - load<i64>(slot, 8)), 24);
  store<u64>(outbox, load<u64>(slot, 16), 32);
  store<u32>(outbox, bits | (cursor & 0xffff0000), 40);
  store<u32>(outbox, count, 44);
  store<f64>(outbox, <f64>load<i64>(slot, 40), 48);
  store<u32>(outbox, size, 56);
  store<u32>(outbox, isFull, 60);
  let to = outbox + 64;
  outbox = (to + size + 7) & ~7;
  const open = <usize>load<u32>(slot, 48);
  const first = load<u32>(slot, 52);
  for (let block = <usize>first; ; block = <usize>load<u32>(block, BLOCK_NEXT)) {
    const part = block == open ? size - inBlocks : <u32>load<u8>(block, BLOCK_USED);
    memory.copy(to, block, part);
    to += part;
    if (block == open) break;
  }
  store<u32>(open, freeBlock, BLOCK_NEXT);
  freeBlock = first;
  store<u32>(slot, 0, 28);
  waiting -= count;
  return true;
}

let nextHanded: u32 = 0;

/** Puts all open chunks into the outbox; `FULL` where it is to be called again once that is empty. */
export function handAll(): i32 {
  if (waiting > 0) {
    for (; nextHanded < slots; nextHanded++) if (!hand(slotAt(nextHanded), 0)) return FULL;
  }
  nextHanded = 0;
  return DONE;
}

/** Puts the open chunk of one ref into the outbox. */
export function handOne(ref: f64): i32 {
  if (waiting == 0) return DONE;
  const slot = slotOf(<i64>ref);
  if (slot == 0) return NO_MEMORY;
  return hand(slot, 0) ? DONE : FULL;
}

// ---- series ----

/** No ref has a series any more, as far as is known here. */
export function forgetSeries(): void {
  for (let i: u32 = 0; i < slots; i++) {
    const slot = slotAt(i);
    store<u8>(slot, load<u8>(slot, 62) & ~KNOWN, 62);
  }
}

/**
 * Looks at a record of series, type byte included: samples that the log has before it leave first where they are of a
 * ref that had no series, or of one whose labels another ref has, too. `FULL`: `resumeSeries` has to follow. `MALFORMED`:
 * the record is not as it should be; what stands before that was taken note of.
 */
export function series(start: usize, stop: usize): i32 {
  at = start + 1;
  end = stop;
  return resumeSeries();
}

export function resumeSeries(): i32 {
  while (at < end) {
    if (end - at <= 8) return MALFORMED;
    const ref = <i64>bswap<u64>(load<u64>(at));
    const labels = at + 8;
    const labelsEnd = readLabels(labels, end);
    if (labelsEnd == 0) return MALFORMED;
    if (ref > 0 && ref <= SAFE) {
      const status = notice(ref);
      if (status != DONE) return status;
    }
    at = labelsEnd;
  }
  keepLabels();
  return DONE;
}

/** Takes note of a ref, of the labels that were read last. */
function notice(ref: i64): i32 {
  const slot = slotOf(ref);
  if (slot == 0) return NO_MEMORY;
  const flags = load<u8>(slot, 62);
  if ((flags & KNOWN) != 0) return DONE;
  // Samples before their series are nobody's.
  if (!hand(slot, 0)) return FULL;
  store<u32>(slot, 0, 52);
  const other = slotOfLabels(labelHash, slot);
  if (other == 0) return NO_MEMORY;
  if (other != slot) {
    if (!hand(other, 0)) return FULL;
    store<u8>(other, load<u8>(other, 62) | IS_LOOSE, 62);
    store<u8>(slot, flags | KNOWN | IS_LOOSE, 62);
    return DONE;
  }
  store<u8>(slot, flags | KNOWN, 62);
  // Samples most likely come in the order in which their series came.
  if (before != 0 && load<u32>(before, 56) == 0) store<u32>(before, <u32>slot, 56);
  before = slot;
  return DONE;
}

/** The slot that had labels of this hash first; it is this one from now on where there was none. 0: no memory. */
function slotOfLabels(hash: u64, slot: usize): usize {
  if ((labelTable == 0 || labelSets << 1 > labelMask) && !growLabels()) return 0;
  let place = <u32>hash & labelMask;
  while (true) {
    const entry = labelTable + (place << 4);
    const known = load<u32>(entry, 8);
    if (known == 0) {
      store<u64>(entry, hash);
      store<u32>(entry, <u32>slot, 8);
      labelSets++;
      return slot;
    }
    if (load<u64>(entry) == hash) return <usize>known;
    place = (place + 1) & labelMask;
  }
}

function growLabels(): bool {
  const oldTable = labelTable;
  const oldSize: u32 = oldTable == 0 ? 0 : labelMask + 1;
  const size: u32 = oldTable == 0 ? 4096 : 4 * oldSize;
  const grown = allocate(<usize>size << 4);
  if (grown == 0) return false;
  labelTable = grown;
  labelMask = size - 1;
  for (let i: u32 = 0; i < oldSize; i++) {
    const entry = oldTable + (i << 4);
    const slot = load<u32>(entry, 8);
    if (slot == 0) continue;
    const hash = load<u64>(entry);
    let place = <u32>hash & labelMask;
    while (load<u32>(labelTable + (place << 4), 8) != 0) place = (place + 1) & labelMask;
    store<u64>(labelTable + (place << 4), hash);
    store<u32>(labelTable + (place << 4), slot, 8);
  }
  return true;
}
