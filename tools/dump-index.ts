import { nodeFiles } from '../src/std/node-files.ts';
import { IndexReader } from '../src/tsdb/block/index-reader.ts';
import { PageCache } from '../src/tsdb/block/paged-file.ts';
import { createChunkMetas } from '../src/tsdb/block/series-entries.ts';

/**
 * Prints the index of a block, ours or Prometheus': where its sections are, then with `--entries` each symbol list, label
 * and series with its chunks. Changes nothing; ends with exit code 1 at the first damage.
 *
 *     node tools/dump-index.ts data/01M7Y2YCE48314TZWWY00MFCXN/index [--entries]
 */
function main(): void {
  const [path, flag] = process.argv.slice(2);
  if (path === undefined || (flag !== undefined && flag !== '--entries')) {
    console.error('Usage: node tools/dump-index.ts FILE [--entries]');
    process.exit(2);
  }
  try {
    const index = IndexReader.open(nodeFiles, path, new PageCache(CACHE_BYTES));
    printSections(index);
    if (flag === '--entries') printEntries(index);
    index.closeSync();
  } catch (error) {
    console.error((error as Error).message);
    process.exit(1);
  }
}

const CACHE_BYTES = 16 * 1024 * 1024;

function printSections(index: IndexReader): void {
  console.log(`${index.path}: ${index.bytes} bytes, version ${index.version}`);
  for (const [name, offset] of Object.entries(index.toc)) console.log(`${place(offset)} ${name}`);
  const names = index.table.names();
  const pairs = names.reduce((sum, name) => sum + index.table.valueCount(name), 0);
  console.log(`${INDENT}${index.symbols.count} symbols, ${names.length} label names, ${pairs} label pairs`);
  console.log(`${INDENT}${allRows(index).length} series, ${index.residentBytes} bytes stay in memory\n`);
}

function printEntries(index: IndexReader): void {
  for (const name of index.table.names()) {
    index.table.visitValues(name, (value, offset) => {
      console.log(
        `${place(offset)} ${JSON.stringify(name)}=${JSON.stringify(value)}: ${index.postingsCount(offset)} series`,
      );
      return true;
    });
  }
  const chunks = createChunkMetas();
  const scale = index.version === 1 ? 1 : 16;
  for (const row of allRows(index)) {
    console.log(`${place(row * scale)} series ${row} ${index.series.labels(row)}`);
    index.series.chunks(row, chunks);
    for (let i = 0; i < chunks.count; i++) {
      const segment = Math.floor(chunks.refs[i]! / 2 ** 32);
      const offset = chunks.refs[i]! - segment * 2 ** 32;
      const times = `${chunks.minTimes[i]} to ${chunks.maxTimes[i]}`;
      console.log(`${INDENT}chunk from ${times} in segment ${segment + 1} at ${offset}`);
    }
  }
}

const INDENT = ' '.repeat(11);

function allRows(index: IndexReader): Uint32Array {
  const offset = index.table.find('', '');
  return offset < 0 ? new Uint32Array(0) : index.postings(offset, new Uint32Array(0));
}

function place(offset: number): string {
  return String(offset).padStart(10);
}

main();
