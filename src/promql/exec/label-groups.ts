import { blockEnd, type Spend } from '../../kernels/blocks.ts';
import type { Labels } from '../../model/labels.ts';
import { LONG_TEXT_UNITS, LongTextMap } from '../../std/long-text-map.ts';
import { MAP_ENTRY_BYTES } from './sizes.ts';
import { comparingTexts } from './text-work.ts';

/** Finding a label set's group is as much work as so many samples. */
export const GROUPING_WORK = 50;

/** Who counts what groups take: told of memory before it is taken, and when nobody has it any more, and of work on long texts. */
export interface GroupCosts {
  takeBytes(bytes: number): void;
  giveBack(bytes: number): void;
  spend(work: number): void;
}

/**
 * Texts in one map. V8 copies a map whole when it grows, which takes 80 ms for a million entries, and nothing can end meanwhile; so more
 * go into more maps, which are asked one after the other.
 */
const MAP_TEXTS_MAX = 1 << 18;
/** New texts between two words to who counts memory, and the bytes of an integer. */
const TEXTS_TOLD = 256;
const WORD_BYTES = 4;
/**
 * Arrays of 64 bytes are a part of V8's heap, longer ones have memory of their own, which takes ten times as long to get and to give back:
 * a chain of 16,000 operators has as many groupings of a few series each.
 */
const WORDS_FIRST = 16;
const VERDICTS_FIRST = 64;

/**
 * Numbers label sets by a part of their labels: sets that agree in all labels whose names pass get the same number.
 *
 * Names and values become small integers first, so no strings are put together: a group is a run of integers in one
 * array, found through an open-addressing table by its hash.
 */
export class LabelGroups {
  readonly #passes: (name: string) => boolean;
  /** Full maps, and the last one. */
  readonly #fullIds: Map<string, number>[] = [];
  #ids = new Map<string, number>();
  /** Most queries have no long texts. */
  #longIds: LongTextMap<number> | null = null;
  readonly #comparing: (units: number) => void;
  #idCount = 0;
  /** By id of a name: 0 not asked yet, 1 passes, 2 does not. */
  #verdicts = new Uint8Array(VERDICTS_FIRST);
  /** The ids of the label set at hand. */
  #ownIds = new Int32Array(WORDS_FIRST);
  /** The pairs of the label set before it, and the ids of these; UNKNOWN where nobody asked for one. */
  #lastPairs: readonly string[] = [];
  #lastIds = new Int32Array(WORDS_FIRST);
  /** The ids of all groups, one after another; group g ends at `#ends[g]`. */
  #groupIds = new Int32Array(WORDS_FIRST);
  #ends = new Int32Array(WORDS_FIRST);
  #hashes = new Int32Array(WORDS_FIRST);
  #size = 0;
  /** Slot -> group + 1; 0 is free. A power of two in length, at most half full. */
  #table = new Int32Array(WORDS_FIRST);

  readonly #costs: GroupCosts;
  readonly #spend: Spend;
  /** What `#costs` was told of. */
  #bytes = 0;

  constructor(passes: (name: string) => boolean, costs: GroupCosts) {
    this.#passes = passes;
    this.#costs = costs;
    this.#spend = (work) => costs.spend(work);
    this.#comparing = comparingTexts(costs);
  }

  /** To be called when nobody asks any more: its memory is counted no longer. */
  done(): void {
    this.#costs.giveBack(this.#bytes);
    this.#bytes = 0;
  }

