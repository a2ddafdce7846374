import { common, size32, stated } from './label-bytes';
import { areAscii, isAscii, labelsEnd } from './plain-labels';
import { snappy } from './snappy';

export { snappy };

/**
 * Makes the series of a log that is read by a head without any, in AssemblyScript: symbols, label sets as their ids, the table
 * from label sets to rows, and the rows of each pair, in columns that the head takes over (`src/tsdb/head/bulk-series.ts`).
 * Ids and rows are those that the head would have given.
 *
 *     symbol   first byte u32 | bytes u32 | hash u32 | 0             numbered from 1
 *     row      ref f64 | its entry, in words u32 | hash u32
 *     entry    number of pairs u32 | (symbol of the name u32 | of the value u32)*
 *     other    row u32 | 0 | ref f64                                 another ref of a row
 *     pair     name u32 | value u32 | rows u32 | where these end, in words u32
 *     part     address of the slots u32 | words u32 | entries u32 | 0
 *     slot     hash u32 | row + 1 u32                                as `src/tsdb/head/label-lookup.ts` has them
 *
 * Each kind has addresses of its own, of which those that are used become memory. Only ASCII is taken.
 */

const MIB: usize = 1024 * 1024;
/** For each place of the last label set: where its text ends, then for each pair: name and value u64, and the number of the pair. */
const ENDS: usize = 64 * 1024;
const LAST_PAIRS: usize = 128 * 1024;
const LAST_NUMBERS: usize = 256 * 1024;
const PARTS: usize = 320 * 1024;
/** The bytes of the last label set, when its record is gone. */
const KEPT: usize = 512 * 1024;
const KEPT_BYTES: usize = 64 * 1024;
const OUTPUT: usize = 4 * MIB;
const OUTPUT_END: usize = 20 * MIB;
const SYMBOLS: usize = 21 * MIB;
const ROWS: usize = 37 * MIB;
const OTHERS: usize = 53 * MIB;
const PAIRS: usize = 69 * MIB;
/** A bit for each ref. */
const REFS: usize = 85 * MIB;
const TEXTS: usize = 101 * MIB;
const ENTRIES: usize = 165 * MIB;
const LISTS: usize = 293 * MIB;
const TABLES: usize = 357 * MIB;

/** Of symbols, rows, other refs and pairs; then what is left in `TABLES` suffices for all tables. */
const COUNT_MAX: u32 = 1 << 20;
const TEXT_BYTES_MAX: u32 = 64 * 1024 * 1024;
const ENTRY_WORDS_MAX: u32 = 32 * 1024 * 1024;
const REFS_MAX: i64 = 128 * 1024 * 1024;
const REF_LIMIT: i64 = 1 << 40;
const PART_COUNT: u32 = 64;

const DONE: i32 = 0;
const MALFORMED: i32 = -1;

export let symbolCount: u32 = 1;
export let rowCount: u32 = 0;
export let otherCount: u32 = 0;
export let pairCount: u32 = 0;
export let entryWords: u32 = 0;
/** Series that the records named. */
export let named: u32 = 0;
let textBytes: u32 = 0;
let tables: usize = TABLES;
let symbolTable: usize = 0;
let symbolMask: u32 = 0;
let pairTable: usize = 0;
let pairMask: u32 = 0;
/** The bit of ref `refsFrom` is the first one. */
let refsFrom: i64 = 0;

/** The last label set: its bytes behind the number of pairs, and its texts. */
let last: usize = 0;
let lastSize: u32 = 0;
let lastTexts: u32 = 0;
let lastEntry: usize = 0;
/** Pairs that `LAST_PAIRS` has. */
let lastPairs: u32 = 0;

export function init(): void {
  for (let part: u32 = 0; part < PART_COUNT; part++) {
    const at = PARTS + (<usize>part << 4);
    store<u32>(at, <u32>table(128));
    store<u32>(at, 32, 4);
  }
  symbolTable = table(4096);
  symbolMask = 1023;
  pairTable = table(4096);
  pairMask = 1023;
}

/** So many bytes, zeros. */
function table(bytes: usize): usize {
  const start = tables;
  tables = start + bytes;
  return start;
}

// ---- records ----

