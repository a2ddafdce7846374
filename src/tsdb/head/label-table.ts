import { sortRuns } from '../../kernels/sort-runs.ts';
import { HashSegments, hashSegment } from '../../memory/hash-segments.ts';
import { RowLists } from './row-lists.ts';

/** Four words a slot: name id, value id, count with the dirty bit, and the only row or the position of the list. */
const SLOT_WORDS = 4;
const NAME = 0;
const VALUE = 1;
const COUNT = 2;
const PLACE = 3;
/** A list whose last row came out of order; it is sorted when it is read next. */
const DIRTY = 0x80000000;
/** Rows of the list are about to be removed. */
const MARKED = 0x40000000;
const COUNT_MASK = 0x3fffffff;

/**
 * Lists of numbers by a pair of ids, (name, value): open addressing to the only entry, or to a list in pooled memory.
 *
 * A slot is known by its place in the segment that the last look-up was in; it moves when entries come or go.
 *
 * Invariants:
 * - A slot with count 0 is empty. A count of 1 stands for an entry in the slot itself.
 * - A list rises strictly, or has the dirty bit set: an entry that is used again is only appended.
 */
export class LabelTable {
  readonly #lists = new RowLists();
  readonly #segments = new HashSegments(SLOT_WORDS * 16);
  #slots: Uint32Array = this.#segments.slots[0]!;
  readonly #one = new Uint32Array(1);
  /** The segment that the last look-up was in, to which slots of the moment belong. */
  segment = 0;
  /** The slot that something was appended to last. */
  slot = 0;

  /** Pairs that have a list. */
  get pairCount(): number {
    return this.#segments.entries;
  }

  /** Bytes of the slots and the lists. */
  get bytes(): number {
    return this.#segments.bytes + this.#lists.bytes;
  }