  #take(bytes: number): void {
    this.#costs.takeBytes(bytes);
    this.#bytes += bytes;
  }

  /** How many groups there are. */
  get size(): number {
    return this.#size;
  }

  /** The number of the group of a label set; a new one is `size` before the call. */
  numberOf(labels: Labels): number {
    const { pairs } = labels;
    if (this.#ownIds.length < pairs.length) {
      this.#ownIds = new Int32Array(2 * pairs.length);
      this.#lastPairs = [];
      this.#lastIds = new Int32Array(2 * pairs.length);
    }
    const last = this.#lastPairs;
    const lastIds = this.#lastIds;
    const own = this.#ownIds;
    let length = 0;
    let hash = 0;
    for (let i = 0; i < pairs.length; i += 2) {
      // Label sets come in runs that agree in most places.
      const name = pairs[i] === last[i] ? lastIds[i]! : this.#idOf(pairs[i]!);
      lastIds[i] = name;
      if (!this.#isWanted(name, pairs[i]!)) {
        lastIds[i + 1] = UNKNOWN;
        continue;
      }
      const isKnown = pairs[i + 1] === last[i + 1] && lastIds[i + 1] !== UNKNOWN;
      const value = isKnown ? lastIds[i + 1]! : this.#idOf(pairs[i + 1]!);
      lastIds[i + 1] = value;
      own[length++] = name;
      own[length++] = value;
      hash = mix(mix(hash, name), value);
    }
    this.#lastPairs = pairs;
    return this.#find(hash, length);
  }

  #idOf(text: string): number {
    const isLong = text.length >= LONG_TEXT_UNITS;
    // It was compared with the one before it, too.
    if (isLong) this.#comparing(text.length);
    let id = isLong ? this.#longIds?.get(text) : this.#ids.get(text);
    for (let i = 0; id === undefined && i < this.#fullIds.length; i++) id = this.#fullIds[i]!.get(text);
    if (id === undefined) {
      id = this.#idCount++;
      if (id % TEXTS_TOLD === TEXTS_TOLD - 1) this.#take(MAP_ENTRY_BYTES * TEXTS_TOLD);
      if (isLong) this.#addLong(text, id);
      else this.#addShort(text, id);
    }
    return id;
  }

  #addLong(text: string, id: number): void {
    this.#longIds ??= new LongTextMap(this.#comparing);
    this.#longIds.set(text, id);
  }

  #addShort(text: string, id: number): void {
    if (this.#ids.size === MAP_TEXTS_MAX) {
      this.#fullIds.push(this.#ids);
      this.#ids = new Map();
    }
    this.#ids.set(text, id);
  }

  #isWanted(id: number, name: string): boolean {
    if (id >= this.#verdicts.length) {
      this.#take(2 * id - this.#verdicts.length);
      const grown = new Uint8Array(2 * id);
      grown.set(this.#verdicts);
      this.#verdicts = grown;
    }
    if (this.#verdicts[id] === 0) this.#verdicts[id] = this.#passes(name) ? 1 : 2;
    return this.#verdicts[id] === 1;
  }

  #find(hash: number, length: number): number {
    const mask = this.#table.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const entry = this.#table[slot]!;
      if (entry === 0) {
        this.#table[slot] = this.#size + 1;
        return this.#addGroup(hash, length);
      }
      const group = entry - 1;
      if (this.#hashes[group] === hash && this.#equals(group, length)) return group;
    }
  }

  #equals(group: number, length: number): boolean {
    const start = group === 0 ? 0 : this.#ends[group - 1]!;
    if (this.#ends[group]! - start !== length) return false;
    for (let i = 0; i < length; i++) if (this.#groupIds[start + i] !== this.#ownIds[i]) return false;
    return true;
  }

  #addGroup(hash: number, length: number): number {
    const group = this.#size++;
    const start = group === 0 ? 0 : this.#ends[group - 1]!;
    if (this.#groupIds.length < start + length) this.#groupIds = this.#grown(this.#groupIds, start + length);
    if (this.#ends.length <= group) {
      this.#ends = this.#grown(this.#ends, group + 1);
      this.#hashes = this.#grown(this.#hashes, group + 1);
    }
    for (let i = 0; i < length; i++) this.#groupIds[start + i] = this.#ownIds[i]!;
    this.#ends[group] = start + length;
    this.#hashes[group] = hash;
    if (2 * this.#size > this.#table.length) this.#rehash();
    return group;
  }

  #rehash(): void {
    this.#take(WORD_BYTES * this.#table.length);
    const table = new Int32Array(2 * this.#table.length);
    const mask = table.length - 1;
    for (let group = 0; group < this.#size; ) {
      const stop = blockEnd(group, this.#size, this.#spend);
      for (; group < stop; group++) {
        let slot = this.#hashes[group]! & mask;
        while (table[slot] !== 0) slot = (slot + 1) & mask;
        table[slot] = group + 1;
      }
    }
    this.#table = table;
  }

  #grown(array: Int32Array<ArrayBuffer>, least: number): Int32Array<ArrayBuffer> {
    const length = Math.max(least, 2 * array.length);
    this.#take(WORD_BYTES * (length - array.length));
    const larger = new Int32Array(length);
    larger.set(array);
    return larger;
  }
}

const UNKNOWN = -1;

/** One step of MurmurHash3's mixing (Austin Appleby, public domain). */
function mix(hash: number, word: number): number {
  const k = Math.imul(word, 0xcc9e2d51);
  const mixed = hash ^ Math.imul((k << 15) | (k >>> 17), 0x1b873593);
  return (Math.imul((mixed << 13) | (mixed >>> 19), 5) + 0xe6546b64) | 0;
}
