/** Which refs have a series, and which of them share labels: of these no chunks are made, since their samples have one order. */

import { DONE, LOOSE_REF, MALFORMED, NO_MEMORY, SAFE, STATE } from './layout';
import { hand } from './hand-out';
import { allocate } from './memory';
import { keepLabels, labelHash, readLabels } from './read-labels';
import { expectNext } from './samples';
import { slotAt, slotOf, slots } from './slots';

/** Open addressing by the hash of labels: hash u64 | slot u32 | 0. */
let labelTable: usize = 0;
let labelMask: u32 = 0;
let labelSets: u32 = 0;

let at: usize = 0;
let end: usize = 0;

/** No ref has a series any more, as far as is known here. */
export function forgetSeries(): void {
  for (let i: u32 = 0; i < slots; i++) store<u8>(slotAt(i) + STATE, 0, 50);
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
  if (load<u8>(slot + STATE, 50) != 0) return DONE;
  // Samples before their series are nobody's.
  let status = hand(slot);
  if (status != DONE) return status;
  store<u32>(slot + STATE, 0, 44);
  const other = slotOfLabels(labelHash, slot);
  if (other == 0) return NO_MEMORY;
  if (other != slot) {
    status = hand(other);
    if (status != DONE) return status;
    store<u32>(other, LOOSE_REF, 12);
    store<u32>(slot, LOOSE_REF, 12);
  }
  store<u8>(slot + STATE, 1, 50);
  if (other == slot) expectNext(slot);
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
