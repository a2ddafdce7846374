import type { ExtentSlabs, UnitRange } from '../../memory/extents.ts';
import { type KernelMemory, type Slab, type SlabSource, slabAddress } from '../../memory/kernel-memory.ts';
import type { RecordSlabs } from '../../memory/shared-records.ts';
import type { ChunkBatch } from '../wal/visitor.ts';
import { APPEND_KERNEL_BASE64 } from './append-kernel-code.ts';
import type { TransactionRows } from './transaction-rows.ts';

/** What the kernel has for itself, and where in it the addresses of slabs begin, as `tools/append-kernel/layout.as` draws it. */
export const APPEND_KERNEL_HEADER_BYTES = 64 * 1024;
const SERIES_SLABS = 1024;
const SLABS_MAX = 4096;
const MARK_SLABS = SERIES_SLABS + 4 * SLABS_MAX;
const EXTENT_SLABS = MARK_SLABS + 4 * SLABS_MAX;
/** Chunks of a log are brought into the kernel's memory in pieces of at most so much: what the log's kernel hands out at once. */
const INBOX_BYTES = 256 * 1024;

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
  readonly nextUnit: Global;
  readonly chunks: Global;
  readonly samples: Global;
  readonly firstTime: Global;
  readonly lastTime: Global;
  check(from: number, to: number, index: number, minTime: number, transaction: number): number;
  apply(from: number, to: number, isFirst: number): number;
  takeChunks(at: number, end: number, row: number, rowsEnd: number, unitsEnd: number, minTime: number): number;
  firstOlder(row: number, end: number, time: number): number;
}

/** What the kernel has taken of a batch of chunks. */
export interface TakenChunks {
  chunks: number;
  samples: number;
  firstTime: number;
  lastTime: number;
  /** Where in the kernel's memory the first chunk begins that was not taken. */
  end: number;
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
  readonly #source: SlabSource;
  /** Made when it is needed. */
  #inbox: Slab | null = null;
  readonly #taken: TakenChunks = { chunks: 0, samples: 0, firstTime: 0, lastTime: 0, end: 0 };
  #seriesKnown = 0;
  #marksKnown = 0;
  #extentsKnown = 0;
  #times: Float64Array | null = null;
  /** The columns of the transaction lie in the kernel's memory. */
  #columnsReached = false;

  constructor({ allocate, memory }: KernelMemory, series: RecordSlabs, extents: ExtentSlabs) {
    this.#series = series;
    this.#extents = extents;
    this.#source = allocate;
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

  /** Brings a batch of chunks into the kernel's memory, in place of the one before; returns where it lies, 0 where it can not be there. */
  bring({ bytes, end, start }: ChunkBatch): number {
    if (this.#kernel === null || end - start > INBOX_BYTES) return 0;
    this.#inbox ??= this.#source(INBOX_BYTES);
    this.#inbox.set(bytes.subarray(start, end));
    return slabAddress(this.#inbox);
  }

  /**
   * Makes chunks that lie from `at` to `end` in the kernel's memory the open ones of rows from `row` to `rowsEnd - 1`, each of the row
   * behind the one before, in units of `free`, the begin of which moves on. As `ChunkRuns.take`; what is returned is valid until the next
   * call.
   */
  takeChunks(at: number, end: number, row: number, rowsEnd: number, free: UnitRange, minTime: number): TakenChunks {
    const kernel = this.#kernel!;
    const taken = this.#taken;
    this.#tellSlabs();
    kernel.nextUnit.value = free.from;
    taken.end = kernel.takeChunks(at, end, row, rowsEnd, free.to, minTime) >>> 0;
    taken.chunks = kernel.chunks.value;
    taken.samples = kernel.samples.value;
    taken.firstTime = kernel.firstTime.value;
    taken.lastTime = kernel.lastTime.value;
    free.from = kernel.nextUnit.value;
    return taken;
  }

  /**
   * The first row from `row` to `end - 1` whose last sample may be older than `time` (ms): it is, or nothing can be told here. `end` where
   * there is none. Records of rows without a series count as well.
   */
  firstOlder(row: number, end: number, time: number): number {
    if (this.#kernel === null) return row;
    this.#tellSlabs();
    return this.#kernel.firstOlder(row, end, time);
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
    this.#tellSlabs();
    if (this.#marksKnown < rows.markSlabs.length) {
      this.#marksKnown = this.#tell(MARK_SLABS, rows.markSlabs, this.#marksKnown);
    }
    return this.#columnsReached ? kernel : null;
  }

  #tellSlabs(): void {
    if (this.#seriesKnown < this.#series.buffers.length) {
      this.#seriesKnown = this.#tell(SERIES_SLABS, this.#series.buffers, this.#seriesKnown);
    }
    if (this.#extentsKnown < this.#extents.buffers.length) {
      this.#extentsKnown = this.#tell(EXTENT_SLABS, this.#extents.buffers, this.#extentsKnown);
    }
  }

  #tell(table: number, slabs: readonly Slab[], from: number): number {
    for (let at = from; at < slabs.length && at < SLABS_MAX; at++) {
      this.#addresses[table / 4 + at] = slabAddress(slabs[at]!);
    }
    return slabs.length;
  }
}
