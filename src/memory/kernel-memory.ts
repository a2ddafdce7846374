/** A piece of shared memory that never moves; readers in any thread can be sent it. */
export type Slab = Uint8Array<SharedArrayBuffer>;

/** Where slabs come from. They are zero, and untouched pages of them take no memory. Throws a `RangeError` where there is none left. */
export type SlabSource = (bytes: number) => Slab;

/** Slabs that each are a buffer of their own. */
export function ownSlab(bytes: number): Slab {
  return new Uint8Array(new SharedArrayBuffer(bytes));
}

const PAGE_BYTES = 65_536;
const PAGES_MAX = 65_536;

/** What of the standard is used here; the types of Node leave it out. */
declare const WebAssembly: {
  Memory: new (options: { initial: number; maximum: number; shared: true }) => SharedMemory;
};

/** A `WebAssembly.Memory` that is shared; its buffer is another one after each `grow`, and the one before stays as it was. */
export interface SharedMemory {
  readonly buffer: SharedArrayBuffer;
  grow(pages: number): number;
}

/**
 * Slabs that lie in one WebAssembly memory, so that a kernel can work on them by their addresses. There are 4 GiB of
 * addresses; slabs beyond, or where the host has no such memory, are buffers of their own, and their address is 0.
 *
 * Growing makes pages usable and no more: pages become memory when they are touched. Nothing is given back before the whole.
 */
export class KernelMemory {
  /** null where the host has none. */
  readonly memory: SharedMemory | null;
  #pages: number;

  /** `headerBytes` at the start are the kernel's own. */
  constructor(headerBytes: number) {
    this.#pages = Math.ceil(headerBytes / PAGE_BYTES);
    try {
      this.memory = new WebAssembly.Memory({ initial: this.#pages, maximum: PAGES_MAX, shared: true });
    } catch {
      this.memory = null;
    }
  }

  readonly allocate: SlabSource = (bytes) => {
    const pages = Math.ceil(bytes / PAGE_BYTES);
    const { memory } = this;
    if (memory === null || this.#pages + pages > PAGES_MAX) return ownSlab(bytes);
    try {
      memory.grow(pages);
    } catch {
      return ownSlab(bytes);
    }
    const slab = new Uint8Array(memory.buffer, this.#pages * PAGE_BYTES, bytes);
    this.#pages += pages;
    return slab;
  };
}

/** Where a slab of a `KernelMemory` lies in it; 0 where it does not. */
export function slabAddress(slab: Slab): number {
  return slab.byteOffset;
}
