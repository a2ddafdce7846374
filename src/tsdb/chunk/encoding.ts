/**
 * Encodings of chunks by the number that files carry. Source: Prometheus' `tsdb/docs/format/chunks.md`.
 * The head writes the first three.
 */
export const ENCODING = {
  none: 0,
  xor: 1,
  histogram: 2,
  floatHistogram: 3,
  xor2: 4,
  histogramStartTimes: 5,
  floatHistogramStartTimes: 6,
} as const;