  /** Appends to the list of a pair; returns its new count. `rises`: the entry is known to be above all of its list. */
  append(name: number, value: number, entry: number, rises: boolean): number {
    const hash = hashOf(name, value);
    const slots = this.#choose(hash);
    let slot = (SLOT_WORDS * hash) & (slots.length - 1);
    for (;;) {
      const word = slots[slot + COUNT]!;
      if (word === 0) break;
      if (slots[slot + NAME] === name && slots[slot + VALUE] === value) {
        const count = word & COUNT_MASK;
        const place = slots[slot + PLACE]!;
        // The end of the list is only written then: nobody waits for it to come from memory.
        const isBefore = !rises && entry < (count === 1 ? place : this.#lists.last(place, count));
        slots[slot + PLACE] = count === 1 ? this.#lists.create(place, entry) : this.#lists.append(place, count, entry);
        slots[slot + COUNT] = ((count + 1) | (word & ~COUNT_MASK) | (isBefore ? DIRTY : 0)) >>> 0;
        this.slot = slot;
        return count + 1;
      }
      slot = (slot + SLOT_WORDS) & (slots.length - 1);
    }
    slots[slot + NAME] = name;
    slots[slot + VALUE] = value;
    slots[slot + COUNT] = 1;
    slots[slot + PLACE] = entry;
    this.slot = slot;
    const segment = this.segment;
    const used = this.#segments.added(segment);
    if (4 * used * SLOT_WORDS > 3 * slots.length) this.#segments.slots[segment] = grownSlots(slots);
    return 1;
  }

  /**
   * Appends `entries[from..to-1]` to the list of a pair that has one. It most likely stands in `slot` of `segment`; where it does
   * stand is in the fields of these names afterwards. `rises`: each entry is known to be above those before it and all of the list.
   */
  appendRun(
    name: number,
    value: number,
    segment: number,
    slot: number,
    entries: Uint32Array,
    from: number,
    to: number,
    rises: boolean,
  ): void {
    let slots = this.#segments.slots[segment]!;
    this.#slots = slots;
    this.segment = segment;
    this.slot = slot;
    if (slots[slot + NAME] !== name || slots[slot + VALUE] !== value || slots[slot + COUNT] === 0) {
      this.slot = this.find(name, value);
      slots = this.#slots;
    }
    const word = slots[this.slot + COUNT]!;
    let count = word & COUNT_MASK;
    let list = slots[this.slot + PLACE]!;
    let next = from;
    const isDirty = !rises && !risesFrom(count === 1 ? list : this.#lists.last(list, count), entries, from, to);
    if (count === 1) {
      list = this.#lists.create(list, entries[next++]!);
      count = 2;
    }
    slots[this.slot + PLACE] = this.#lists.appendRun(list, count, entries, next, to);
    slots[this.slot + COUNT] = ((count + to - next) | (word & ~COUNT_MASK) | (isDirty ? DIRTY : 0)) >>> 0;
  }

  /** Gives a pair that has one entry more of them: all, rising, in its place. */
  replaceOnly(name: number, value: number, entries: Uint32Array): void {
    const slot = this.find(name, value);
    this.#slots[slot + PLACE] = this.#lists.createOf(entries);
    this.#slots[slot + COUNT] = entries.length;
  }

  /** How many entries the list in a slot has. */
  count(slot: number): number {
    return this.#slots[slot + COUNT]! & COUNT_MASK;
  }

  /** Marks a slot until `unmark`; false where it was marked. */
  mark(slot: number): boolean {
    const word = this.#slots[slot + COUNT]!;
    if ((word & MARKED) !== 0) return false;
    this.#slots[slot + COUNT] = (word | MARKED) >>> 0;
    return true;
  }

  unmark(slot: number): void {
    this.#slots[slot + COUNT] = (this.#slots[slot + COUNT]! & ~MARKED) >>> 0;
  }

  /** The slot of a pair; -1 where it has none. */
  find(name: number, value: number): number {
    const hash = hashOf(name, value);
    const slots = this.#choose(hash);
    let slot = (SLOT_WORDS * hash) & (slots.length - 1);
    while (slots[slot + COUNT] !== 0) {
      if (slots[slot + NAME] === name && slots[slot + VALUE] === value) return slot;
      slot = (slot + SLOT_WORDS) & (slots.length - 1);
    }
    return -1;
  }

  /** The list in a slot, rising; valid until the next change. */
  view(slot: number): Uint32Array {
    const word = this.#slots[slot + COUNT]!;
    const count = word & COUNT_MASK;
    const place = this.#slots[slot + PLACE]!;
    if (count === 1) {
      this.#one[0] = place;
      return this.#one;
    }
    const view = this.#lists.view(place, count);
    if ((word & DIRTY) !== 0) {
      sortRuns(view);
      this.#slots[slot + COUNT] = (word & ~DIRTY) >>> 0;
    }
    return view;
  }

  /** Takes the entries out of a list that have a one; returns how many are left. An empty list's slot is given up. */
  filter(slot: number, isOut: Uint8Array): number {
    const word = this.#slots[slot + COUNT]!;
    const count = word & COUNT_MASK;
    const place = this.#slots[slot + PLACE]!;
    if (count === 1) {
      if (isOut[place] !== 1) return 1;
      this.#clear(slot);
      return 0;
    }
    const view = this.#lists.view(place, count);
    let kept = 0;
    for (let i = 0; i < count; i++) {
      const entry = view[i]!;
      if (isOut[entry] === 1) continue;
      view[kept++] = entry;
    }
    if (kept === count) return kept;
    if (kept === 0) {
      this.#lists.drop(place, count);
      this.#clear(slot);
      return 0;
    }
    const only = view[0]!;
    if (kept > 1) this.#slots[slot + PLACE] = this.#lists.shrink(place, count, kept);
    else {
      this.#lists.drop(place, count);
      this.#slots[slot + PLACE] = only;
    }
    // What is left of a list that is to be sorted still is.
    this.#slots[slot + COUNT] = (kept | (kept > 1 ? word & ~COUNT_MASK : 0)) >>> 0;
    return kept;
  }

  /** Empties a slot and moves back the entries after it that it stood in the way of. */
  #clear(slot: number): void {
    const slots = this.#slots;
    const wrap = slots.length - 1;
    let hole = slot;
    let at = slot;
    for (;;) {
      at = (at + SLOT_WORDS) & wrap;
      if (slots[at + COUNT] === 0) break;
      const home = (SLOT_WORDS * hashOf(slots[at + NAME]!, slots[at + VALUE]!)) & wrap;
      if (((at - home) & wrap) < ((at - hole) & wrap)) continue;
      slots.copyWithin(hole, at, at + SLOT_WORDS);
      hole = at;
    }
    slots[hole + COUNT] = 0;
    this.#segments.removed(this.segment);
  }

  /** Makes the segment of a hash the one at hand. */
  #choose(hash: number): Uint32Array {
    this.segment = hashSegment(hash);
    this.#slots = this.#segments.slots[this.segment]!;
    return this.#slots;
  }
}

/** True where `entries[from..to-1]` rise, the first one from `last`. */
function risesFrom(last: number, entries: Uint32Array, from: number, to: number): boolean {
  let before = last;
  for (let i = from; i < to; i++) {
    if (entries[i]! < before) return false;
    before = entries[i]!;
  }
  return true;
}

function grownSlots(old: Uint32Array): Uint32Array {
  const slots = new Uint32Array(2 * old.length);
  const wrap = slots.length - 1;
  for (let from = 0; from < old.length; from += SLOT_WORDS) {
    if (old[from + COUNT] === 0) continue;
    let slot = (SLOT_WORDS * hashOf(old[from + NAME]!, old[from + VALUE]!)) & wrap;
    while (slots[slot + COUNT] !== 0) slot = (slot + SLOT_WORDS) & wrap;
    slots[slot] = old[from]!;
    slots[slot + 1] = old[from + 1]!;
    slots[slot + 2] = old[from + 2]!;
    slots[slot + 3] = old[from + 3]!;
  }
  return slots;
}

function hashOf(name: number, value: number): number {
  let hash = Math.imul(name, 0x9e3779b1) ^ Math.imul(value, 0x85ebca77);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return hash ^ (hash >>> 13);
}
