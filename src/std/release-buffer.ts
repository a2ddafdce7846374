/**
 * Gives the memory of a buffer back now instead of with some later collection, which looks at objects and may let hundreds of
 * megabytes of buffers wait. Who still has the buffer finds it empty.
 */
export function releaseBuffer(buffer: ArrayBuffer): void {
  buffer.transfer(0);
}
