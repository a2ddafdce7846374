import { histogramSampleBytesMax } from '../../kernels/histogram-encode.ts';
import type { FlatHistogram } from './flat-histogram.ts';
import { HISTOGRAM_HEADER_BYTES, layoutBytesMax } from './histogram-layout.ts';

/** The bytes that the first sample of a chunk may take; what is larger than an extent can not be stored. */
export function firstHistogramBytesMax({ layout, counts }: FlatHistogram): number {
  return HISTOGRAM_HEADER_BYTES + layoutBytesMax(layout) + histogramSampleBytesMax(counts.length);
}
