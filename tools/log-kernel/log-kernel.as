/**
 * What the thread that reads the log ahead does for every byte and every sample, in AssemblyScript: checksums,
 * decompression, and the samples of a log, which come scrape by scrape, into one open XOR chunk for each ref.
 * `layout.as` draws what it keeps and hands out.
 */

import { makeTables } from './checksum';
import { reserveBlocks } from './memory';
import { setRange } from './open-chunk';

export { crc32c } from './checksum';
export { handAll, handOne } from './hand-out';
export { forgetSeries, resumeSeries, series } from './label-sets';
export { allocate } from './memory';
export { outbox, waiting } from './open-chunk';
export { ready, readyEnd } from './pieces';
export { add, leftOut, loose, recordsTaken, resume, samples, samplesTaken, usualSamples } from './samples';
export { snappy } from './snappy';

/** To be called once, with the width of the ranges that chunks are aligned to, ms. */
export function init(range: f64): void {
  setRange(<i64>range);
  makeTables();
  reserveBlocks();
}
