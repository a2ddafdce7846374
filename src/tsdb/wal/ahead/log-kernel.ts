import { LOG_KERNEL_BASE64 } from './log-kernel-code.ts';

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

/** What of the standard is used here; the types of Node leave it out. */
declare const WebAssembly: {
  Module: new (code: Uint8Array) => object;
  Instance: new (module: object, imports: object) => { readonly exports: unknown };
};
interface Global {
  value: number;
}

/** The functions and globals of the module. */
interface Exports {
  readonly memory: { readonly buffer: SharedArrayBuffer };
  readonly outbox: Global;
  readonly loose: Global;
  readonly waiting: Global;
  readonly leftOut: Global;
  readonly samplesTaken: Global;
  init(rangeMs: number): void;
  allocate(bytes: number): number;
  crc32c(start: number, end: number): number;
  snappy(start: number, end: number, output: number, limit: number): number;
  samples(start: number, end: number): number;
  resume(): number;
  add(ref: number, time: number, low: number, high: number): number;
  handAll(): number;
  handOne(ref: number): number;
  forgetSeries(): void;
  series(start: number, end: number): number;
  resumeSeries(): number;
}

// Once for a thread, when it starts.
const MODULE = new WebAssembly.Module(Buffer.from(LOG_KERNEL_BASE64, 'base64'));

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
  readonly #decoded: Uint8Array;
  readonly #bytes: Uint8Array;
  readonly #kernel: Exports;
  readonly #boxes: KernelBoxes;

  constructor(chunkRangeMs: number, boxes: KernelBoxes) {
    const abort = (): never => {
      throw new BeyondKernel('The kernel has given up');
    };
    this.#kernel = new WebAssembly.Instance(MODULE, { env: { abort } }).exports as Exports;
    this.#boxes = boxes;
    const { buffer } = this.#kernel.memory;
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
