import type { Labels } from '../../src/model/labels.ts';
import { labelsFromObject } from '../../src/model/labels.ts';
import { ManualClock } from '../../src/std/manual-clock.ts';
import { MemoryFiles } from '../../src/std/memory-files.ts';
import type { ExemplarEntry, HistogramEntry } from '../../src/storage/append.ts';
import type { MetadataEntry, TombstoneEntry } from '../../src/tsdb/wal/record-types.ts';
import { samplesRecord, seriesRecord } from '../../src/tsdb/wal/records.ts';
import { type ReplayOptions, type ReplayReport, replayWal } from '../../src/tsdb/wal/replay.ts';
import type { SampleColumns, WalVisitor } from '../../src/tsdb/wal/visitor.ts';
import { WalWriter, type WalWriterOptions } from '../../src/tsdb/wal/writer.ts';

/** One sample: ref, time, value bits as hexadecimal, start time. */
export type Sample = readonly [ref: number, time: number, bits: string, startTime: number | null];

/** Keeps everything that a replay shows. */
export class Collector implements WalVisitor {
  readonly seriesSeen: [number, Labels][] = [];
  readonly samplesSeen: Sample[] = [];
  readonly histogramsSeen: HistogramEntry[] = [];
  readonly exemplarsSeen: ExemplarEntry[] = [];
  readonly tombstonesSeen: TombstoneEntry[] = [];
  readonly metadataSeen: MetadataEntry[] = [];

  series(ref: number, labels: Labels): void {
    this.seriesSeen.push([ref, labels]);
  }
  samples(columns: SampleColumns): void {
    for (let i = 0; i < columns.length; i++) {
      const bits = hex(columns.bits[2 * i + 1]!) + hex(columns.bits[2 * i]!);
      this.samplesSeen.push([columns.refs[i]!, columns.times[i]!, bits, columns.startTimes?.[i] ?? null]);
    }
  }
  histograms(entries: readonly HistogramEntry[]): void {
    this.histogramsSeen.push(...entries);
  }
  exemplars(entries: readonly ExemplarEntry[]): void {
    this.exemplarsSeen.push(...entries);
  }
  tombstones(entries: readonly TombstoneEntry[]): void {
    this.tombstonesSeen.push(...entries);
  }
  metadata(entries: readonly MetadataEntry[]): void {
    this.metadataSeen.push(...entries);
  }
}

export function hex(word: number): string {
  return (word >>> 0).toString(16).padStart(8, '0');
}

/** The 64 bits of a number, as `Collector` shows them. */
export function bitsOf(value: number): string {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  return hex(view.getUint32(0)) + hex(view.getUint32(4));
}

/** A samples record of `[ref, time, value]` rows. */
export function samplesOf(rows: readonly (readonly [number, number, number])[]): Uint8Array {
  const values = Float64Array.from(rows, (row) => row[2]);
  return samplesRecord(
    Float64Array.from(rows, (row) => row[0]),
    Float64Array.from(rows, (row) => row[1]),
    new Uint32Array(values.buffer),
    Uint32Array.from(rows, (_, index) => index),
    rows.length,
  );
}

export function seriesOf(ref: number, labels: Record<string, string>): Uint8Array {
  return seriesRecord([{ ref, labels: labelsFromObject(labels) }]);
}

export function memoryDisk(): MemoryFiles {
  const files = new MemoryFiles();
  files.makeDirectorySync('data');
  files.syncDirectorySync('.');
  return files;
}

export function openWriter(fileSystem: MemoryFiles, options: Partial<WalWriterOptions> = {}): WalWriter {
  return WalWriter.open({ fileSystem, clock: new ManualClock(), directory: WAL, syncIntervalMs: 0, ...options });
}

export function replay(
  fileSystem: MemoryFiles,
  options: ReplayOptions = { damagedDirectory: DAMAGED },
): { seen: Collector; report: ReplayReport } {
  const seen = new Collector();
  return { seen, report: replayWal(fileSystem, WAL, seen, options) };
}

export const WAL = 'data/wal';
export const DAMAGED = 'data/wal-damaged';
