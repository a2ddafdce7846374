import { createSampleColumn } from '../../src/storage/query.ts';
import type { Database } from '../../src/tsdb/tsdb.ts';
import { ALL_TIME } from './head-support.ts';

/** Everything that a database has, a line for each series: values by their bits, histograms, exemplars. */
export async function showDatabase(database: Pick<Database, 'querier' | 'exemplars'>): Promise<string[]> {
  const querier = database.querier(ALL_TIME);
  const set = await querier.select({ matchers: [], range: ALL_TIME, sorted: true, limit: 0 });
  const column = createSampleColumn(1);
  const lines: string[] = [];
  for (let row = 0; row < set.length; row++) {
    set.read(row, column);
    let line = set.labels(row).toString();
    for (let i = 0; i < column.length; i++) {
      const histogram = column.histograms?.[i];
      const shown =
        histogram === undefined ? `${column.bits[2 * i]},${column.bits[2 * i + 1]}` : JSON.stringify(histogram);
      line += ` ${column.times[i]}=${shown}`;
    }
    lines.push(line);
  }
  querier.close();
  for (const { labels, exemplars } of await database.exemplars(ALL_TIME, [[]])) {
    lines.push(`exemplars ${labels} ${exemplars.map((one) => `${one.time}=${one.value}${one.labels}`).join(' ')}`);
  }
  return lines;
}
