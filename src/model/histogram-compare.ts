import { CUSTOM_BUCKETS_SCHEMA, type FloatHistogram, type Span } from './histogram.ts';

/**
 * True where two histograms hold the same data: same buckets, empty ones included, and same numbers. NaN equals NaN, and
 * 0 differs from -0; counter reset hints are not compared.
 */
export function histogramsEqual(a: FloatHistogram, b: FloatHistogram): boolean {
  return (
    a.schema === b.schema &&
    Object.is(a.count, b.count) &&
    Object.is(a.sum, b.sum) &&
    (a.schema !== CUSTOM_BUCKETS_SCHEMA || boundsEqual(a.customValues, b.customValues)) &&
    a.zeroThreshold === b.zeroThreshold &&
    Object.is(a.zeroCount, b.zeroCount) &&
    spansEqual(a.negativeSpans, b.negativeSpans) &&
    countsEqual(a.negativeCounts, b.negativeCounts) &&
    spansEqual(a.positiveSpans, b.positiveSpans) &&
    countsEqual(a.positiveCounts, b.positiveCounts)
  );
}

/** Custom bounds are finite and not NaN. */
export function boundsEqual(a: readonly number[], b: readonly number[]): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Spans are equal when they are so without the empty ones among them. */
function spansEqual(a: readonly Span[], b: readonly Span[]): boolean {
  const x = withoutEmpty(a);
  const y = withoutEmpty(b);
  return x.length === y.length && x.every((span, i) => span.offset === y[i]!.offset && span.length === y[i]!.length);
}

function withoutEmpty(spans: readonly Span[]): readonly Span[] {
  if (spans.every((span) => span.length > 0)) return spans;
  const kept: Span[] = [];
  let skipped = 0;
  for (const { offset, length } of spans) {
    if (length === 0) {
      skipped += offset;
    } else {
      kept.push({ offset: offset + skipped, length });
      skipped = 0;
    }
  }
  return kept;
}

function countsEqual(a: readonly number[], b: readonly number[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (!Object.is(a[i], b[i])) return false;
  return true;
}
