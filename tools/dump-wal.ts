import { nodeFiles } from '../src/std/node-files.ts';
import { RecordDecompressor } from '../src/tsdb/wal/compression.ts';
import { RecordDecoder } from '../src/tsdb/wal/decode-records.ts';
import { SNAPPY_FLAG } from '../src/tsdb/wal/framing.ts';
import { RECORD } from '../src/tsdb/wal/record-types.ts';
import { type BadBytes, SegmentReader } from '../src/tsdb/wal/segment-reader.ts';
import { lastCheckpoint, listSegments, segmentPath } from '../src/tsdb/wal/segments.ts';
import type { WalVisitor } from '../src/tsdb/wal/visitor.ts';

/**
 * Prints a write-ahead log, ours or Prometheus': one line for each record, its entries below it with `--entries`, and
 * every range of bytes that is no record. Changes nothing.
 *
 *     node tools/dump-wal.ts data/wal [--entries]
 *     node tools/dump-wal.ts data/wal/00000003 --entries
 */
function main(): void {
  const [path, flag] = process.argv.slice(2);
  if (path === undefined || (flag !== undefined && flag !== '--entries')) {
    console.error('Usage: node tools/dump-wal.ts DIRECTORY|SEGMENT [--entries]');
    process.exit(2);
  }
  for (const segment of segmentsOf(path)) dumpSegment(segment, flag === '--entries');
}

function segmentsOf(path: string): string[] {
  if (nodeFiles.statSync(path)?.kind === 'file') return [path];
  const checkpoint = lastCheckpoint(nodeFiles, path);
  const older = checkpoint === null ? [] : listSegments(nodeFiles, checkpoint.path);
  return [
    ...older.map((number) => segmentPath(checkpoint!.path, number)),
    ...listSegments(nodeFiles, path).map((number) => segmentPath(path, number)),
  ];
}

function dumpSegment(path: string, withEntries: boolean): void {
  const file = nodeFiles.openSync(path, 'r');
  const reader = new SegmentReader(file, RECORD_BYTES_MAX);
  const decompressor = new RecordDecompressor(RECORD_BYTES_MAX);
  const decoder = new RecordDecoder(withEntries ? printingVisitor : silentVisitor);
  console.log(`${path}: ${reader.size} bytes`);
  let told = 0;
  while (reader.next()) {
    for (; told < reader.bad.length; told++) printBad(reader.bad[told]!);
    const record = decompressor.decompress(reader.record, reader.recordSize, reader.recordFlags);
    const stored = `${reader.recordSize} bytes ${compressionOf(reader.recordFlags)}`;
    if (typeof record === 'string') {
      console.log(`${place(reader.recordOffset)} unreadable, ${stored}: ${record}`);
      continue;
    }
    console.log(`${place(reader.recordOffset)} ${typeName(record[0])}, ${stored}, ${record.length} bytes plain`);
    const reason = decoder.visit(record);
    if (reason !== null) console.log(`${INDENT}malformed: ${reason}`);
  }
  for (; told < reader.bad.length; told++) printBad(reader.bad[told]!);
  if (reader.tail !== null) printBad(reader.tail);
  const counts = Object.entries(decoder.counts).filter(([, count]) => count > 0);
  console.log(`${INDENT}${counts.map(([name, count]) => `${count} ${name}`).join(', ') || 'nothing'}\n`);
  file.closeSync();
}

const RECORD_BYTES_MAX = 1024 * 1024 * 1024;
const INDENT = ' '.repeat(11);

function printBad(bad: BadBytes): void {
  console.log(`${place(bad.offset)} DAMAGED, ${bad.size} bytes: ${bad.reason}`);
}

function place(offset: number): string {
  return String(offset).padStart(10);
}

function typeName(type: number | undefined): string {
  return Object.entries(RECORD).find(([, number]) => number === type)?.[0] ?? `unknown type ${type}`;
}

function compressionOf(flags: number): string {
  if (flags === 0) return 'uncompressed';
  return flags === SNAPPY_FLAG ? 'snappy' : 'zstd';
}

const silentVisitor: WalVisitor = {
  series() {},
  samples() {},
  histograms() {},
  exemplars() {},
  tombstones() {},
  metadata() {},
};

const printEntries = (entries: readonly unknown[]) => {
  for (const entry of entries) console.log(`${INDENT}${JSON.stringify(entry)}`);
};

const printingVisitor: WalVisitor = {
  series: (ref, labels) => console.log(`${INDENT}series ${ref} ${labels}`),
  samples({ length, refs, times, values, startTimes }) {
    for (let i = 0; i < length; i++) {
      const start = startTimes === null ? '' : ` since ${startTimes[i]}`;
      console.log(`${INDENT}sample ${refs[i]} at ${times[i]}${start}: ${values[i]}`);
    }
  },
  histograms: printEntries,
  exemplars: printEntries,
  tombstones: printEntries,
  metadata: printEntries,
};

main();
