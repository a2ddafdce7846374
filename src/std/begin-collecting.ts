import { releaseBuffer } from './release-buffer.ts';

/** V8 begins to mark where buffers have grown by 64 MiB since its last collection, whoever they belong to. */
const PRESSURE_BYTES = 72 * 2 ** 20;

/**
 * Makes V8 begin a collection of this thread's heap, which goes on beside the program and ends in a pause of its own choice. Does nothing
 * where one is under way, and where there are no addresses left. Of the memory that it asks for nothing is ever touched.
 */
export function beginCollecting(): void {
  try {
    releaseBuffer(new ArrayBuffer(PRESSURE_BYTES));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
}
