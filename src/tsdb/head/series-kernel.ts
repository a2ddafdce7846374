import { SNAPPY_FLAG } from '../wal/framing.ts';
import { RECORD } from '../wal/record-types.ts';
import { SERIES_KERNEL_BASE64 } from './series-kernel-code.ts';

const MIB = 1024 * 1024;
/** Where columns begin, as `tools/series-kernel/series-kernel.as` has them. */
const PARTS = 320 * 1024;
const INPUT = MIB;
const OUTPUT = 4 * MIB;
const OUTPUT_END = 20 * MIB;
const SYMBOLS = 21 * MIB;
const ROWS = 37 * MIB;
const OTHERS = 53 * MIB;
const PAIRS = 69 * MIB;
const ENTRIES = 165 * MIB;
const LISTS = 293 * MIB;
const PART_COUNT = 64;
/** The kernel looks at some bytes behind what it is given. */
const INPUT_BYTES_MAX = OUTPUT - INPUT - 64;

/** What of the standard is used here; the types of Node leave it out. */
declare const WebAssembly: {
  Module: new (code: Uint8Array) => object;
  Instance: new (module: object, imports: object) => { readonly exports: unknown };
};
interface Global {
  readonly value: number;
}

/** The functions and globals of the module. */
interface Exports {
  readonly memory: { readonly buffer: SharedArrayBuffer };
  readonly symbolCount: Global;
  readonly rowCount: Global;
  readonly otherCount: Global;
  readonly pairCount: Global;
  readonly entryWords: Global;
  readonly named: Global;
  init(): void;
  snappy(start: number, end: number, output: number, limit: number): number;
  series(start: number, end: number): number;
  beginLists(): void;
  list(rows: number): number;
}

/**
 * The WebAssembly module that makes the series of a log (`tools/series-kernel/series-kernel.as`), for a head that has none: at
 * full speed from the first record on, where the head's own code has yet to be compiled. What it made is read as columns.
 */
export class SeriesKernel {
  readonly #kernel: Exports;
  readonly #bytes: Uint8Array;
  readonly #words: Uint32Array;
  readonly #doubles: Float64Array;

  /** Throws a `RangeError` where the host has no such memory. */
  constructor() {
    const module = new WebAssembly.Module(Buffer.from(SERIES_KERNEL_BASE64, 'base64'));
    this.#kernel = new WebAssembly.Instance(module, { env: { abort } }).exports as Exports;
    const { buffer } = this.#kernel.memory;
    this.#bytes = new Uint8Array(buffer);
    this.#words = new Uint32Array(buffer);
    this.#doubles = new Float64Array(buffer);
    this.#kernel.init();
  }

  /**
   * Takes a record, compressed as the flags of its fragments say: how many series it names, or -1, and nothing was taken,
   * where it is no record of series, or not as nearly all are.
   */
  take(record: Uint8Array, flags: number): number {
    const kernel = this.#kernel;
    const size = this.#decompress(record, flags);
    if (size < 1 || this.#bytes[OUTPUT] !== RECORD.series) return -1;
    const before = kernel.named.value;
    return kernel.series(OUTPUT, OUTPUT + size) === 0 ? kernel.named.value - before : -1;
  }

  /** Puts a record where the kernel reads it; how many bytes it has, a negative number where that can not be told here. */
  #decompress(record: Uint8Array, flags: number): number {
    if (record.length > INPUT_BYTES_MAX) return -1;
    if (flags === 0) {
      this.#bytes.set(record, OUTPUT);
      return record.length;
    }
    if (flags !== SNAPPY_FLAG) return -1;
    this.#bytes.set(record, INPUT);
    return this.#kernel.snappy(INPUT, INPUT + record.length, OUTPUT, OUTPUT_END);
  }

  /** Rows from 0 on. */
  get rowCount(): number {
    return this.#kernel.rowCount.value;
  }

  ref(row: number): number {
    return this.#doubles[ROWS / 8 + 2 * row]!;
  }

  /** Where in `entries` a row's label set begins; for the number of rows, the end. */
  entryStart(row: number): number {
    return row === this.rowCount ? this.#kernel.entryWords.value : this.#words[ROWS / 4 + 4 * row + 2]!;
  }

  /** Label sets from row `from` to the one before `to`, one behind the other. */
  entries(from: number, to: number): Uint32Array {
    return this.#words.subarray(ENTRIES / 4 + this.entryStart(from), ENTRIES / 4 + this.entryStart(to));
  }

  /** Texts, numbered from 1 on in their order, as places in `view`; without the first `from` of them. */
  *symbols(from: number): Generator<readonly [start: number, end: number]> {
    for (let id = 1 + from; id < this.#kernel.symbolCount.value; id++) {
      const start = this.#words[SYMBOLS / 4 + 4 * id]!;
      yield [start, start + this.#words[SYMBOLS / 4 + 4 * id + 1]!];
    }
  }

  get view(): DataView {
    return new DataView(this.#kernel.memory.buffer);
  }

  get otherRefCount(): number {
    return this.#kernel.otherCount.value;
  }

  /** Further refs of rows, without the first `from` of them: row, ref. */
  *otherRefs(from: number): Generator<readonly [row: number, ref: number]> {
    for (let i = from; i < this.otherRefCount; i++) {
      yield [this.#words[OTHERS / 4 + 4 * i]!, this.#doubles[OTHERS / 8 + 2 * i + 1]!];
    }
  }

  /** The parts of the table from label sets to rows, as `LabelLookup.setPart` takes them. */
  *parts(): Generator<{ part: number; slots: Uint32Array; used: number }> {
    for (let part = 0; part < PART_COUNT; part++) {
      const [at = 0, words = 0, used = 0] = this.#words.subarray(PARTS / 4 + 4 * part, PARTS / 4 + 4 * part + 3);
      yield { part, slots: this.#words.slice(at / 4, at / 4 + words), used };
    }
  }

  /** Puts the rows of each pair together, `rows` with each step. To be called once. */
  *makeLists(rows: number): Generator<void, void> {
    this.#kernel.beginLists();
    while (this.#kernel.list(rows) !== 0) yield;
  }

  /** As of the call of `makeLists`: pairs in the order of their first rows, with all their rows, rising. */
  *pairs(): Generator<readonly [name: number, value: number, rows: Uint32Array]> {
    for (let pair = 0; pair < this.#kernel.pairCount.value; pair++) {
      const at = PAIRS / 4 + 4 * pair;
      const end = LISTS / 4 + this.#words[at + 3]!;
      yield [this.#words[at]!, this.#words[at + 1]!, this.#words.subarray(end - this.#words[at + 2]!, end)];
    }
  }
}

function abort(): never {
  throw new Error('The kernel that makes series has given up');
}
