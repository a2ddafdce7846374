import { PAGE_SLOTS, SLOT, SLOT_PAGES, SLOT_PAGES_MAX } from './layout';
import { allocate } from './memory';

/** How many there are. */
export let slots: u32 = 0;
/** Open addressing by ref: addresses of slots. */
let refTable: usize = 0;
let refMask: u32 = 0;

// @ts-ignore
@inline function refHash(ref: i64): u32 {
  const mixed = <u64>ref * 0x9e3779b97f4a7c15;
  return <u32>(mixed >> 32);
}

/** The slot of a ref, made where there is none; 0 where there is no memory. */
export function slotOf(ref: i64): usize {
  if ((refTable == 0 || slots << 1 > refMask) && !growRefs()) return 0;
  let place = refHash(ref) & refMask;
  while (true) {
    const slot = <usize>load<u32>(refTable + (place << 2));
    if (slot == 0) break;
    if (load<i64>(slot) == ref) return slot;
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
  store<i64>(slot, ref);
  store<u32>(refTable + (place << 2), <u32>slot);
  return slot;
}

// @ts-ignore
@inline export function slotAt(index: u32): usize {
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
    let place = refHash(load<i64>(slot)) & refMask;
    while (load<u32>(refTable + (place << 2)) != 0) place = (place + 1) & refMask;
    store<u32>(refTable + (place << 2), <u32>slot);
  }
  return true;
}
