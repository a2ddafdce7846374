import { goDuration } from '../../model/go-duration.ts';
import { METRIC_NAME } from '../../model/labels.ts';
import type { Matcher } from '../../model/matcher.ts';
import { compareUtf8 } from '../../model/utf8.ts';
import type { Block } from '../../tsdb/block/block.ts';
import { createChunkMetas } from '../../tsdb/block/series-entries.ts';
import { matchersToRows } from '../../tsdb/select/matchers-to-rows.ts';
import { compactionText } from './tsdb-chunk-statistics.ts';

export interface AnalyzeOptions {
  readonly block: Block;
  /** Lines of each list. */
  readonly limit: number;
  /** Look into the chunks too. */
  readonly isExtended: boolean;
  /** A selector with its text; null: all series. */
  readonly selector: { readonly text: string; readonly matchers: readonly Matcher[] } | null;
}

/**
 * What a block holds, as `promtool tsdb analyze` tells it: which labels change most and have the most values. Where
 * numbers are equal the order is that of the names; the reference's is that of its hash tables. Throws `DamagedFile`.
 */
export function analysisText({ block, isExtended, limit, selector }: AnalyzeOptions): string {
  const { maxTime, minTime, stats, ulid } = block.meta;
  const matchers = selector?.matchers ?? [];
  const querier = block.querier({ minTime: -Infinity, maxTime: Infinity });
  try {
    const names = querier.labelNames(matchers, 0);
    const rows = matchersToRows(block.rowIndex, matchers);
    const counts = countLabels(block, rows);
    const lines = [`Block ID: ${ulid}`, `Duration: ${goDuration(maxTime - minTime)}`, `Total Series: ${stats.series}`];
    if (selector !== null) lines.push(`Matcher: ${selector.text}`);
    lines.push(`Label names: ${names.length}`);
    if (selector !== null) lines.push(`Matched series: ${rows.length}`);
    lines.push(
      `Postings (unique label pairs): ${counts.pairs.size}`,
      `Postings entries (total label pairs): ${counts.entries}`,
    );
    const values = names.map((name) => [name, querier.labelValues(name, matchers, 0)] as const);
    const list = (title: string, entries: Iterable<readonly [string, number]>) => {
      lines.push('', `${title}:`);
      const sorted = [...entries].sort((a, b) => b[1] - a[1] || compareUtf8(a[0], b[0]));
      for (const [key, count] of sorted.slice(0, Math.max(0, limit))) lines.push(`${count} ${key}`);
    };
    const share = (uncovered: number) => Math.trunc(uncovered / (maxTime - minTime));
    list(
      'Label pairs most involved in churning',
      Array.from(counts.pairs, ([pair, { uncovered }]) => [pair, share(uncovered)]),
    );
    list(
      'Label names most involved in churning',
      Array.from(counts.names, ([name, uncovered]) => [name, share(uncovered)]),
    );
    list(
      'Most common label pairs',
      Array.from(counts.pairs, ([pair, { series }]) => [pair, series]),
    );
    list(
      'Label names with highest cumulative label value length',
      values.map(([name, list]) => [name, list.reduce((sum, value) => sum + Buffer.byteLength(value), 0)]),
    );
    list(
      'Highest cardinality labels',
      values.map(([name, list]) => [name, list.length]),
    );
    list('Highest cardinality metric names', counts.metrics);
    return `${lines.join('\n')}\n${isExtended ? compactionText(block, rows) : ''}`;
  } finally {
    querier.close();
  }
}

interface LabelCounts {
  /** By `name=value`: series that have the pair, and the time of the block that they leave uncovered (ms). */
  readonly pairs: ReadonlyMap<string, { readonly series: number; readonly uncovered: number }>;
  /** By label name. */
  readonly names: ReadonlyMap<string, number>;
  /** Series by metric name. */
  readonly metrics: ReadonlyMap<string, number>;
  readonly entries: number;
}

function countLabels({ index, meta }: Block, rows: Uint32Array): LabelCounts {
  const pairs = new Map<string, { series: number; uncovered: number }>();
  const names = new Map<string, number>();
  const metrics = new Map<string, number>();
  const chunks = createChunkMetas();
  let entries = 0;
  for (const row of rows) {
    index.series.chunks(row, chunks);
    const covered = chunks.count === 0 ? 0 : chunks.maxTimes[chunks.count - 1]! - chunks.minTimes[0]!;
    const uncovered = meta.maxTime - meta.minTime - covered;
    const labels = index.series.labels(row).pairs;
    for (let i = 0; i < labels.length; i += 2) {
      const name = labels[i]!;
      const pair = `${name}=${labels[i + 1]}`;
      const known = pairs.get(pair);
      if (known === undefined) pairs.set(pair, { series: 1, uncovered });
      else {
        known.series++;
        known.uncovered += uncovered;
      }
      names.set(name, (names.get(name) ?? 0) + uncovered);
      if (name === METRIC_NAME) metrics.set(labels[i + 1]!, (metrics.get(labels[i + 1]!) ?? 0) + 1);
      entries++;
    }
  }
  return { pairs, names, metrics, entries };
}
