import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CUSTOM_BUCKETS_SCHEMA, type Histogram } from '../../src/model/histogram.ts';
import { labelsFromObject } from '../../src/model/labels.ts';
import { stringFromUtf8 } from '../../src/model/utf8.ts';
import { ManualClock } from '../../src/std/manual-clock.ts';
import { MemoryFiles } from '../../src/std/memory-files.ts';
import { runInTurns } from '../../src/std/turns.ts';
import { createSampleBatch } from '../../src/storage/append.ts';
import type { EncodedChunk } from '../../src/storage/query.ts';
import { silentLog } from '../../src/telemetry/log.ts';
import { ChunkEncoder } from '../../src/tsdb/chunk/chunk-encoder.ts';
import { ENCODING } from '../../src/tsdb/chunk/encoding.ts';
import { flatHistogram, staleHistogram } from '../../src/tsdb/chunk/flat-histogram.ts';
import {
  FILE_HEADER_BYTES,
  headChunkEntryBytes,
  writeHeadChunkEntry,
  writeHeadChunksHeader,
} from '../../src/tsdb/chunks-head/head-chunk-format.ts';
import { writeBlock } from '../../src/tsdb/compact/write-block.ts';
import { targetMetadataToBytes } from '../../src/tsdb/metadata/target-metadata-file.ts';
import { tombstonesToBytes } from '../../src/tsdb/tombstones/write-tombstones.ts';
import { openDatabase } from '../../src/tsdb/tsdb.ts';
import { exemplarsRecord, histogramRecords, metadataRecord, tombstonesRecord } from '../../src/tsdb/wal/records.ts';
import { histogramV2Records, samplesV2Record } from '../../src/tsdb/wal/start-time-records.ts';
import { Annotation } from '../../tools/annotate/annotation.ts';
import { annotateChunk } from '../../tools/annotate/chunks.ts';
import { annotateHeadChunks, annotateIndex, annotateSegment, annotateTombstones } from '../../tools/annotate/files.ts';
import { annotateHeadImage } from '../../tools/annotate/head-image.ts';
import { annotateLog } from '../../tools/annotate/log.ts';
import { ArraySource, encodeSamples, testSeries } from '../support/chunk-source.ts';
import { writeChunkSnapshot } from './chunk-snapshot-support.ts';
import { openWriter, samplesOf, seriesOf } from './wal-support.ts';

// Small files of each format as our writers make them, with what each byte means. Whoever changes a byte sees which:
// `UPDATE=1 vitest run test/tsdb/golden-bytes.test.ts` writes them anew.

const GOLDEN = join(import.meta.dirname, 'golden');

function expectGolden(name: string, lines: readonly string[]): void {
  const path = join(GOLDEN, `${name}.txt`);
  const text = `${lines.join('\n')}\n`;
  if (process.env['UPDATE'] === '1') writeFileSync(path, text);
  expect(text).toBe(readFileSync(path, 'utf8'));
}

