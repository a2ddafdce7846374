/** Chunks that leave before they are full. */

import { encodeWaiting } from './encode';
import { DONE, FULL, NO_MEMORY } from './layout';
import { forgetShort, isShort } from './memory';
import { handOpen, waiting } from './open-chunk';
import { slotAt, slotOf, slots } from './slots';

let nextHanded: u32 = 0;

/** Puts all samples of a slot into the outbox. */
export function hand(slot: usize): i32 {
  const status = encodeWaiting(slot);
  if (status != DONE) return status;
  return handOpen(slot, 0) ? DONE : FULL;
}

/**
 * Puts all samples that wait into the outbox; `FULL` where it is to be called again once that is empty. Where blocks are short, open
 * chunks leave first: after that there are enough for the samples of any slot.
 */
export function handAll(): i32 {
  if (waiting > 0) {
    for (; isShort && nextHanded < slots; nextHanded++) if (!handOpen(slotAt(nextHanded), 0)) return FULL;
    if (isShort) nextHanded = 0;
    forgetShort();
    for (; nextHanded < slots; nextHanded++) if (hand(slotAt(nextHanded)) != DONE) return FULL;
  }
  nextHanded = 0;
  return DONE;
}

/** Puts the samples of one ref into the outbox. */
export function handOne(ref: f64): i32 {
  if (waiting == 0) return DONE;
  const slot = slotOf(<i64>ref);
  return slot == 0 ? NO_MEMORY : hand(slot);
}
