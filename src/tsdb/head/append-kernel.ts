import type { ExtentSlabs } from '../../memory/extents.ts';
import { type KernelMemory, type Slab, slabAddress } from '../../memory/kernel-memory.ts';
import type { RecordSlabs } from '../../memory/shared-records.ts';
import { APPEND_KERNEL_BASE64 } from './append-kernel-code.ts';
import type { TransactionRows } from './transaction-rows.ts';

/** What the kernel has for itself, and where in it the addresses of slabs begin, as `append-kernel.as` draws it. */
export const APPEND_KERNEL_HEADER_BYTES = 64 * 1024;
const SERIES_SLABS = 1024;
const SLABS_MAX = 4096;
const MARK_SLABS = SERIES_SLABS + 4 * SLABS_MAX;
const EXTENT_SLABS = MARK_SLABS + 4 * SLABS_MAX;

/** What of the standard is used here; the types of Node leave it out. */
declare const WebAssembly: {
  Module: new (code: Uint8Array) => object;
  Instance: new (module: object, imports: object) => { readonly exports: unknown };
};

interface Global {
  value: number;
}

interface Exports {
  readonly rows: Global;
  readonly indexes: Global;
  readonly times: Global;
  readonly values: Global;
  readonly accepted: Global;
  check(from: number, to: number, index: number, minTime: number, transaction: number): number;
  apply(from: number, to: number, isFirst: number): number;
}

/** Compiled when the first head of a thread is made. */
let compiled: object | null = null;

/**
 * The WebAssembly module that checks and applies known samples (`tools/append-kernel/append-kernel.as`): XOR chunks are
 * made of words of 64 bits, which JavaScript has to take in halves. It works in the memory that the series records, the
 * chunks and the transaction's columns lie in; what does not lie there, and all that is unusual, it leaves.
 */
export class AppendKernel {
  readonly #kernel: Exports | null;
  readonly #addresses: Uint32Array;
  readonly #series: RecordSlabs;
  readonly #extents: ExtentSlabs;
  #seriesKnown = 0;
  #marksKnown = 0;
  #extentsKnown = 0;
  #times: Float64Array | null = null;
  /** The columns of the transaction lie in the kernel's memory. */
  #columnsReached = false;

  constructor({ memory }: KernelMemory, series: RecordSlabs, extents: ExtentSlabs) {
    this.#series = series;
    this.#extents = extents;
    if (memory === null) {
      this.#kernel = null;
      this.#addresses = new Uint32Array(0);
      return;
    }
    compiled ??= new WebAssembly.Module(Buffer.from(APPEND_KERNEL_BASE64, 'base64'));
    this.#kernel = new WebAssembly.Instance(compiled, { env: { memory } }).exports as Exports;
    this.#addresses = new Uint32Array(memory.buffer, 0, APPEND_KERNEL_HEADER_BYTES / 4);
  }

  /**
   * Accepts those of the samples that `rows.load` loaded at `from..to-1` which are newer than their series' last sample,
   * as long as nothing else is to be found out about them. `index` is the first one's in its batch; none may be before
   * `minTime`. Returns how many it accepted.
   */
  check(rows: TransactionRows, from: number, to: number, index: number, minTime: number): number {
    const kernel = this.#ready(rows);
    if (kernel === null) return 0;
    kernel.accepted.value = rows.count;
    const end = kernel.check(from, to, index, minTime, rows.transaction);
    rows.count += end - from;
    return end - from;
  }

  /**
   * Appends accepted samples `from..to-1` as `appendRows` (`append-rows.ts`) does, and returns what that returns; `from`
   * where it can not. `isFirst`: this is not to go on behind a sample at which an earlier call stopped.
   */
  apply(rows: TransactionRows, from: number, to: number, isFirst: boolean): number {
    const kernel = this.#ready(rows);
    return kernel === null ? from : kernel.apply(from, to, isFirst ? 1 : 0);
  }

  /** False where nothing can be done here. */
  reaches(rows: TransactionRows): boolean {
    return this.#ready(rows) !== null;
  }

  /** Tells the kernel of slabs and columns that are new. */
  #ready(rows: TransactionRows): Exports | null {
    const kernel = this.#kernel;
    if (kernel === null) return null;
    if (rows.times !== this.#times) {
      this.#times = rows.times;
      kernel.rows.value = rows.rows.byteOffset;
      kernel.indexes.value = rows.indexes.byteOffset;
      kernel.times.value = rows.times.byteOffset;
      kernel.values.value = rows.bits.byteOffset;
      this.#columnsReached = rows.inKernelMemory;
    }
    if (this.#seriesKnown < this.#series.buffers.length) {
      this.#seriesKnown = this.#tell(SERIES_SLABS, this.#series.buffers, this.#seriesKnown);
    }
    if (this.#marksKnown < rows.markSlabs.length) {
      this.#marksKnown = this.#tell(MARK_SLABS, rows.markSlabs, this.#marksKnown);
    }
    if (this.#extentsKnown < this.#extents.buffers.length) {
      this.#extentsKnown = this.#tell(EXTENT_SLABS, this.#extents.buffers, this.#extentsKnown);
    }
    return this.#columnsReached ? kernel : null;
  }

  #tell(table: number, slabs: readonly Slab[], from: number): number {
    for (let at = from; at < slabs.length && at < SLABS_MAX; at++) {
      this.#addresses[table / 4 + at] = slabAddress(slabs[at]!);
    }
    return slabs.length;
  }
}
