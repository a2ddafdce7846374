import { readUvarint64, unsignedFromHalves } from '../../kernels/varint.ts';
import type { SymbolTable } from '../../memory/symbol-table.ts';
import { compareUtf8, stringFromUtf8 } from '../../model/utf8.ts';
import { DamagedFile } from '../damaged-file.ts';
import type { PagedFile } from './paged-file.ts';
import { SectionScan, STEP_ENTRIES } from './section-scan.ts';

/** Every label name stays in memory, and each such value of it with its place. */
const SAMPLE_EVERY = 32;
/** Values visited in one step: some 100 µs, besides what the visitor does. */
const STEP_VALUES = 256;

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

  /** The values of a name in byte order, at most `limit` (0 = all), as their numbers in a table, where they are entered; in steps. */
  *enterValues(name: string, limit: number, into: SymbolTable): Generator<undefined, number[]> {
    const numbers: number[] = [];
    const entries = this.#names.get(name);
    if (entries === undefined) return numbers;
    const count = limit > 0 ? Math.min(limit, entries.count) : entries.count;
    const entry = this.#isWhole ? null : new EntryCursor(this.#file, entries.start);
    for (let i = 0; i < count; i++) {
      entry?.next();
      numbers.push(entry === null ? into.add(entries.values[i]!) : entry.enterValue(into));
      if (i % STEP_VALUES === STEP_VALUES - 1) yield;
    }
    return numbers;
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
  #bytes: Uint8Array = new Uint8Array(0);
  #start = 0;
  readonly #file: PagedFile;
  #at: number;
  #window: Uint8Array = new Uint8Array(0);
  #local = 0;

  constructor(file: PagedFile, at: number) {
    this.#file = file;
    this.#at = at;
  }

  next(): void {
    const start = this.#at + this.#local;
    this.#uvarint();
    this.#take(this.#uvarint());
    this.#bytes = this.#take(this.#uvarint());
    this.#start = start;
    this.postings = this.#uvarint();
  }

  get value(): string {
    return decode(this.#file, this.#bytes, this.#start);
  }

  /** The value's number in a table, where it is entered if it is new. */
  enterValue(into: SymbolTable): number {
    const bytes = this.#bytes;
    for (let i = 0; i < bytes.length; i++) if (bytes[i]! > 0x7f) return into.add(this.value);
    return into.addBytes(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), 0, bytes.length);
  }

  #uvarint(): number {
    this.#need(10);
    const next = readUvarint64(this.#window, this.#local, this.#window.length, halves);
    if (next < 0) throw new DamagedFile(this.#file.path, this.#at + this.#local, 'a malformed integer');
    this.#local = next;
    return unsignedFromHalves(halves[0]!, halves[1]!);
  }

  #take(count: number): Uint8Array {
    this.#need(count);
    if (this.#window.length - this.#local < count) {
      throw new DamagedFile(this.#file.path, this.#at + this.#local, `a text of ${count} bytes`);
    }
    this.#local += count;
    return this.#window.subarray(this.#local - count, this.#local);
  }

  #need(count: number): void {
    if (this.#window.length - this.#local >= count) return;
    this.#at += this.#local;
    this.#local = 0;
    this.#window = this.#file.view(this.#at, Math.min(Math.max(count, WALK_BYTES), this.#file.size - this.#at));
  }
}

const WALK_BYTES = 4096;
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
