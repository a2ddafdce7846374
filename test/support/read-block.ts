import type { FloatHistogram } from '../../src/model/histogram.ts';
import type { FileSystem } from '../../src/std/file-system.ts';
import { createSampleColumn, type TimeRange } from '../../src/storage/query.ts';
import { Block } from '../../src/tsdb/block/block.ts';
import { PageCache } from '../../src/tsdb/block/paged-file.ts';

export const ALL_TIMES: TimeRange = { minTime: Number.MIN_SAFE_INTEGER, maxTime: Number.MAX_SAFE_INTEGER };

export type ReadSample = readonly [time: number, value: number | FloatHistogram];

/** Every series of a block as a query sees it: the text of its labels, and its samples. */
export function readBlock(fileSystem: FileSystem, directory: string): [labels: string, samples: ReadSample[]][] {
  const block = openBlock(fileSystem, directory);
  try {
    const querier = block.querier(ALL_TIMES);
    const found = querier.select({ matchers: [], range: ALL_TIMES, sorted: true, limit: 0 });
    const series: [string, ReadSample[]][] = [];
    const column = createSampleColumn(0);
    for (let row = 0; row < found.length; row++) {
      found.read(row, column);
      const samples: ReadSample[] = [];
      for (let i = 0; i < column.length; i++) {
        samples.push([column.times[i]!, column.histograms?.[i] ?? column.values[i]!]);
      }
      series.push([String(found.labels(row)), samples]);
    }
    querier.close();
    return series;
  } finally {
    block.close();
  }
}

export function openBlock(fileSystem: FileSystem, directory: string): Block {
  return Block.open(fileSystem, directory, { index: new PageCache(2 ** 20), chunks: new PageCache(2 ** 20) });
}
