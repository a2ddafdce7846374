import { crc32c } from '../../kernels/crc32c.ts';
import { SINK_KERNEL_BASE64 } from './sink-kernel-code.ts';

/** Where the bytes begin, as `sink-kernel.as` draws them. */
const BYTES = 64 * 1024;
const WASM_PAGE_BYTES = 64 * 1024;

/** What of the standard is used here; the types of Node leave it out. */
declare const WebAssembly: {
  Module: new (code: Uint8Array) => object;
  Memory: new (size: { readonly initial: number; readonly maximum: number }) => { readonly buffer: ArrayBuffer };
  Instance: new (module: object, imports: object) => { readonly exports: unknown };
};

interface Exports {
  init(): void;
  crc32c(from: number, to: number, previous: number): number;
}

let module: object | null = null;

/** Bytes on their way to a file, with a WebAssembly kernel beside them that makes checksums of them (`tools/sink-kernel/`). */
export class SinkMemory {
  readonly bytes: Uint8Array;
  /** null where the host has no addresses for the kernel's memory: it takes gigabytes of them, if no memory. */
  readonly #kernel: Exports | null;

  constructor(size: number) {
    const memory = memoryOf(size);
    this.#kernel = memory === null ? null : kernelOver(memory);
    this.bytes = memory === null ? new Uint8Array(size) : new Uint8Array(memory.buffer, BYTES, size);
  }

  /** As `kernels/crc32c.ts`, of `bytes[start..end-1]`. */
  crc32c(start: number, end: number, previous: number): number {
    if (this.#kernel === null) return crc32c(this.bytes, start, end, previous);
    return this.#kernel.crc32c(BYTES + start, BYTES + end, previous) >>> 0;
  }
}

function memoryOf(size: number): { readonly buffer: ArrayBuffer } | null {
  const pages = Math.ceil((BYTES + size) / WASM_PAGE_BYTES);
  try {
    return new WebAssembly.Memory({ initial: pages, maximum: pages });
  } catch {
    return null;
  }
}

function kernelOver(memory: object): Exports {
  module ??= new WebAssembly.Module(Buffer.from(SINK_KERNEL_BASE64, 'base64'));
  const kernel = new WebAssembly.Instance(module, { env: { memory } }).exports as Exports;
  kernel.init();
  return kernel;
}
