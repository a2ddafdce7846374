import { METRIC_NAME } from '../../model/labels.ts';
import type { HeadMemory } from './head-memory.ts';
import type { LabelIndex } from './label-index.ts';
import { LargestCounts, type NameAndCount } from './largest-counts.ts';

/** The largest counts of the head's labels, each list largest first. */
export interface LabelStatistics {
  readonly seriesByMetric: readonly NameAndCount[];
  readonly valuesByName: readonly NameAndCount[];
  /** What the label costs in all series, were each label set kept by itself. */
  readonly bytesByName: readonly NameAndCount[];
  /** By `name=value`. */
  readonly seriesByPair: readonly NameAndCount[];
}

/** Pairs looked at between two points at which the work may be interrupted. */
const STEP_PAIRS = 512;

/** Counts from the label index, in steps: what takes time is the number of label values, not that of series. */
export function* labelStatistics(
  { symbols }: Pick<HeadMemory, 'symbols'>,
  index: LabelIndex,
  limit: number,
): Generator<undefined, LabelStatistics> {
  const seriesByMetric = new LargestCounts(limit);
  const valuesByName = new LargestCounts(limit);
  const bytesByName = new LargestCounts(limit);
  const seriesByPair = new LargestCounts(limit);
  const metricName = symbols.find(METRIC_NAME);
  for (const name of index.names().slice()) {
    const nameText = symbols.text(name);
    const values = index.values(name).slice();
    let bytes = 0;
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!;
      const series = index.rowCount(name, value);
      bytes += series * (storedBytes(symbols.byteLength(name)) + storedBytes(symbols.byteLength(value)));
      if (name === metricName && seriesByMetric.wants(series)) seriesByMetric.add(symbols.readText(value), series);
      if (seriesByPair.wants(series)) seriesByPair.add(`${nameText}=${symbols.readText(value)}`, series);
      if (i % STEP_PAIRS === STEP_PAIRS - 1) yield;
    }
    valuesByName.add(nameText, values.length);
    bytesByName.add(nameText, bytes);
    yield;
  }
  return {
    seriesByMetric: seriesByMetric.sorted(),
    valuesByName: valuesByName.sorted(),
    bytesByName: bytesByName.sorted(),
    seriesByPair: seriesByPair.sorted(),
  };
}

/** A text in a label set as the reference keeps it: its bytes behind their number, which takes one byte or four. */
function storedBytes(bytes: number): number {
  return bytes + (bytes < 255 ? 1 : 4);
}