describe('golden bytes', () => {
  it.each([
    ['chunk-xor', ENCODING.xor, 0],
    ['chunk-xor2', ENCODING.xor2, 0],
    ['chunk-xor2-start-times', ENCODING.xor2, 990],
  ])('%s', (name, encoding, start) => {
    const encoder = new ChunkEncoder(Infinity);
    // A start time of 1 with the first sample alone makes the chunk one of XOR2.
    const firstStart = encoding === ENCODING.xor2 ? 1 : 0;
    const values: [number, number | bigint][] = [
      [1_700_000_000_000, 1.5],
      [1_700_000_015_000, 1.5],
      [1_700_000_030_000, 1.25],
      [1_700_000_045_007, 3],
      [1_700_000_060_007, 0x7ff0000000000002n],
      [1_700_000_160_007, 3],
      [1_700_009_160_007, 0x7ff8000000000001n],
      [1_700_018_160_007, -0],
    ];
    for (const [i, [time, value]] of values.entries()) {
      const bits = typeof value === 'bigint' ? value : bitsOf(value);
      encoder.float(time, Number(bits & 0xffffffffn), Number(bits >> 32n), i < 3 ? firstStart : start || firstStart);
    }
    const [chunk, ...more] = encoder.finish();
    expect([chunk!.encoding, more.length]).toEqual([encoding, 0]);
    expectGolden(name, chunkLines(chunk!));
  });

  it.each([
    ['chunk-histogram', 'integer', 0],
    ['chunk-float-histogram', 'float', 0],
    ['chunk-histogram-start-times', 'integer', 1_690_000_000_000],
    ['chunk-float-histogram-start-times', 'float', 1_690_000_000_000],
  ] as const)('%s', (name, kind, start) => {
    const encoder = new ChunkEncoder(Infinity);
    for (let i = 0; i < 3; i++) {
      encoder.histogram(
        1_700_000_000_000 + 15_000 * i,
        flatHistogram(histogram(kind, i))!,
        start === 0 ? 0 : start + i,
      );
    }
    const encoding = kind === 'integer' ? ENCODING.histogram : ENCODING.floatHistogram;
    encoder.histogram(1_700_000_045_001, staleHistogram(encoding, 'unknown'), start === 0 ? 0 : start + 2);
    const [chunk, ...more] = encoder.finish();
    expect(more).toEqual([]);
    expectGolden(name, chunkLines(chunk!));
  });

  it('chunk-custom-buckets', () => {
    const encoder = new ChunkEncoder(Infinity);
    const custom: Histogram = {
      ...histogram('integer', 0),
      schema: CUSTOM_BUCKETS_SCHEMA,
      zeroThreshold: 0,
      zeroCount: 0,
      count: 4,
      positiveSpans: [{ offset: 0, length: 3 }],
      negativeSpans: [],
      positiveDeltas: [1, 0, 1],
      negativeDeltas: [],
      customValues: [0.005, 1 / 3],
      counterResetHint: 'gauge',
    } as Histogram;
    encoder.histogram(1000, flatHistogram(custom)!);
    encoder.histogram(2000, flatHistogram({ ...custom, sum: 5 })!);
    expectGolden('chunk-custom-buckets', chunkLines(encoder.finish()[0]!));
  });

  it('block: chunk segment, index and tombstones', () => {
    const files = new MemoryFiles();
    writeBlock(files, {
      directory: '.',
      ulid: '01HZZZZZZZZZZZZZZZZZZZZZZZ',
      sources: [
        new ArraySource([
          testSeries({ __name__: 'up', job: 'a' }, [
            [
              [1000, 1],
              [2000, 1],
            ],
            [[3000, 0]],
          ]),
          testSeries({ __name__: 'up', job: 'é' }, [[[1500, 2]]]),
        ]),
      ],
      minTime: 0,
      maxTime: 4000,
      level: 1,
    });
    const read = (name: string) => files.readFileSync(`./01HZZZZZZZZZZZZZZZZZZZZZZZ/${name}`);
    expectGolden('chunk-segment', annotateSegment(read('chunks/000001')));
    expectGolden('index', annotateIndex(read('index')));
    expectGolden('meta', stringFromUtf8(read('meta.json')).split('\n'));
    expectGolden('tombstones', annotateTombstones(tombstonesToBytes(new Map([[5, [1000, 1200, 3000, 3000]]]))));
  });

  it('head chunks', () => {
    const chunks = [
      encodeSamples([
        [1000, 1],
        [2000, 3],
      ])[0]!,
      encodeSamples([[500, 7]])[0]!,
    ];
    const size = chunks.reduce((sum, { bytes }) => sum + headChunkEntryBytes(bytes.length), FILE_HEADER_BYTES);
    // Files are longer than what is in them.
    const file = new Uint8Array(size + 5);
    writeHeadChunksHeader(file, 0);
    let at = FILE_HEADER_BYTES;
    for (const [i, { bytes, encoding, maxTime, minTime }] of chunks.entries()) {
      const header = { series: i + 1, firstTime: minTime, lastTime: maxTime, encoding, isOutOfOrder: i === 1 };
      at = writeHeadChunkEntry(file, at, header, bytes, 0, bytes.length);
    }
    expect(at).toBe(size);
    expectGolden('head-chunks', annotateHeadChunks(file));
  });

  it('head image', async () => {
    const files = new MemoryFiles();
    const clock = new ManualClock();
    const database = await openDatabase({ directory: 'data', fileSystem: files, clock, log: silentLog });
    const appender = database.appender();
    const batch = createSampleBatch(2);
    const ref = appender.resolve(labelsFromObject({ __name__: 'up', job: 'é' }));
    for (const [time, value] of [
      [1000, 1.5],
      [2000, 3],
    ] as const) {
      batch.refs[batch.length] = ref;
      batch.times[batch.length] = time;
      batch.values[batch.length++] = value;
    }
    const took = appender.resolve(labelsFromObject({ __name__: 'took' }));
    batch.histograms = [{ ref: took, time: 1000, startTime: 0, histogram: histogram('integer', 0) }];
    expect(appender.append(batch).refusedCount).toBe(0);
    appender.commit();
    await database.delete([[{ type: '=', name: 'job', value: 'é' }]], { minTime: 0, maxTime: 1500 });
    expect(await database.writeHeadImage()).toBe(true);
    expectGolden('head-image', annotateHeadImage(files.readFileSync('data/head_image')));
    await database.close();
  });

  it("snapshot of Prometheus' head", () => {
    const files = new MemoryFiles();
    const series = [
      ['up', 2],
      ['histogram', 2],
    ] as const;
    const path = writeChunkSnapshot(files, 3, 4096, series, 'none');
    expectGolden('head-snapshot', annotateLog(files.readFileSync(path), 'snapshot'));
  });

  it('target metadata', () => {
    const up = { metric: 'up', type: 'gauge', help: 'Is it "up"?', unit: '' };
    const took = { metric: 'took_seconds', type: 'histogram', help: 'é', unit: 'seconds' };
    const described = [
      { target: 'a', sharedBy: 1, metrics: () => [up, took] },
      { target: 'b', sharedBy: 1, metrics: () => [up, took] },
      { target: 'c', sharedBy: 2, metrics: () => [took] },
    ];
    const written = runInTurns(targetMetadataToBytes(described), null) as { readonly bytes: Uint8Array };
    expectGolden('target-metadata', stringFromUtf8(written.bytes).trimEnd().split('\n'));
  });

  it('log', () => {
    const entries = [histogram('integer', 0), histogram('float', 1)].map((histogram, i) => ({
      ref: i + 1,
      time: 1000,
      startTime: 0,
      histogram,
    }));
    const records = [
      seriesOf(1, { __name__: 'up', job: 'é' }),
      samplesOf([
        [1, 1000, 1.5],
        [2, 999, -0],
      ]),
      ...histogramRecords(entries),
      exemplarsRecord([{ ref: 1, time: 1000, value: 2, labels: labelsFromObject({ trace: 'x' }) }]),
      tombstonesRecord([{ ref: 2, minTime: -5, maxTime: 700 }]),
      metadataRecord([{ ref: 1, type: 'counter', unit: 's', help: 'Seconds.' }]),
    ];
    expectGolden('log', annotateLog(logOf(records, 'none'), 'log'));
    const late = entries.map((entry, i) => ({ ...entry, startTime: 500 + i }));
    const more = [...late, { ...late[0]!, ref: 4, startTime: 500 }, { ...late[0]!, ref: 3, startTime: 0 }];
    const rows = [
      [7, 1000, 1.5, 500],
      [5, 1000, 2, 500],
      [6, 900, 3, 0],
      [9, 1000, 4, 510],
    ] as const;
    const values = Float64Array.from(rows, ([, , value]) => value);
    const samples = samplesV2Record(
      Float64Array.from(rows, ([ref]) => ref),
      Float64Array.from(rows, ([, time]) => time),
      Float64Array.from(rows, ([, , , start]) => start),
      new Uint32Array(values.buffer),
      Uint32Array.from(rows, (_, i) => i),
      rows.length,
    );
    expectGolden('log-start-times', annotateLog(logOf([samples, ...histogramV2Records(more)], 'none'), 'log'));
    const repeated = seriesOf(3, { text: 'abcabcabcabcabcabcabcabcabcabcabcabc' });
    expectGolden('log-snappy', annotateLog(logOf([repeated], 'snappy'), 'log'));
  });
});

