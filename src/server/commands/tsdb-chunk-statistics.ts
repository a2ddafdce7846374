import { clearColumn } from '../../storage/merge-columns.ts';
import { createSampleColumn, type SampleColumn } from '../../storage/query.ts';
import type { Block } from '../../tsdb/block/block.ts';
import { createChunkMetas } from '../../tsdb/block/series-entries.ts';
import { ENCODING } from '../../tsdb/chunk/encoding.ts';

/** How large the chunks of some rows are and how much is in them. Throws `DamagedFile`. */
export function compactionText({ chunks, index }: Block, rows: Uint32Array): string {
  const floatSamples = new Distribution();
  const floatBytes = new Distribution();
  const histogramSamples = new Distribution();
  const histogramBytes = new Distribution();
  const buckets = new Distribution();
  const metas = createChunkMetas();
  const column = createSampleColumn(256);
  let total = 0;
  for (const row of rows) {
    index.series.chunks(row, metas);
    for (let i = 0; i < metas.count; i++) {
      const ref = metas.refs[i]!;
      const entry = chunks.entry(ref);
      const isFloat = entry[0] === ENCODING.xor || entry[0] === ENCODING.xor2;
      clearColumn(column);
      chunks.read(ref, column);
      (isFloat ? floatSamples : histogramSamples).add(column.length);
      (isFloat ? floatBytes : histogramBytes).add(entry.length - 1);
      if (!isFloat) buckets.add(bucketsOf(column));
      total++;
    }
  }
  return [
    '\nCompaction analysis:\n\n',
    floatSamples.text('samples per float chunk', total),
    floatBytes.text('bytes per float chunk', total),
    histogramSamples.text('samples per histogram chunk', total),
    histogramBytes.text('bytes per histogram chunk', total),
    buckets.text('buckets per histogram chunk', total),
  ].join('');
}

function bucketsOf({ histograms, length }: SampleColumn): number {
  let count = 0;
  for (let i = 0; i < length; i++) {
    const histogram = histograms?.[i];
    if (histogram !== undefined) count += histogram.positiveCounts.length + histogram.negativeCounts.length;
  }
  return count;
}

/** Ranges are as wide as a power of ten that gives about ten of them. */
const RANGE_MIN = 10;
const RANGE_MAX = 100_000;

/** How often each whole number occurred. */
class Distribution {
  readonly #counts = new Map<number, number>();
  #sum = 0;
  #count = 0;

  add(value: number): void {
    this.#counts.set(value, (this.#counts.get(value) ?? 0) + 1);
    this.#sum += value;
    this.#count++;
  }

  /** A bar for each range; the longest possible one stands for `total`. */
  text(title: string, total: number): string {
    if (this.#count === 0) return `${title}: N/A\n\n`;
    const values = [...this.#counts.keys()].sort((a, b) => a - b);
    const min = values[0]!;
    const max = values.at(-1)!;
    let width = RANGE_MIN;
    while (width < Math.trunc((max - min) / 10) && width < RANGE_MAX) width *= 10;
    const start = min - (min % width);
    const end = max - (max % width) + width;
    const ranges = new Array<number>((end - start) / width + 1).fill(0);
    for (const [value, count] of this.#counts) ranges[Math.trunc((value - start) / width)]! += count;
    const most = ranges.reduce((a, b) => Math.max(a, b), 0);
    const lines = [`${title} (min/avg/max): ${min}/${Math.trunc(this.#sum / this.#count)}/${max}`];
    for (const [i, count] of ranges.entries()) {
      const from = String(i * width + start + 1).padStart(String(end).length);
      const to = String((i + 1) * width + start).padStart(String(end + width).length);
      const bar = '#'.repeat(Math.trunc((100 * count) / total));
      lines.push(`[${from}, ${to}]: ${String(count).padStart(String(most).length)} ${bar}`);
    }
    return `${lines.join('\n')}\n\n`;
  }
}
