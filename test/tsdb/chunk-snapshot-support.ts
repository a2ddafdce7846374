import type { Histogram } from '../../src/model/histogram.ts';
import { labelsFromObject } from '../../src/model/labels.ts';
import type { MemoryFiles } from '../../src/std/memory-files.ts';
import { RecordBuffer } from '../../src/tsdb/wal/record-buffer.ts';
import { exemplarsRecord, writeHistogram } from '../../src/tsdb/wal/records.ts';
import { encodeSamples } from '../support/chunk-source.ts';
import { openWriter } from './wal-support.ts';

const PAGE_BYTES = 32 * 1024;

/** The `i`th sample of the histogram in a snapshot. */
export function histogramAt(i: number): Histogram {
  return {
    kind: 'integer',
    counterResetHint: 'unknown',
    schema: 1,
    zeroThreshold: 0.001,
    zeroCount: i,
    count: i + 3,
    sum: i / 3,
    positiveSpans: [{ offset: 0, length: 2 }],
    negativeSpans: [],
    positiveDeltas: [1, 1],
    negativeDeltas: [],
    customValues: [],
  };
}

/** Names of series and how many samples each has; the one named `histogram` has histograms. */
export type SnapshotSeries = readonly (readonly [name: string, count: number])[];

/**
 * Writes a snapshot of Prometheus' head in `/data` that reaches to a place of the log, with a deletion and an exemplar of its first
 * series; returns the path of its one segment.
 */
export function writeChunkSnapshot(
  files: MemoryFiles,
  segment: number,
  offset: number,
  named: SnapshotSeries,
  compression: 'none' | 'snappy' = 'snappy',
): string {
  const directory = `/data/chunk_snapshot.${String(segment).padStart(6, '0')}.${String(offset).padStart(10, '0')}`;
  const buffer = new RecordBuffer();
  const series = named.map(([name, count], i) => seriesRecord(buffer, i + 1, name, count));
  buffer.begin(2);
  // The second one ends before it begins, as Prometheus writes it where a series has no sample in the range.
  const deleted = Uint8Array.of(1, 3, 0xf0, 0x2e, 0xb0, 0x6d, 1, 0xf0, 0x2e, 0x64);
  buffer.uvarint(deleted.length);
  buffer.raw(deleted, 0, deleted.length);
  const tombstones = buffer.take();
  const exemplars = exemplarsRecord([{ ref: 1, time: 500, value: 7, labels: labelsFromObject({ trace: 'é' }) }]);
  exemplars[0] = 3;
  openWriter(files, { directory, compression }).append([...series, tombstones, exemplars]);
  const path = `${directory}/00000000`;
  const bytes = files.readFileSync(path);
  const padded = new Uint8Array(Math.ceil(bytes.length / PAGE_BYTES) * PAGE_BYTES);
  padded.set(bytes);
  put(files, path, padded);
  return path;
}

function seriesRecord(buffer: RecordBuffer, ref: number, name: string, count: number): Uint8Array {
  const values = Array.from({ length: count }, (_, i) => (name === 'histogram' ? histogramAt(i) : i / 3));
  const [chunk] = encodeSamples(values.map((value, i) => [i * 1000, value]));
  buffer.begin(1);
  buffer.int64(ref);
  buffer.labels(labelsFromObject({ __name__: name, job: 'ü' }));
  buffer.int64(0);
  buffer.uvarint(1);
  buffer.int64(chunk!.minTime);
  buffer.int64(chunk!.maxTime);
  buffer.byte(chunk!.encoding);
  buffer.uvarint(chunk!.bytes.length);
  buffer.raw(chunk!.bytes, 0, chunk!.bytes.length);
  if (name === 'histogram') {
    writeHistogram(buffer, histogramAt(count - 1));
    return buffer.take();
  }
  for (let i = 0; i < 7; i++) buffer.int64(0);
  buffer.float64((count - 1) / 3);
  return buffer.take();
}

/** Writes a whole file. */
export function put(files: MemoryFiles, path: string, bytes: Uint8Array): void {
  const file = files.openSync(path, 'w');
  file.writeSync(bytes, 0, bytes.length, 0);
  file.closeSync();
}
