/**
 * Encodings of chunks by the number that files carry. Source: Prometheus' `tsdb/docs/format/chunks.md`.
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

/** True for the encodings of floats; their chunks take at most 1 KiB in memory. */
export function isFloatEncoding(encoding: number): boolean {
  return encoding === ENCODING.xor || encoding === ENCODING.xor2;
}

/** True for the encodings of histograms with a start time behind each sample. */
export function hasStartTimes(encoding: number): boolean {
  return encoding === ENCODING.histogramStartTimes || encoding === ENCODING.floatHistogramStartTimes;
}

/** The bits of a chunk's first two bytes that count samples; encodings with start times keep the counter reset above. */
export function countMask(encoding: number): number {
  return hasStartTimes(encoding) ? 0x3fff : 0xffff;
}

/** The encoding of histograms with start times behind them, or the one without. */
export function histogramEncoding(isInteger: boolean, startTimes: boolean): number {
  if (isInteger) return startTimes ? ENCODING.histogramStartTimes : ENCODING.histogram;
  return startTimes ? ENCODING.floatHistogramStartTimes : ENCODING.floatHistogram;
}

/** The encoding of the same samples without start times. */
export function plainEncoding(encoding: number): number {
  if (encoding === ENCODING.histogramStartTimes) return ENCODING.histogram;
  if (encoding === ENCODING.floatHistogramStartTimes) return ENCODING.floatHistogram;
  return encoding;
}

/** True for the encodings of histograms whose counts are integers. */
export function hasIntegerCounts(encoding: number): boolean {
  return encoding === ENCODING.histogram || encoding === ENCODING.histogramStartTimes;
}
