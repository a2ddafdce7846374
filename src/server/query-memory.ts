/** The share of the host's memory that all query threads together may use. */
const MEMORY_SHARE = 1 / 2;
/** But each this much: less does not serve. */
const THREAD_BYTES_MIN = 256 * 2 ** 20;

/** What a query thread may use. */
export interface QueryMemory {
  /** Objects and buffers of its queries together; the one that goes beyond fails. */
  readonly memoryBytesMax: number;
  /** The JavaScript heap at which V8 ends the thread. */
  readonly heapMegabytesMax: number;
}

/**
 * The memory of each of so many query threads on a host with `hostBytes`, where a query may have allocated `bytesMax`.
 *
 * V8 begins to collect at the middle between what is in use and the end of its heap at the latest, and goes on beside the program;
 * at `memoryBytesMax` the program waits for it. With an end half above that, V8 comes first wherever half of the memory is garbage.
 */
export function queryMemory(bytesMax: number, threads: number, hostBytes: number): QueryMemory {
  const share = (MEMORY_SHARE * hostBytes) / threads;
  const memoryBytesMax = Math.floor(Math.max(THREAD_BYTES_MIN, Math.min(2 * bytesMax, share)));
  return { memoryBytesMax, heapMegabytesMax: Math.ceil((1.5 * memoryBytesMax) / 2 ** 20) };
}
