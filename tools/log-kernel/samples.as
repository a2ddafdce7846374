/** Records of samples, which come scrape by scrape: each sample waits in the slot of its ref until there are some. */

import {
  DONE,
  ENTRIES,
  ENTRY,
  FULL,
  LOOSE,
  LOOSE_END,
  LOOSE_REF,
  NO_MEMORY,
  SAFE,
  SAMPLES_WAITING,
  UNUSUAL,
} from './layout';
import { countWaiting, skip } from './open-chunk';
import { encodeWaiting } from './encode';
import { slotOf } from './slots';

/** The slot of the last sample. */
export let before: usize = 0;
export let loose: usize = LOOSE;
export let leftOut: u32 = 0;
export let samplesTaken: u32 = 0;

let at: usize = 0;
let end: usize = 0;
let refBase: i64 = 0;
let timeBase: i64 = 0;

/** The samples of `slot` will most likely follow those of the one that came before. */
export function expectNext(slot: usize): void {
  if (before != 0 && load<u32>(before, 8) == 0) store<u32>(before, <u32>slot, 8);
  before = slot;
}

/** Skips a varint of at most five bytes; 0 where it is longer or the record ends. */
// @ts-ignore
@inline function varintEnd(from: usize, stop: usize): usize {
  let at = from;
  while (true) {
    if (at >= stop || at == from + 5) return 0;
    if (load<u8>(at++) < 0x80) return at;
  }
}

// @ts-ignore
@inline function signed(zigzag: u64): i64 {
  return <i64>(zigzag >> 1) ^ -(<i64>zigzag & 1);
}

/** True for a record of samples, type byte included, that is as nearly all are. */
export function isUsual(start: usize, stop: usize): bool {
  if (stop - start < 17) return false;
  const ref = <i64>bswap<u64>(load<u64>(start, 1));
  const time = <i64>bswap<u64>(load<u64>(start, 9));
  if (ref < 0 || ref > SAFE / 2 || time < -SAFE / 2 || time > SAFE / 2) return false;
  for (let check = start + 17; check < stop; ) {
    const head = load<u32>(check);
    if ((head & 0x808080) == 0x80) check += 3;
    else if ((head & 0x8080) == 0) check += 2;
    else {
      check = varintEnd(check, stop);
      if (check == 0) return false;
      check = varintEnd(check, stop);
      if (check == 0) return false;
    }
    check += 8;
    if (check > stop) return false;
  }
  return true;
}

/**
 * Takes the samples of a record, type byte included: `UNUSUAL`, and nothing was taken, where it is not as nearly all are;
 * `FULL` where `resume` has to follow once the boxes are empty.
 */
export function samples(start: usize, stop: usize): i32 {
  if (stop - start == 1) return DONE;
  return isUsual(start, stop) ? takeUsual(start, stop) : UNUSUAL;
}

/** How many of a list `usualSamples` has taken, or begun to take. */
export let recordsTaken: u32 = 0;

/**
 * Takes the records that a list (`pieces.as`) begins with, at most `count`, up to one that is not of samples as nearly all are.
 * As `samples`.
 */
export function usualSamples(list: usize, count: u32): i32 {
  for (recordsTaken = 0; recordsTaken < count; ) {
    const record = list + (<usize>recordsTaken << 5);
    if (load<u32>(record, 28) == 0) break;
    const start = <usize>load<u32>(record, 16);
    recordsTaken++;
    const status = takeUsual(start, start + <usize>load<u32>(record, 20));
    if (status != DONE) return status;
  }
  return DONE;
}

function takeUsual(start: usize, stop: usize): i32 {
  refBase = <i64>bswap<u64>(load<u64>(start, 1));
  timeBase = <i64>bswap<u64>(load<u64>(start, 9));
  at = start + 17;
  end = stop;
  return resume();
}

export function resume(): i32 {
  const stop = end;
  let slot = before;
  let from = at;
  let status = DONE;
  let taken: u32 = 0;
  while (from < stop) {
    const first = from;
    const head = <u64>load<u32>(from);
    let refDelta: u64;
    let timeDelta: u64;
    if ((head & 0x808080) == 0x80) {
      refDelta = (head & 0x7f) | ((head >> 1) & 0x3f80);
      timeDelta = head >> 16 & 0x7f;
      from += 3;
    } else if ((head & 0x8080) == 0) {
      refDelta = head & 0x7f;
      timeDelta = head >> 8 & 0x7f;
      from += 2;
    } else {
      let byte = <u64>load<u8>(from++);
      refDelta = byte & 0x7f;
      for (let shift: u64 = 7; byte >= 0x80; shift += 7) {
        byte = <u64>load<u8>(from++);
        refDelta |= (byte & 0x7f) << shift;
      }
      byte = <u64>load<u8>(from++);
      timeDelta = byte & 0x7f;
      for (let shift: u64 = 7; byte >= 0x80; shift += 7) {
        byte = <u64>load<u8>(from++);
        timeDelta |= (byte & 0x7f) << shift;
      }
    }
    const ref = refBase + signed(refDelta);
    const time = timeBase + signed(timeDelta);
    const value = load<u64>(from);
    from += 8;
    if (ref <= 0) {
      leftOut++;
      continue;
    }
    const last = slot;
    slot = <usize>load<u32>(slot, 8);
    if (load<i64>(slot) != ref) {
      slot = slotOf(ref);
      if (slot == 0) status = NO_MEMORY;
      else if (last != 0) store<u32>(last, <u32>slot, 8);
    }
    if (status == DONE) status = take(slot, time, value);
    if (status != DONE) {
      slot = last;
      from = first;
      break;
    }
    taken++;
  }
  before = slot;
  at = from;
  samplesTaken += taken;
  countWaiting(taken);
  return status;
}

/** Lets a sample wait in its slot; its value is as the log has it. */
// @ts-ignore
@inline function take(slot: usize, time: i64, value: u64): i32 {
  let place = load<u32>(slot, 12);
  if (place >= SAMPLES_WAITING) {
    if (place == LOOSE_REF) return putLoose(load<i64>(slot), time, value);
    const status = encodeWaiting(slot);
    if (status != DONE) return status;
    place = 0;
  }
  const entry = slot + ENTRIES + ENTRY * <usize>place;
  store<i64>(entry, time);
  store<u64>(entry, value, 8);
  store<u32>(slot, place + 1, 12);
  return DONE;
}

/** One sample of a record that is `UNUSUAL`; the ref and time are usable. */
export function add(ref: f64, time: f64, low: u32, high: u32): i32 {
  const slot = slotOf(<i64>ref);
  if (slot == 0) return NO_MEMORY;
  const value = bswap<u64>(((<u64>high) << 32) | <u64>low);
  const status = take(slot, <i64>time, value);
  if (status != DONE) return status;
  samplesTaken++;
  countWaiting(1);
  return DONE;
}

function putLoose(ref: i64, time: i64, value: u64): i32 {
  if (loose == LOOSE_END) return FULL;
  store<f64>(loose, <f64>ref);
  store<f64>(loose, <f64>time, 8);
  store<u64>(loose, bswap<u64>(value), 16);
  loose += 24;
  // It does not wait.
  skip();
  return DONE;
}
