import { readUvarint64, unsignedFromHalves } from '../../kernels/varint.ts';
import type { SymbolTable } from '../../memory/symbol-table.ts';
import { compareUtf8, stringFromUtf8 } from '../../model/utf8.ts';
import { DamagedFile } from '../damaged-file.ts';
import type { PagedFile } from './paged-file.ts';
import { SectionScan, STEP_ENTRIES } from './section-scan.ts';

/** Where each such symbol begins stays in memory: 4 bytes for 32 symbols, and a look-up walks over at most 31. */
const SAMPLE_EVERY = 32;
/** Texts kept for reuse, one for each slot of a table by id. */
const TEXTS_KEPT = 1024;

/**
 * The strings of an index, in byte order. In version 1 a symbol's number is its offset in the file, afterwards its
 * place in the table.
 */
export class IndexSymbols {
  readonly #file: PagedFile;
  readonly #byOffset: boolean;
  readonly #start: number;
  readonly #samples: Uint32Array;
  /** How many symbols there are. */
  readonly count: number;
  readonly #keptIds = new Float64Array(TEXTS_KEPT).fill(-1);
  readonly #keptTexts: string[] = new Array<string>(TEXTS_KEPT).fill('');

  /** Reads the whole section once, in steps; throws `DamagedFile`. */
  static *open(file: PagedFile, offset: number, version: number): Generator<undefined, IndexSymbols> {
    const scan = new SectionScan(file, offset);
    if (scan.count > scan.left) throw new DamagedFile(file.path, offset + 4, `${scan.count} symbols do not fit`);
    const samples = new Uint32Array(Math.ceil(scan.count / SAMPLE_EVERY));
    for (let i = 0; i < scan.count; i++) {
      if (i % SAMPLE_EVERY === 0) samples[i / SAMPLE_EVERY] = scan.position - offset;
      scan.sized();
      if ((i + 1) % STEP_ENTRIES === 0) yield undefined;
    }
    scan.finish();
    return new IndexSymbols(file, offset, version, scan.count, samples);
  }

  private constructor(file: PagedFile, offset: number, version: number, count: number, samples: Uint32Array) {
    this.#file = file;
    this.#byOffset = version === 1;
    this.#start = offset;
    this.count = count;
    this.#samples = samples;
  }

  /** Bytes that stay in memory, without the texts kept for reuse. */
  get residentBytes(): number {
    return this.#samples.byteLength;
  }

  /** The text of a symbol; throws `DamagedFile` for a number that no symbol has. */
  text(id: number): string {
    const slot = id & (TEXTS_KEPT - 1);
    if (this.#keptIds[slot] === id) return this.#keptTexts[slot]!;
    const text = this.#byOffset ? this.#textAt(id) : this.#textOf(id);
    this.#keptIds[slot] = id;
    this.#keptTexts[slot] = text;
    return text;
  }

  /** The UTF-8 bytes of a symbol, not to be changed; throws `DamagedFile` for a number that no symbol has. */
  bytesOf(id: number): Uint8Array {
    const at = this.#byOffset ? id : this.#offsetOf(id);
    const size = this.#size(at);
    return this.#file.view(at + prefixBytes, size);
  }

  /** Every symbol is below; null where their numbers are offsets. */
  get limit(): number | null {
    return this.#byOffset ? null : this.count;
  }

  /** The number of a symbol's text in a table, where it is entered if it is new. Throws `DamagedFile`. */
  enter(id: number, into: SymbolTable): number {
    return this.#enter(this.#byOffset ? id : this.#offsetOf(id), into);
  }

  /** As `enter` for all symbols, one after the other, in steps; `note` hears of each. Not where their numbers are offsets. */
  *enterAll(into: SymbolTable, note: (id: number, number: number) => void): Generator<undefined, void> {
    let at = this.#samples.length === 0 ? 0 : this.#start + this.#samples[0]!;
    for (let id = 0; id < this.count; id++) {
      note(id, this.#enter(at, into));
      at = this.#behind(at);
      if ((id + 1) % STEP_ENTRIES === 0) yield undefined;
    }
  }

  #enter(at: number, into: SymbolTable): number {
    const size = this.#size(at);
    const bytes = this.#file.view(at + prefixBytes, size);
    for (let i = 0; i < size; i++) if (bytes[i]! > 0x7f) return into.add(this.#textAt(at));
    return into.addBytes(new DataView(bytes.buffer, bytes.byteOffset, size), 0, size);
  }

  /** The number of a text, or -1. */
  find(text: string): number {
    let low = 0;
    let high = this.#samples.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareUtf8(this.#textAt(this.#start + this.#samples[middle]!), text) <= 0) low = middle + 1;
      else high = middle;
    }
    if (low === 0) return -1;
    let at = this.#start + this.#samples[low - 1]!;
    const first = (low - 1) * SAMPLE_EVERY;
    for (let id = first; id < Math.min(first + SAMPLE_EVERY, this.count); id++) {
      const order = compareUtf8(this.#textAt(at), text);
      if (order === 0) return this.#byOffset ? at : id;
      if (order > 0) return -1;
      at = this.#behind(at);
    }
    return -1;
  }

  #textOf(id: number): string {
    return this.#textAt(this.#offsetOf(id));
  }

  #offsetOf(id: number): number {
    if (id >= this.count) throw this.#missing(id);
    let at = this.#start + this.#samples[Math.floor(id / SAMPLE_EVERY)]!;
    for (let i = id % SAMPLE_EVERY; i > 0; i--) at = this.#behind(at);
    return at;
  }

  #missing(id: number): DamagedFile {
    return new DamagedFile(this.#file.path, this.#start, `there is no symbol ${id}`);
  }

  #behind(at: number): number {
    const size = this.#size(at);
    return at + prefixBytes + size;
  }

  #textAt(at: number): string {
    const size = this.#size(at);
    try {
      return stringFromUtf8(this.#file.view(at + prefixBytes, size));
    } catch (error) {
      if (error instanceof TypeError) throw new DamagedFile(this.#file.path, at, 'a symbol is not UTF-8');
      throw error;
    }
  }

  /** The length of the text at `at`; `prefixBytes` is then how many bytes say it. */
  #size(at: number): number {
    const small = this.#file.byteAt(at);
    if (small < 0x80) {
      prefixBytes = 1;
      return small;
    }
    const bytes = this.#file.view(at, Math.min(10, this.#file.size - at));
    const next = readUvarint64(bytes, 0, bytes.length, halves);
    if (next < 0) throw new DamagedFile(this.#file.path, at, 'a malformed integer');
    prefixBytes = next;
    return unsignedFromHalves(halves[0]!, halves[1]!);
  }
}

const halves = new Uint32Array(2);
let prefixBytes = 0;
