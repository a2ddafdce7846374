import { instantiateLogKernel, type LogKernelExports, type LogMemory } from './log-kernel-instance.ts';
import { PieceSlots } from './piece-slots.ts';

/** What a call has done: all, or as much as the boxes had room for. */
const FULL = 1;
const MALFORMED = -1;
const UNUSUAL = -2;
const NO_MEMORY = -3;

const WINDOW_BYTES = 1024 * 1024;
/** Compressed and decompressed: a record that is larger is left to whoever reads without this. */
const RECORD_BYTES = 16 * 1024 * 1024;
const DECODED_BYTES = 48 * 1024 * 1024;
/** The kernel stores eight bytes at once. */
const SLACK_BYTES = 64;
/** Where the boxes begin, as `tools/log-kernel/layout.as` has them. */
const OUTBOX = 32 * 1024;
const LOOSE = OUTBOX + 256 * 1024;
const LOOSE_BYTES = 24;

/** Takes what the boxes hold: chunks that were cut or asked for, and samples of refs that share labels with others. */
export interface KernelBoxes {
  chunks(bytes: Uint8Array): void;
  /** Three doubles each, the third of them the value. */
  loose(samples: Float64Array): void;
}

/** The kernel can not go on: its memory is full even without open chunks, or it can not tell which series there are. */
export class BeyondKernel extends Error {
  override readonly name = 'BeyondKernel';
}

/**
 * The WebAssembly module that does what costs time when a log is read ahead (`tools/log-kernel/log-kernel.as`): three
 * times as quick as the same in JavaScript, and at full speed from the first record on. It puts the samples of each ref
 * into chunks, by the rules of `chunk/cut-rule.ts`.
 */
export class LogKernel {
  readonly window: Uint8Array;
  readonly record: Uint8Array;
  readonly pieces: PieceSlots;
  readonly #decoded: Uint8Array;
  readonly #bytes: Uint8Array;
  readonly #kernel: LogKernelExports;
  readonly #boxes: KernelBoxes;

  constructor(chunkRangeMs: number, memory: LogMemory, boxes: KernelBoxes) {
    this.#kernel = instantiateLogKernel(memory, () => {
      throw new BeyondKernel('The kernel has given up');
    });
    this.pieces = new PieceSlots(memory, this.#kernel);
    this.#boxes = boxes;
    const { buffer } = memory;
    this.#bytes = new Uint8Array(buffer);
    this.#kernel.init(chunkRangeMs);
    const region = (bytes: number): Uint8Array =>
      new Uint8Array(buffer, this.#kernel.allocate(bytes + SLACK_BYTES), bytes);
    this.window = region(WINDOW_BYTES);
    this.record = region(RECORD_BYTES);
    this.#decoded = region(DECODED_BYTES);
  }

  get samples(): number {
    return this.#kernel.samplesTaken.value;
  }

  /** Of the last call of `takeUsual`, the one at hand included. */
  get recordsTaken(): number {
    return this.#kernel.recordsTaken.value;
  }

  get leftOut(): number {
    return this.#kernel.leftOut.value;
  }

  /** Of `bytes`, which lie in the kernel's memory. */
  readonly crc32c = (bytes: Uint8Array, start: number, end: number): number => {
    return this.#kernel.crc32c(bytes.byteOffset + start, bytes.byteOffset + end) >>> 0;
  };

  /** What the first `size` bytes of `record` are compressed of; null where that is for somebody else to tell. */
  snappy(size: number): Uint8Array | null {
    const { byteOffset, length } = this.#decoded;
    const start = this.record.byteOffset;
    const made = this.#kernel.snappy(start, start + size, byteOffset, byteOffset + length);
    return made < 0 ? null : this.#decoded.subarray(0, made);
  }

  /** Brings bytes into the kernel's memory; null where there is no room for so many. */
  copy(bytes: Uint8Array): Uint8Array | null {
    if (bytes.length > this.#decoded.length) return null;
    this.#decoded.set(bytes);
    return this.#decoded.subarray(0, bytes.length);
  }

  /** Takes a record of samples. False where it is not as nearly all are; then nothing was taken. */
  takeSamples({ byteOffset, length }: Uint8Array): boolean {
    let status = this.#kernel.samples(byteOffset, byteOffset + length);
    if (status === UNUSUAL) return false;
    while (this.#goesOn(status)) status = this.#kernel.resume();
    return true;
  }

  /**
   * Takes records of samples from a piece's list, from `index` on, of `count` that the list has. Returns how far it came: at least up
   * to a record that is not of samples as nearly all are, if no box was full before.
   */
  takeUsual(slot: number, index: number, count: number): number {
    let status = this.#kernel.usualSamples(this.pieces.entry(slot, index), count - index);
    while (this.#goesOn(status)) status = this.#kernel.resume();
    return index + this.#kernel.recordsTaken.value;
  }

  add(ref: number, time: number, low: number, high: number): void {
    while (this.#goesOn(this.#kernel.add(ref, time, low, high))) {}
  }

  /**
   * Looks at a record of series: puts into the boxes what has to come before it. Throws `BeyondKernel` where the record is
   * not as it should be.
   */
  takeSeries({ byteOffset, length }: Uint8Array): void {
    let status = this.#kernel.series(byteOffset, byteOffset + length);
    while (this.#goesOn(status)) status = this.#kernel.resumeSeries();
    if (status === MALFORMED) throw new BeyondKernel('The labels of a record of series are not in their usual form');
  }

  /** After this every ref that a record of series names counts as new. */
  forgetSeries(): void {
    this.#kernel.forgetSeries();
  }

  /** Puts open chunks into the boxes, and gives all out that these hold. */
  flush(): void {
    while (this.#kernel.handAll() === FULL) this.giveOut();
    this.giveOut();
  }

  /** Puts the open chunk of a ref into the boxes. */
  hand(ref: number): void {
    while (this.#goesOn(this.#kernel.handOne(ref))) {}
  }

  /** Gives out what the boxes hold. */
  giveOut(): void {
    const { loose, outbox } = this.#kernel;
    const chunksEnd = outbox.value;
    if (chunksEnd > OUTBOX) this.#boxes.chunks(this.#bytes.subarray(OUTBOX, chunksEnd));
    outbox.value = OUTBOX;
    const looseEnd = loose.value;
    if (looseEnd > LOOSE) {
      const count = (looseEnd - LOOSE) / LOOSE_BYTES;
      this.#boxes.loose(new Float64Array(this.#bytes.buffer, LOOSE, 3 * count));
    }
    loose.value = LOOSE;
  }

  /** True where a call has to be repeated; the boxes are empty then. */
  #goesOn(status: number): boolean {
    if (status === NO_MEMORY) {
      if (this.#kernel.waiting.value === 0) throw new BeyondKernel('There are too many refs in the log');
      this.flush();
      return true;
    }
    if (status !== FULL) return false;
    this.giveOut();
    return true;
  }
}
