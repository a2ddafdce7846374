import { ownSlab, type Slab, type SlabSource } from './kernel-memory.ts';

/** The slabs of records, as readers in any thread see them. */
export class RecordSlabs {
  readonly buffers: Slab[] = [];
  readonly doubles: Float64Array[] = [];
  readonly words: Uint32Array[] = [];

  /** Adds the next slab; how a reader in another thread learns of one that it has not seen. */
  attach(slab: Slab): void {
    const { buffer, byteOffset, byteLength } = slab;
    this.buffers.push(slab);
    this.doubles.push(new Float64Array(buffer, byteOffset, byteLength >>> 3));
    this.words.push(new Uint32Array(buffer, byteOffset, byteLength >>> 2));
  }
}

/**
 * Records of a fixed size over shared memory, growing by whole slabs.
 *
 * A record is a few doubles and words that are read together, so one row costs one or two cache lines. A row's record
 * lies in slab `row >>> slabRowsLog2`, from double `(row & rowMask) * recordDoubles` and word twice that. Slabs have a
 * fixed size and never move: a view made once stays valid, also in another thread.
 *
 * Fresh slabs are zero, and untouched pages of them take no memory.
 */
export class SharedRecords extends RecordSlabs {
  readonly recordDoubles: number;
  readonly slabRowsLog2: number;
  readonly rowMask: number;
  readonly #source: SlabSource;

  constructor(recordDoubles: number, slabRowsLog2: number, source: SlabSource = ownSlab) {
    super();
    this.#source = source;
    this.recordDoubles = recordDoubles;
    this.slabRowsLog2 = slabRowsLog2;
    this.rowMask = (1 << slabRowsLog2) - 1;
  }

  /** Rows that have memory. */
  get capacity(): number {
    return this.buffers.length << this.slabRowsLog2;
  }

  /** Makes sure that rows `0 .. rows` have memory. Throws a `RangeError` where the host has none left. */
  reserve(rows: number): void {
    while (this.capacity < rows) {
      this.attach(this.#source((this.recordDoubles * 8) << this.slabRowsLog2));
    }
  }
}
