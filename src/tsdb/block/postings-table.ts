import { readUvarint64, unsignedFromHalves } from '../../kernels/varint.ts';
import type { TextColumn } from '../../memory/text-column.ts';
import { compareUtf8, stringFromUtf8 } from '../../model/utf8.ts';
import { DamagedFile } from '../damaged-file.ts';
import type { PagedFile } from './paged-file.ts';
import { SectionScan, STEP_ENTRIES } from './section-scan.ts';

/** Every label name stays in memory, and each such value of it with its place. */
const SAMPLE_EVERY = 32;
/** Values visited in one step: some 100 µs, besides what the visitor does. */
const STEP_VALUES = 1024;

interface NameEntries {
  count: number;
  /** Offset in the file of the name's first entry. */
  readonly start: number;
  /** The values 0, 32, 64, ... of the name and where their entries are. In version 1: all values, and their postings. */
  readonly values: string[];
  readonly offsets: number[];
}

/**
 * From label pairs to their lists of series. The list of all series stands under the empty name and value.
 *
 * From version 2 on the entries are in order of name and value, and only samples of them stay in memory. In version 1
 * they are in no order and all stay.
 */
export class PostingsTable {
  readonly #file: PagedFile;
  readonly #isWhole: boolean;
  readonly #names = new Map<string, NameEntries>();
  #sortedNames: readonly string[] | null = null;

  /** Reads the whole section once, in steps; throws `DamagedFile`. */
  static *open(file: PagedFile, offset: number, version: number): Generator<undefined, PostingsTable> {
    const table = new PostingsTable(file, version);
    if (offset !== 0) yield* table.#read(new SectionScan(file, offset));
    return table;
  }

  private constructor(file: PagedFile, version: number) {
    this.#file = file;
    this.#isWhole = version === 1;
  }

