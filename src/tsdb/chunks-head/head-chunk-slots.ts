/** Files that can be there at once; 128 MiB each. The number also fits into the 16 bits that a chunk's record has. */
export const HEAD_CHUNK_SLOTS_MAX = 4096;
/** Word 0: how often the table has changed. */
const CHANGES = 0;

/**
 * Which files of `chunks_head/` there are: from slots, 1 to 4,095, which the records of sealed chunks carry, to the
 * numbers that the files are named by. In shared memory, so that every thread finds the files; only the main thread
 * writes to it. A slot is used again when no reader is left that could know its old file.
 */
export class HeadChunkSlots {
  /** The one buffer of the table. */
  readonly buffers: SharedArrayBuffer[] = [];
  #numbers: Uint32Array<ArrayBufferLike> = new Uint32Array(0);

  constructor() {
    this.attach(new SharedArrayBuffer(4 * HEAD_CHUNK_SLOTS_MAX));
  }

  /** One that waits for the buffer of another thread's table. */
  static empty(): HeadChunkSlots {
    const slots = new HeadChunkSlots();
    slots.buffers.length = 0;
    return slots;
  }

  /** From here on this is a view of the table in that buffer. */
  attach(buffer: SharedArrayBuffer): void {
    this.buffers.push(buffer);
    this.#numbers = new Uint32Array(buffer);
  }

  /** Rises with every file that comes or goes. */
  get changes(): number {
    return Atomics.load(this.#numbers, CHANGES);
  }

  /** The number of the file in a slot, 0 where the slot has none. */
  fileNumber(slot: number): number {
    return Atomics.load(this.#numbers, slot);
  }

  /** Gives a file a slot; 0 where none is free. */
  take(fileNumber: number): number {
    const slot = this.#numbers.indexOf(0, 1);
    if (slot < 0) return 0;
    Atomics.store(this.#numbers, slot, fileNumber);
    Atomics.add(this.#numbers, CHANGES, 1);
    return slot;
  }

  /** Makes a slot free. Nobody may look at its file any more. */
  release(slot: number): void {
    Atomics.store(this.#numbers, slot, 0);
    Atomics.add(this.#numbers, CHANGES, 1);
  }
}