/**
 * Takes the series of a record, type byte included. `MALFORMED`, and nothing was taken: a label set is not in its usual
 * form, or not in ASCII, a ref can not be used, or there may be no room.
 */
export function series(start: usize, stop: usize): i32 {
  if (!isUsual(start + 1, stop)) return MALFORMED;
  for (let at = start + 1; at < stop; ) {
    const ref = <i64>bswap<u64>(load<u64>(at));
    // A ref that is known stays as it is.
    at = isNew(ref) ? take(ref, at + 8) : labelsEnd(at + 8, stop);
    named++;
  }
  if (last != KEPT) {
    memory.copy(KEPT, last, lastSize);
    last = KEPT;
  }
  return DONE;
}

function isUsual(start: usize, stop: usize): bool {
  let sets: u32 = 0;
  let texts: u32 = 0;
  for (let at = start; at < stop; sets++) {
    if (stop - at <= 8) return false;
    const ref = <i64>bswap<u64>(load<u64>(at));
    if (refsFrom == 0) refsFrom = max<i64>(1, ref - REFS_MAX / 2);
    if (ref < refsFrom || ref >= REF_LIMIT || ref - refsFrom >= REFS_MAX) return false;
    const labels = at + 8;
    at = labelsEnd(labels, stop);
    if (at == 0 || at - labels > KEPT_BYTES) return false;
    size32(labels, stop);
    texts += 2 * stated;
    if (!isAscii(labels, at) && !areAscii(labels, at)) return false;
  }
  const symbols = symbolCount + texts;
  const bytes = textBytes + <u32>(stop - start);
  const words = entryWords + sets + texts;
  if (symbols > COUNT_MAX || bytes > TEXT_BYTES_MAX || words > ENTRY_WORDS_MAX) return false;
  return rowCount + sets <= COUNT_MAX && otherCount + sets <= COUNT_MAX && pairCount + texts / 2 <= COUNT_MAX;
}

// ---- series ----

/** True for a ref that comes for the first time. */
function isNew(ref: i64): bool {
  const bit = ref - refsFrom;
  const byte = REFS + <usize>(bit >> 3);
  const mask = <u32>1 << (<u32>bit & 7);
  const seen = <u32>load<u8>(byte);
  store<u8>(byte, <u8>(seen | mask));
  return (seen & mask) == 0;
}

/** Takes the labels at `labels` for a new ref; returns their end. */
function take(ref: i64, labels: usize): usize {
  const first = size32(labels, OUTPUT_END);
  const pairs: u32 = stated;
  const texts: u32 = 2 * pairs;
  const entry = ENTRIES + (<usize>entryWords << 2);
  const ids = entry + 4;
  const knownIds = lastEntry + 4;
  const known: u32 = min(texts, lastTexts);
  let at = first;
  let knownAt: u32 = 0;
  let text: u32 = 0;
  while (text < texts) {
    if (text < known) {
      // Texts that end within what is the same are known, without a look at their sizes.
      const same = knownAt + common(at, last + knownAt, lastSize - knownAt);
      const shift = <u32>(at - first) - knownAt;
      for (; text < known; text++) {
        const end = ENDS + (<usize>text << 2);
        const ends = load<u32>(end);
        if (ends > same) break;
        knownAt = ends;
        store<u32>(end, ends + shift);
        store<u32>(ids + (<usize>text << 2), load<u32>(knownIds + (<usize>text << 2)));
      }
      at = first + <usize>(knownAt + shift);
      if (text == texts) break;
    }
    at = size32(at, OUTPUT_END);
    const size: u32 = stated;
    store<u32>(ids + (<usize>text << 2), symbol(at, size));
    at += size;
    const end = ENDS + (<usize>text << 2);
    if (text < known) knownAt = load<u32>(end);
    store<u32>(end, <u32>(at - first));
    text++;
  }
  store<u32>(entry, pairs);
  last = first;
  lastSize = <u32>(at - first);
  lastTexts = texts;
  lastEntry = entry;
  enter(ref, entry, pairs);
  return at;
}