function bitsOf(value: number): bigint {
  return new BigUint64Array(Float64Array.of(value).buffer)[0]!;
}

/** A counter that grows with `i`, from 1 on in more buckets. */
function histogram(kind: 'integer' | 'float', i: number): Histogram {
  const shape = {
    counterResetHint: 'unknown',
    schema: 1,
    zeroThreshold: kind === 'integer' ? 2 ** -128 : 0.001,
    zeroCount: i,
    sum: 2.5 + i,
    positiveSpans:
      i === 0
        ? [{ offset: -1, length: 2 }]
        : [
            { offset: -1, length: 2 },
            { offset: 3, length: 1 },
          ],
    negativeSpans: [{ offset: 0, length: 1 }],
    customValues: [],
  } as const;
  const positive = i === 0 ? [1, 2] : [1 + i, 2, 4 * i];
  const negative = [1];
  const count = [...positive, ...negative].reduce((a, b) => a + b, i);
  if (kind === 'float') return { ...shape, kind, count, positiveCounts: positive, negativeCounts: negative };
  const deltas = positive.map((value, at) => value - (positive[at - 1] ?? 0));
  return { ...shape, kind, count, positiveDeltas: deltas, negativeDeltas: negative };
}

function chunkLines({ bytes, encoding }: EncodedChunk): string[] {
  const annotation = new Annotation(bytes);
  annotateChunk(annotation, encoding, bytes.length);
  expect(annotation.left).toBe(0);
  return annotation.lines;
}

function logOf(records: readonly Uint8Array[], compression: 'none' | 'snappy'): Uint8Array {
  const files = new MemoryFiles();
  openWriter(files, { directory: 'wal', compression }).append(records);
  return files.readFileSync('wal/00000000');
}