  *#read(scan: SectionScan): Generator<undefined, void> {
    const file = this.#file;
    let lastName = new Uint8Array(0);
    let entries: NameEntries | null = null;
    for (let i = 0; i < scan.count; i++) {
      const start = scan.position;
      const keys = scan.uvarint();
      if (keys !== 2) throw new DamagedFile(file.path, start, `an entry with ${keys} keys in place of 2`);
      const name = scan.sized();
      if (entries === null || !sameBytes(name, lastName)) {
        lastName = name.slice();
        entries = this.#enter(this.#text(name, start), start);
      }
      const isSample = this.#isWhole || entries.count % SAMPLE_EVERY === 0;
      const value = scan.sized();
      if (isSample) entries.values.push(this.#text(value, start));
      const postings = scan.uvarint();
      if (isSample) entries.offsets.push(this.#isWhole ? postings : start);
      entries.count++;
      if ((i + 1) % STEP_ENTRIES === 0) yield undefined;
    }
    scan.finish();
    if (this.#isWhole) for (const [name, unsorted] of this.#names) this.#names.set(name, sorted(unsorted));
  }

  /** Bytes that stay in memory, about: texts and numbers. */
  get residentBytes(): number {
    let bytes = 0;
    for (const [name, { values }] of this.#names) {
      bytes += 100 + name.length;
      for (const value of values) bytes += 40 + value.length;
    }
    return bytes;
  }

  /** Label names in byte order: the same list each time, which nobody may change. */
  names(): readonly string[] {
    this.#sortedNames ??= [...this.#names.keys()].filter((name) => name !== '').sort(compareUtf8);
    return this.#sortedNames;
  }

  valueCount(name: string): number {
    return this.#names.get(name)?.count ?? 0;
  }

  /** Offset of the list of series with this label, or -1. */
  find(name: string, value: string): number {
    const entries = this.#names.get(name);
    if (entries === undefined) return -1;
    let low = 0;
    let high = entries.values.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareUtf8(entries.values[middle]!, value) <= 0) low = middle + 1;
      else high = middle;
    }
    if (low === 0) return -1;
    const sample = low - 1;
    if (this.#isWhole) return entries.values[sample] === value ? entries.offsets[sample]! : -1;
    const first = sample * SAMPLE_EVERY;
    const entry = new EntryCursor(this.#file, entries.offsets[sample]!);
    for (let i = first; i < Math.min(first + SAMPLE_EVERY, entries.count); i++) {
      entry.next();
      const order = compareUtf8(entry.value, value);
      if (order === 0) return entry.postings;
      if (order > 0) return -1;
    }
    return -1;
  }

  /** Calls `visit` for each value of a name in byte order, with the offset of its list; ends where it returns false. */
  visitValues(name: string, visit: (value: string, postings: number) => boolean): void {
    for (const _ of this.visitValuesInSteps(name, visit));
  }

  /** As `visitValues`, in steps of some values. */
  *visitValuesInSteps(name: string, visit: (value: string, postings: number) => boolean): Generator<undefined, void> {
    const entries = this.#names.get(name);
    if (entries === undefined) return;
    const entry = this.#isWhole ? null : new EntryCursor(this.#file, entries.start);
    for (let i = 0; i < entries.count; i++) {
      entry?.next();
      const goesOn =
        entry === null ? visit(entries.values[i]!, entries.offsets[i]!) : visit(entry.value, entry.postings);
      if (!goesOn) return;
      if (i % STEP_VALUES === STEP_VALUES - 1) yield;
    }
  }

  /** Appends the values of a name in byte order, at most `limit` (0 = all), in steps. Throws `DamagedFile`. */
  *appendValues(name: string, limit: number, into: TextColumn): Generator<undefined, void> {
    const entries = this.#names.get(name);
    if (entries === undefined) return;
    const count = limit > 0 ? Math.min(limit, entries.count) : entries.count;
    const entry = this.#isWhole ? null : new EntryCursor(this.#file, entries.start);
    for (let done = 0; done < count; ) {
      const stop = Math.min(count, done + STEP_VALUES);
      if (entry === null) for (; done < stop; done++) into.pushText(entries.values[done]!);
      while (entry !== null && done < stop) {
        done += entry.appendRun(into, stop - done);
        if (done === stop) break;
        entry.next();
        entry.appendValue(into);
        done++;
      }
      yield;
    }
  }

  #enter(name: string, start: number): NameEntries {
    const known = this.#names.get(name);
    if (known !== undefined) {
      if (this.#isWhole) return known;
      throw new DamagedFile(this.#file.path, start, 'the entries of a label name are not together');
    }
    const entries: NameEntries = { count: 0, start, values: [], offsets: [] };
    this.#names.set(name, entries);
    return entries;
  }

  #text(bytes: Uint8Array, at: number): string {
    return decode(this.#file, bytes, at);
  }
}

/** Walks over entries `2 | name | value | offset` that were found sound before. */
class EntryCursor {
  postings = 0;
  readonly #file: PagedFile;
  /** Part of the file: from `#windowStart` on. */
  #window: Uint8Array = new Uint8Array(0);
  #windowStart: number;
  /** Where the entry begins, where its name ends and its value lies, and where the next entry begins in the window. */
  #start = 0;
  #nameTo = 0;
  #valueFrom = 0;
  #valueTo = 0;
  #next = 0;
  /** What was read last. */
  #number = 0;

  constructor(file: PagedFile, at: number) {
    this.#file = file;
    this.#windowStart = at;
  }

  next(): void {
    this.#start = this.#next;
    while (!this.#parse()) this.#lengthenWindow();
  }

  get value(): string {
    const bytes = this.#window.subarray(this.#valueFrom, this.#valueTo);
    return decode(this.#file, bytes, this.#windowStart + this.#start);
  }

  appendValue(into: TextColumn): void {
    const window = this.#window;
    const to = this.#valueTo;
    let at = this.#valueFrom;
    while (at < to && window[at]! < 0x80) at++;
    if (at < to) into.pushText(this.value);
    else into.push(window, this.#valueFrom, to);
  }

  /**
   * Appends the values of entries that follow, at most `count`, as far as they have the name of this one, are ASCII, short, and wholly in the window;
   * returns how many: `next` goes on behind them.
   */
  appendRun(into: TextColumn, count: number): number {
    const window = this.#window;
    const last = window.length - UVARINT_BYTES_MAX;
    // The number of keys and the name are the same.
    const before = this.#nameTo - this.#start;
    const keys = window[this.#start];
    const nameSize = window[this.#start + 1];
    into.reserve(count, window.length);
    const { bytes, ends } = into;
    let { size, length } = into;
    const stop = length + count;
    let next = this.#next;
    while (length < stop) {
      let at = next + before;
      if (at >= last || window[next] !== keys || window[next + 1] !== nameSize) break;
      const to = at + 1 + window[at]!;
      if (window[at]! >= 0x80 || to > last) break;
      let seen = 0;
      let end = size;
      for (at++; at < to; at++) {
        const byte = window[at]!;
        seen |= byte;
        bytes[end++] = byte;
      }
      if (seen >= 0x80) break;
      while (window[at++]! >= 0x80);
      if (at - to > UVARINT_BYTES_MAX) break;
      next = at;
      size = end;
      ends[length++] = end;
    }
    into.length = length;
    into.size = size;
    this.#next = next;
    return count - (stop - length);
  }

  /** False where the window ends within the entry. */
  #parse(): boolean {
    let at = this.#uvarint(this.#start);
    at = this.#uvarint(at);
    this.#nameTo = at + this.#number;
    at = this.#uvarint(this.#nameTo);
    this.#valueFrom = at;
    at += this.#number;
    this.#valueTo = at;
    this.#next = this.#uvarint(at);
    this.postings = this.#number;
    return this.#next < BEYOND;
  }

  /** Reads a number at a place of the window; returns where it ends, `BEYOND` where the window does not have all of it. */
  #uvarint(at: number): number {
    const window = this.#window;
    if (at >= window.length) return BEYOND;
    const small = window[at]!;
    if (small < 0x80) {
      this.#number = small;
      return at + 1;
    }
    const next = readUvarint64(window, at, window.length, halves);
    if (next < 0) {
      if (window.length - at < UVARINT_BYTES_MAX) return BEYOND;
      throw new DamagedFile(this.#file.path, this.#windowStart + at, 'a malformed integer');
    }
    this.#number = unsignedFromHalves(halves[0]!, halves[1]!);
    return next;
  }

  /** Makes the window begin with the entry, and hold more of what follows. */
  #lengthenWindow(): void {
    const at = this.#windowStart + this.#start;
    const known = this.#window.length - this.#start;
    if (at + known === this.#file.size) throw new DamagedFile(this.#file.path, at, 'the file ends inside an entry');
    this.#window = this.#file.view(at, Math.min(Math.max(2 * known, WALK_BYTES), this.#file.size - at));
    this.#windowStart = at;
    this.#start = 0;
  }
}

const WALK_BYTES = 4096;
const UVARINT_BYTES_MAX = 10;
/** Beyond every window. */
const BEYOND = Number.POSITIVE_INFINITY;
const halves = new Uint32Array(2);

function decode(file: PagedFile, bytes: Uint8Array, at: number): string {
  try {
    return stringFromUtf8(bytes);
  } catch {
    throw new DamagedFile(file.path, at, 'a label is not UTF-8');
  }
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

function sorted({ count, start, values, offsets }: NameEntries): NameEntries {
  const order = values.map((_, i) => i).sort((a, b) => compareUtf8(values[a]!, values[b]!));
  return { count, start, values: order.map((i) => values[i]!), offsets: order.map((i) => offsets[i]!) };
}