function enter(ref: i64, entry: usize, pairs: u32): void {
  const hash = hashOf(entry, pairs);
  const row = rowOf(hash, entry, pairs);
  if (row != rowCount) {
    const other = OTHERS + (<usize>otherCount << 4);
    otherCount++;
    store<u32>(other, row);
    store<f64>(other, <f64>ref, 8);
    return;
  }
  const record = ROWS + (<usize>row << 4);
  store<f64>(record, <f64>ref);
  store<u32>(record, entryWords, 8);
  store<u32>(record, hash, 12);
  rowCount++;
  entryWords += 1 + 2 * pairs;
  count(entry, pairs);
}

/** As `labelSetHash`. */
function hashOf(entry: usize, pairs: u32): u32 {
  let hash: u32 = 0x9e3779b9;
  for (let at = entry + 4, end = at + (<usize>pairs << 3); at < end; at += 8) {
    const pair = (load<u32>(at) * 0x9e3779b1) ^ (load<u32>(at, 4) * 0x27d4eb2f);
    hash = (hash ^ pair) * 0x85ebca6b;
    hash ^= hash >>> 15;
  }
  hash = (hash ^ (hash >>> 13)) * 0xc2b2ae35;
  return hash ^ (hash >>> 16);
}

/** The row of an entry; the next one, which the table then has, where there is none. */
function rowOf(hash: u32, entry: usize, pairs: u32): u32 {
  const part = PARTS + (<usize>(hash >>> 26) << 4);
  const slots = <usize>load<u32>(part);
  const words = load<u32>(part, 4);
  const wrap = words - 1;
  let slot = (hash << 1) & wrap;
  while (true) {
    const row = load<u32>(slots + (<usize>slot << 2), 4);
    if (row == 0) break;
    if (load<u32>(slots + (<usize>slot << 2)) == hash && isEntry(row - 1, entry, pairs)) return row - 1;
    slot = (slot + 2) & wrap;
  }
  store<u32>(slots + (<usize>slot << 2), hash);
  store<u32>(slots + (<usize>slot << 2), rowCount + 1, 4);
  const used = load<u32>(part, 8) + 1;
  store<u32>(part, used, 8);
  if (8 * used > 3 * words) growPart(part, slots, words);
  return rowCount;
}

function growPart(part: usize, old: usize, words: u32): void {
  const slots = table(<usize>words << 3);
  const wrap = 2 * words - 1;
  for (let from: u32 = 0; from < words; from += 2) {
    const entry = load<u64>(old + (<usize>from << 2));
    if (entry >> 32 == 0) continue;
    let slot = (<u32>entry << 1) & wrap;
    while (load<u32>(slots + (<usize>slot << 2), 4) != 0) slot = (slot + 2) & wrap;
    store<u64>(slots + (<usize>slot << 2), entry);
  }
  store<u32>(part, <u32>slots);
  store<u32>(part, 2 * words, 4);
}

function isEntry(row: u32, entry: usize, pairs: u32): bool {
  const other = ENTRIES + (<usize>load<u32>(ROWS + (<usize>row << 4), 8) << 2);
  if (load<u32>(other) != pairs) return false;
  const size: usize = 4 + (<usize>pairs << 3);
  for (let at: usize = 4; at < size; at += 8) {
    if (load<u64>(other + at) != load<u64>(entry + at)) return false;
  }
  return true;
}

// ---- symbols ----

function symbol(from: usize, size: u32): u32 {
  let mixed: u64 = 0x9e3779b97f4a7c15 ^ <u64>size;
  let at = from;
  const end = from + <usize>size;
  for (; at + 8 <= end; at += 8) {
    mixed = (mixed ^ load<u64>(at)) * 0xff51afd7ed558ccd;
    mixed ^= mixed >> 32;
  }
  if (at < end) {
    mixed = (mixed ^ (load<u64>(at) & (~(<u64>0) >> (64 - (<u64>(end - at) << 3))))) * 0xff51afd7ed558ccd;
    mixed ^= mixed >> 32;
  }
  const hash = <u32>(mixed >> 13) ^ <u32>mixed;
  let place = hash & symbolMask;
  while (true) {
    const id = load<u32>(symbolTable + (<usize>place << 2));
    if (id == 0) break;
    const known = SYMBOLS + (<usize>id << 4);
    if (load<u32>(known, 8) == hash && load<u32>(known, 4) == size) {
      if (memory.compare(<usize>load<u32>(known), from, size) == 0) return id;
    }
    place = (place + 1) & symbolMask;
  }
  const id: u32 = symbolCount++;
  store<u32>(symbolTable + (<usize>place << 2), id);
  const record = SYMBOLS + (<usize>id << 4);
  const text = TEXTS + <usize>textBytes;
  store<u32>(record, <u32>text);
  store<u32>(record, size, 4);
  store<u32>(record, hash, 8);
  memory.copy(text, from, size);
  textBytes += size;
  if (id > symbolMask >>> 1) growSymbols();
  return id;
}

