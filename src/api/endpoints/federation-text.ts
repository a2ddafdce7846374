import { goFloatCompact } from '../../model/go-float.ts';
import type { FloatHistogram } from '../../model/histogram.ts';
import { isLegacyMetricName, METRIC_NAME } from '../../model/labels.ts';
import { type EscapingScheme, escapeName } from './escape-name.ts';

/** One sample of a federated metric. */
export interface FederatedSample {
  /** Name, value, name, value, ...; the metric name is among them. */
  readonly pairs: readonly string[];
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly value: number;
  /** A histogram with custom buckets; it is written as a classic one. */
  readonly histogram: FloatHistogram | null;
}

/**
 * Writes samples in the text format 0.0.4, one after the other; a `TYPE` line goes before each new name or kind.
 * Source of the format: Prometheus' `docs/instrumenting/exposition_formats.md`.
 */
export class FederationText {
  readonly #scheme: EscapingScheme;
  /** Label pairs added where a sample does not have the name, in order of names. */
  readonly #added: readonly string[];
  #lastName = '';
  #lastType = '';

  constructor(scheme: EscapingScheme, added: readonly string[]) {
    this.#scheme = scheme;
    this.#added = added;
  }

  /** The lines of one sample; null for one without a metric name, which can not be written. */
  lines(sample: FederatedSample): string | null {
    const { pairs, time, histogram } = sample;
    const at = nameIndex(pairs);
    if (at < 0) return null;
    const metric = escapeName(pairs[at + 1]!, this.#scheme);
    const labels = this.#labels(pairs);
    const head = this.#head(pairs[at + 1]!, metric, histogram);
    if (histogram === null) return `${head}${line(metric, labels, sample.value, time)}`;
    let lines = head;
    const counts = cumulativeCounts(histogram);
    for (const [i, bound] of histogram.customValues.entries()) {
      const bucket = [...labels, `le="${goFloatCompact(bound)}"`];
      lines += line(`${metric}_bucket`, bucket, counts[i]!, time);
    }
    lines += line(`${metric}_bucket`, [...labels, 'le="+Inf"'], histogram.count, time);
    lines += line(`${metric}_sum`, labels, histogram.sum, time);
    return lines + line(`${metric}_count`, labels, histogram.count, time);
  }

  #head(name: string, metric: string, histogram: FloatHistogram | null): string {
    const type = histogram === null ? 'untyped' : 'histogram';
    if (name === this.#lastName && type === this.#lastType) return '';
    this.#lastName = name;
    this.#lastType = type;
    return `# TYPE ${isLegacyMetricName(metric) ? metric : quoted(metric)} ${type}\n`;
  }

  #labels(pairs: readonly string[]): string[] {
    const labels: string[] = [];
    const added = this.#added;
    for (let i = 0; i < pairs.length; i += 2) {
      if (pairs[i] !== METRIC_NAME) labels.push(this.#label(pairs[i]!, pairs[i + 1]!));
    }
    for (let i = 0; i < added.length; i += 2) {
      if (!hasName(pairs, added[i]!)) labels.push(this.#label(added[i]!, added[i + 1]!));
    }
    return labels;
  }

  #label(name: string, value: string): string {
    const written = escapeName(name, this.#scheme);
    return `${isLegacyMetricName(written) ? written : quoted(written)}=${quoted(value)}`;
  }
}

/** `name{labels} value time`; a name that the classic format has no place for goes into the braces, quoted. */
function line(metric: string, labels: readonly string[], value: number, time: number): string {
  const isPlain = isLegacyMetricName(metric);
  const inBraces = isPlain ? labels : [quoted(metric), ...labels];
  const braces = inBraces.length > 0 ? `{${inBraces.join(',')}}` : '';
  return `${isPlain ? metric : ''}${braces} ${goFloatCompact(value)} ${time}\n`;
}

function quoted(text: string): string {
  const escaped = /["\\\n]/.test(text)
    ? text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"')
    : text;
  return `"${escaped}"`;
}

/** Observations up to each custom bound. */
function cumulativeCounts({ customValues, positiveSpans, positiveCounts }: FloatHistogram): number[] {
  const counts = new Array<number>(customValues.length).fill(0);
  let bucket = 0;
  let index = 0;
  for (const { offset, length } of positiveSpans) {
    index += offset;
    for (let i = 0; i < length; i++, index++, bucket++) {
      if (index < counts.length) counts[index] = positiveCounts[bucket]!;
    }
  }
  for (let i = 1; i < counts.length; i++) counts[i]! += counts[i - 1]!;
  return counts;
}

function nameIndex(pairs: readonly string[]): number {
  for (let i = 0; i < pairs.length; i += 2) if (pairs[i] === METRIC_NAME) return i;
  return -1;
}

function hasName(pairs: readonly string[], name: string): boolean {
  for (let i = 0; i < pairs.length; i += 2) if (pairs[i] === name) return true;
  return false;
}
