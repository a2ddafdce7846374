import { largeExtentCapacity } from '../../memory/large-extents.ts';
import { firstHistogramBytesMax } from '../chunk/first-histogram-bytes.ts';
import type { FlatHistogram } from '../chunk/flat-histogram.ts';
import type { LateRows } from './late-rows.ts';
import { OPEN_SAMPLES_BYTES_MAX, OPEN_SAMPLES_MAX } from './open-samples.ts';
import { SEALED_FLOAT_BYTES_MAX, type SealMemory } from './seal-samples.ts';

/** A histogram that is going to be inserted, as far as memory is concerned. */
export interface LateHistogram {
  readonly row: number;
  readonly sample: FlatHistogram;
}

/** Makes sure that so many samples can be inserted, and their buffers sealed, without asking the host for memory. */
export function reserveLateRoom(
  memory: SealMemory,
  rows: LateRows,
  samples: number,
  histograms: readonly LateHistogram[],
): void {
  memory.extents.reserve(samples * (OPEN_SAMPLES_BYTES_MAX + SEALED_FLOAT_BYTES_MAX));
  let chunks = samples;
  let bytes = 0;
  let largest = 0;
  const add = (sample: FlatHistogram): void => {
    const most = largeExtentCapacity(2 * firstHistogramBytesMax(sample));
    chunks++;
    bytes += most;
    largest = Math.max(largest, most);
  };
  const seen = new Set<number>();
  for (const { row, sample } of histograms) {
    add(sample);
    if (seen.has(row)) continue;
    seen.add(row);
    for (const open of rows.get(row)?.histograms ?? []) if (open !== null) add(open);
  }
  // A buffer of floats and histograms in turn makes a chunk of each.
  memory.sealed.reserve(chunks + 2 * histograms.length * OPEN_SAMPLES_MAX);
  if (bytes > 0) memory.large.reserve(bytes, largest);
}