function growSymbols(): void {
  const mask = 4 * symbolMask + 3;
  symbolTable = table((<usize>mask + 1) << 2);
  symbolMask = mask;
  for (let id: u32 = 1; id < symbolCount; id++) {
    let place = load<u32>(SYMBOLS + (<usize>id << 4), 8) & mask;
    while (load<u32>(symbolTable + (<usize>place << 2)) != 0) place = (place + 1) & mask;
    store<u32>(symbolTable + (<usize>place << 2), id);
  }
}

// ---- pairs ----

/** Counts a row more for each pair of an entry. */
function count(entry: usize, pairs: u32): void {
  for (let i: u32 = 0; i < pairs; i++) {
    const record = pairAt(entry, i);
    store<u32>(record, load<u32>(record, 8) + 1, 8);
  }
  lastPairs = max(lastPairs, pairs);
}

/** The record of a pair of an entry. Most are at the same place as in the entry before. */
// @ts-ignore
@inline function pairAt(entry: usize, i: u32): usize {
  const pair = load<u64>(entry + 4 + (<usize>i << 3));
  const place = LAST_PAIRS + (<usize>i << 3);
  if (i < lastPairs && load<u64>(place) == pair) return <usize>load<u32>(LAST_NUMBERS + (<usize>i << 2));
  const record = pairOf(pair);
  store<u64>(place, pair);
  store<u32>(LAST_NUMBERS + (<usize>i << 2), <u32>record);
  return record;
}

// @ts-ignore
@inline function pairHash(pair: u64): u32 {
  const mixed = pair * 0x9e3779b97f4a7c15;
  return <u32>(mixed >> 32) ^ <u32>(mixed >> 52);
}

function pairOf(pair: u64): usize {
  let place = pairHash(pair) & pairMask;
  while (true) {
    const number = load<u32>(pairTable + (<usize>place << 2));
    if (number == 0) break;
    const known = PAIRS + (<usize>(number - 1) << 4);
    if (load<u64>(known) == pair) return known;
    place = (place + 1) & pairMask;
  }
  const record = PAIRS + (<usize>pairCount << 4);
  pairCount++;
  store<u64>(record, pair);
  store<u32>(pairTable + (<usize>place << 2), pairCount);
  if (pairCount > pairMask >>> 1) growPairs();
  return record;
}

function growPairs(): void {
  const mask = 4 * pairMask + 3;
  pairTable = table((<usize>mask + 1) << 2);
  pairMask = mask;
  for (let number: u32 = 1; number <= pairCount; number++) {
    let place = pairHash(load<u64>(PAIRS + (<usize>(number - 1) << 4))) & mask;
    while (load<u32>(pairTable + (<usize>place << 2)) != 0) place = (place + 1) & mask;
    store<u32>(pairTable + (<usize>place << 2), number);
  }
}

let listed: u32 = 0;
let listedWords: u32 = 0;

/** Begins to write the rows of each pair: where each list begins. */
export function beginLists(): void {
  let words: u32 = 0;
  for (let number: u32 = 0; number < pairCount; number++) {
    const record = PAIRS + (<usize>number << 4);
    store<u32>(record, words, 12);
    words += load<u32>(record, 8);
  }
}

/** Puts `rows` more rows into their lists; false where that were all. */
export function list(rows: u32): bool {
  const end = min(rowCount, listed + rows);
  for (; listed < end; listed++) {
    const entry = ENTRIES + (<usize>listedWords << 2);
    const pairs = load<u32>(entry);
    for (let i: u32 = 0; i < pairs; i++) {
      const record = pairAt(entry, i);
      const at = load<u32>(record, 12);
      store<u32>(LISTS + (<usize>at << 2), listed);
      store<u32>(record, at + 1, 12);
    }
    listedWords += 1 + 2 * pairs;
  }
  return listed < rowCount;
}
