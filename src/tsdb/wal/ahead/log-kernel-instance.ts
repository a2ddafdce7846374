import { LOG_KERNEL_BASE64 } from './log-kernel-code.ts';

/** 256 MiB, and the pieces behind that, as `tools/build-kernels.ts` says; few of them become memory. */
const MEMORY_PAGES = 4600;

/** What of the standard is used here; the types of Node leave it out. */
declare const WebAssembly: {
  Memory: new (size: { initial: number; maximum: number; shared: true }) => LogMemory;
  Module: new (code: Uint8Array) => object;
  Instance: new (module: object, imports: object) => { readonly exports: unknown };
};

/** The memory of the log kernel, which threads may have in common. */
export interface LogMemory {
  readonly buffer: SharedArrayBuffer;
}

interface Global {
  value: number;
}

/** The functions and globals of the module. */
export interface LogKernelExports {
  readonly outbox: Global;
  readonly loose: Global;
  readonly waiting: Global;
  readonly leftOut: Global;
  readonly samplesTaken: Global;
  readonly recordsTaken: Global;
  readonly readyEnd: Global;
  init(rangeMs: number): void;
  allocate(bytes: number): number;
  crc32c(start: number, end: number): number;
  snappy(start: number, end: number, output: number, limit: number): number;
  ready(slot: number, size: number, from: number, stop: number, isInside: number): number;
  samples(start: number, end: number): number;
  usualSamples(list: number, count: number): number;
  resume(): number;
  add(ref: number, time: number, low: number, high: number): number;
  handAll(): number;
  handOne(ref: number): number;
  forgetSeries(): void;
  series(start: number, end: number): number;
  resumeSeries(): number;
}

/** Throws a `RangeError` where the host has no such memory. */
export function createLogMemory(): LogMemory {
  return new WebAssembly.Memory({ initial: MEMORY_PAGES, maximum: MEMORY_PAGES, shared: true });
}

/** An instance of `tools/log-kernel/log-kernel.as`. V8 compiles the module once, for however many threads. */
export function instantiateLogKernel(memory: LogMemory, abort: () => never): LogKernelExports {
  const module = new WebAssembly.Module(Buffer.from(LOG_KERNEL_BASE64, 'base64'));
  return new WebAssembly.Instance(module, { env: { memory, abort } }).exports as LogKernelExports;
}
