import { describe, expect, it } from 'vitest';
import { crc32c } from '../../src/kernels/crc32c.ts';
import type { Histogram } from '../../src/model/histogram.ts';
import { labelsFromObject } from '../../src/model/labels.ts';
import { ManualClock } from '../../src/std/manual-clock.ts';
import { MemoryFiles } from '../../src/std/memory-files.ts';
import { runInTurns } from '../../src/std/turns.ts';
import { createSampleBatch } from '../../src/storage/append.ts';
import { silentLog } from '../../src/telemetry/log.ts';
import { ActiveQueries } from '../../src/tsdb/active-queries.ts';
import { Block } from '../../src/tsdb/block/block.ts';
import { readBlockMeta } from '../../src/tsdb/block/block-meta.ts';
import { PageCache } from '../../src/tsdb/block/paged-file.ts';
import { blockMetaToBytes } from '../../src/tsdb/block/write-block-meta.ts';
import { writeBlock } from '../../src/tsdb/compact/write-block.ts';
import { targetMetadataToBytes } from '../../src/tsdb/metadata/target-metadata-file.ts';
import { writeTombstones } from '../../src/tsdb/tombstones/write-tombstones.ts';
import { openDatabase } from '../../src/tsdb/tsdb.ts';
import { type Finding, Findings } from '../../src/tsdb/verify/findings.ts';
import { verifyDirectory } from '../../src/tsdb/verify/verify-directory.ts';
import { RecordBuffer } from '../../src/tsdb/wal/record-buffer.ts';
import { RECORD } from '../../src/tsdb/wal/record-types.ts';
import { tombstonesRecord } from '../../src/tsdb/wal/records.ts';
import { segmentPath } from '../../src/tsdb/wal/segments.ts';
import { ArraySource, encodeSamples, testSeries } from '../support/chunk-source.ts';
import { headChunkFile, put, writeBlock as writeOldBlock } from './block-support.ts';
import { openWriter, samplesOf, seriesOf } from './wal-support.ts';

const ULID = '01HZZZZZZZZZZZZZZZZZZZZZZZ';
const BLOCK = `/data/${ULID}`;
const SNAPSHOT = '/data/chunk_snapshot.000003.0000000100';

const HISTOGRAM: Histogram = {
  kind: 'integer',
  counterResetHint: 'unknown',
  schema: 1,
  zeroThreshold: 0.001,
  zeroCount: 1,
  count: 4,
  sum: 2.5,
  positiveSpans: [{ offset: 0, length: 2 }],
  negativeSpans: [],
  positiveDeltas: [2, -1],
  negativeDeltas: [],
  customValues: [],
};

describe('verifyDirectory()', () => {
  it('finds nothing wrong with what our writers made', () => {
    const files = dataDirectory();
    const { content, findings } = verified(files);
    expect(findings).toEqual([]);
    expect(content).toEqual({
      blocks: 1,
      series: 3,
      chunks: 4,
      samples: 10,
      segments: 4,
      records: 9,
      headChunks: 2,
    });
  });

  it.each([1, 2, 3])('finds nothing wrong with an index of version %i', (version) => {
    const files = new MemoryFiles();
    writeOldBlock(files, '/data', {
      ulid: ULID,
      version,
      minTime: 0,
      maxTime: 100,
      series: ['a', 'b'].map((job) => ({ labels: labelsFromObject({ __name__: 'up', job }), chunks: [[[1, 2]]] })),
      deleted: [],
    });
    expect(verified(files).findings).toEqual([]);
    expect(verified(files, BLOCK).content.samples).toBe(2);
  });

  it.each([
    `${BLOCK}/index`,
    `${BLOCK}/chunks/000001`,
    `${BLOCK}/tombstones`,
    '/data/wal/00000003',
    '/data/wal/checkpoint.00000002/00000000',
    '/data/wbl/00000000',
    '/data/chunks_head/000001',
    `${SNAPSHOT}/00000000`,
  ])('tells of every byte flipped in %s', (path) => {
    const files = dataDirectory();
    const bytes = files.readFileSync(path);
    const silent: number[] = [];
    for (let at = 0; at < bytes.length; at++) {
      for (const mask of [0x01, 0x10, 0x80]) {
        put(files, path, flipped(bytes, at, mask));
        const { findings } = verified(files);
        if (findings.length === 0) silent.push(at);
        for (const finding of findings) expect(finding.path.startsWith('/data/')).toBe(true);
      }
    }
    // Readers take versions 2 and 3 of an index for the same.
    expect(silent).toEqual(path.endsWith('/index') ? [4] : []);
  });

  it('tells of every byte flipped in an image of the head, and of a log that does not go on from it', async () => {
    const files = new MemoryFiles();
    const database = await openDatabase({
      directory: '/data',
      fileSystem: files,
      clock: new ManualClock(),
      log: silentLog,
    });
    const appender = database.appender();
    const batch = createSampleBatch(1);
    batch.length = 1;
    batch.refs[0] = appender.resolve(labelsFromObject({ __name__: 'up' }));
    batch.times[0] = 1000;
    appender.append(batch);
    appender.commit();
    expect(await database.writeHeadImage()).toBe(true);
    expect(verified(files).findings).toEqual([]);
    const path = '/data/head_image';
    const bytes = files.readFileSync(path);
    for (let at = 0; at < bytes.length; at++) {
      for (const mask of [0x01, 0x80]) {
        put(files, path, flipped(bytes, at, mask));
        expect(verified(files).findings.map((finding) => finding.path)).toContain(path);
      }
    }
    put(files, path, bytes);
    put(files, '/data/wal/00000000', files.readFileSync('/data/wal/00000000').subarray(0, 20));
    expect(verified(files).findings).toContainEqual({
      kind: 'note',
      path,
      offset: expect.any(Number),
      reason: expect.stringMatching(
        /^segment 0 of the log ends before offset \d+; the next start reads the whole log$/,
      ),
    });
    await database.close();
  });

  it('tells of every byte flipped in what targets said, and of where it is cut short', () => {
    const files = dataDirectory();
    const path = '/data/target_metadata';
    const list = [
      { metric: 'up_total', type: 'counter', help: 'Times. ü', unit: '' },
      { metric: 'size', type: 'gauge', help: '', unit: 'bytes' },
    ];
    const steps = targetMetadataToBytes([{ target: 'a', sharedBy: list, metrics: () => list }]);
    const { bytes } = runInTurns(steps, null);
    put(files, path, bytes);
    expect(verified(files).findings).toEqual([]);
    for (let at = 0; at < bytes.length; at++) {
      for (const damaged of [flipped(bytes, at, 0x01), flipped(bytes, at, 0x80), bytes.slice(0, at)]) {
        put(files, path, damaged);
        const told = verified(files).findings;
        expect(told).toEqual([{ kind: 'fault', path, offset: expect.any(Number), reason: expect.stringMatching(/./) }]);
      }
    }
    // A line that the checksum covers, and that makes no sense.
    const text = new TextEncoder().encode('narthex target metadata 1\nm["a","b","c",""]\ns[7]\n');
    const sum = crc32c(text, 0, text.length, 0).toString(16).padStart(8, '0');
    put(files, path, Uint8Array.from([...text, ...new TextEncoder().encode(`c"${sum}"\n`)]));
    expect(verified(files).findings).toEqual([{ kind: 'fault', path, offset: 44, reason: 'line 3 is malformed' }]);
  });

  it('tells of the queries that run where they are no queries', () => {
    const files = dataDirectory();
    const path = '/data/queries.active';
    const queries = new ActiveQueries({ fileSystem: files, path, entries: 3, log: silentLog });
    queries.open();
    queries.begin('up', 12);
    queries.begin('sum(rate(x[5m]))', 13);
    const bytes = files.readFileSync(path);
    expect(verified(files).findings).toEqual([]);
    let told = 0;
    for (let at = 0; at < bytes.length; at += at < 60 || (at > 1000 && at < 1070) ? 1 : 97) {
      put(files, path, flipped(bytes, at, 0x80));
      const { findings } = verified(files);
      for (const { offset, path: of } of findings)
        expect([of, offset]).toEqual([path, at === 0 ? 0 : 1 + Math.floor((at - 1) / 1000) * 1000]);
      told += findings.length;
    }
    expect(told).toBeGreaterThan(120);
    // Only an entry that is cut in the middle can be told.
    put(files, path, bytes.slice(0, 20));
    expect(verified(files).findings).toMatchObject([{ path, offset: 1 }]);
  });

  it('looks into the copies that were taken', () => {
    const files = dataDirectory();
    const copy = '/data/snapshots/20261121T032827Z-0123456789abcdef';
    files.makeDirectorySync(`${copy}/${ULID}/chunks`);
    files.makeDirectorySync('/data/snapshots/20261121T032828Z-0123456789abcdef.tmp');
    for (const name of ['index', 'meta.json', 'chunks/000001', 'tombstones']) {
      put(files, `${copy}/${ULID}/${name}`, files.readFileSync(`${BLOCK}/${name}`));
    }
    const { content, findings } = verified(files);
    expect(content.blocks).toBe(2);
    expect(findings.map(({ kind, path }) => [kind, path])).toEqual([
      ['note', '/data/snapshots/20261121T032828Z-0123456789abcdef.tmp'],
    ]);
    put(files, `${copy}/${ULID}/chunks/000001`, flipped(files.readFileSync(`${BLOCK}/chunks/000001`), 30, 1));
    expect(verified(files).findings.some(({ kind, path }) => kind === 'fault' && path.startsWith(copy))).toBe(true);
  });

  it('tells of every byte of meta.json that the block contradicts', () => {
    const path = `${BLOCK}/meta.json`;
    const files = dataDirectory();
    const bytes = files.readFileSync(path);
    const text = new TextDecoder().decode(bytes);
    const silent: number[] = [];
    for (let at = 0; at < bytes.length; at++) {
      for (const mask of [0x01, 0x20, 0x80]) {
        put(files, path, flipped(bytes, at, mask));
        if (verified(files).findings.length === 0) silent.push(at);
      }
    }
    // No checksum covers the file. What the block itself tells, its name, its format and the counts, is compared; silent are
    // white space, names of fields (one may be absent), how the block came to be, and times that still hold the samples.
    const compared = [...text.matchAll(/"(?:num\w+|ulid|version)": "?(\w+)/dg)].map(({ indices }) => indices![1]!);
    expect(compared).toHaveLength(8);
    expect(silent.filter((at) => compared.some(([from, to]) => at >= from && at < to))).toEqual([]);
  });

  it('tells of files cut short anywhere', () => {
    for (const path of [
      `${BLOCK}/index`,
      `${BLOCK}/chunks/000001`,
      `${BLOCK}/tombstones`,
      '/data/chunks_head/000001',
    ]) {
      const files = dataDirectory();
      const bytes = files.readFileSync(path);
      const isHead = path.includes('chunks_head');
      // A file of the head may be empty, and end behind any chunk or with zeros: what a reference begins with.
      const ends = isHead ? headChunkEnds(bytes) : [];
      for (let size = 0; size < (isHead ? ends.at(-1)! : bytes.length); size++) {
        put(files, path, bytes.subarray(0, size));
        const { findings } = verified(files);
        // Of the newest file of the head it is what a kill leaves.
        const told = findings.filter(({ kind }) => kind === (isHead ? 'note' : 'fault'));
        const isEmpty =
          isHead && bytes.subarray(ends.findLast((end) => end <= size) ?? 0, size).every((byte) => byte === 0);
        if (isEmpty) expect(findings).toEqual([]);
        else expect(told.map(({ path }) => path)).toContain(path);
      }
    }
  });

  it('takes the torn end of a log for what a kill leaves', () => {
    const files = dataDirectory();
    const path = '/data/wal/00000003';
    const bytes = files.readFileSync(path);
    put(files, path, bytes.subarray(0, bytes.length - 3));
    expect(verified(files).findings).toEqual([
      { kind: 'note', path, offset: expect.any(Number), reason: expect.stringContaining('a kill leaves this') },
    ]);
    put(files, '/data/wal/00000004', bytes);
    expect(verified(files).findings).toEqual([expect.objectContaining({ kind: 'fault', path })]);
  });

  it('tells of missing segments, files and checkpoints, and of what interrupted steps left', () => {
    const files = dataDirectory();
    const segment = files.readFileSync('/data/wal/00000003');
    put(files, '/data/wal/00000006', segment);
    put(files, '/data/chunks_head/000004', files.readFileSync('/data/chunks_head/000001'));
    files.renameSync('/data/wal/checkpoint.00000002', '/data/wal/checkpoint.00000001');
    files.makeDirectorySync(`/data/${ULID}.tmp-for-creation`);
    const reasons = verified(files).findings.map(({ reason }) => reason);
    expect(reasons).toEqual([
      'left by an interrupted step; the next start removes it',
      'the log goes on at segment 3; those between are missing',
      'the segments between 3 and 6 are missing',
      'the files between 000001 and 000004 are missing',
    ]);
  });

  it('tells of a log that lost its beginning', () => {
    const files = dataDirectory();
    files.removeSync('/data/wal/checkpoint.00000002');
    expect(verified(files).findings).toContainEqual({
      kind: 'fault',
      path: '/data/wal',
      offset: null,
      reason: 'the log begins at segment 3 without a checkpoint; those before are missing',
    });
  });

  it('tells where the index contradicts the chunks', () => {
    const files = dataDirectory();
    const other = new MemoryFiles();
    writeBlock(other, {
      directory: '/data',
      ulid: ULID,
      sources: [
        new ArraySource([
          testSeries({ __name__: 'up', job: 'b' }, [[[10, 1]]]),
          testSeries({ __name__: 'up', job: 'a' }, [[[10, 1]]]),
        ]),
      ],
      minTime: 0,
      maxTime: 20,
      level: 1,
    });
    put(files, `${BLOCK}/index`, other.readFileSync(`${BLOCK}/index`));
    const reasons = verified(files, BLOCK).findings.map(({ reason }) => reason);
    expect(reasons.join('\n')).toMatch(/a chunk from \d+ to \d+ that is said to be|the checksum of a chunk/);
  });

  it('tells where lists of series contradict the series', () => {
    const files = dataDirectory();
    const path = `${BLOCK}/index`;
    const block = openBlock(files);
    const [a, b] = ['a', 'bé'].map((job) => block.index.table.find('job', job));
    block.close();
    const bytes = files.readFileSync(path).slice();
    const list = bytes.slice(a, a! + 16);
    bytes.copyWithin(a!, b!, b! + 16);
    bytes.set(list, b);
    put(files, path, bytes);
    expect(verified(files).findings).toEqual([
      { kind: 'fault', path, offset: a! + 8, reason: expect.stringMatching(/^series \d+ does not have job="a"$/) },
      { kind: 'fault', path, offset: b! + 8, reason: expect.stringMatching(/^series \d+ does not have job="bé"$/) },
    ]);
  });

  it('counts what is behind the hundredth finding of a file', () => {
    const files = dataDirectory();
    const writer = openWriter(files, { directory: '/data/wbl', compression: 'none' });
    for (let i = 0; i < 300; i++) writer.append([Uint8Array.of(RECORD.samples, 1)]);
    const told: Finding[] = [];
    const findings = new Findings((finding) => told.push(finding));
    verifyDirectory(files, '/data', findings, () => {});
    expect(findings.faults).toBe(300);
    expect(told).toHaveLength(100);
    expect(told.at(-1)?.reason).toContain('there is more of this');
  });
});

function dataDirectory(): MemoryFiles {
  const files = new MemoryFiles();
  files.makeDirectorySync('/data');
  writeBlock(files, {
    directory: '/data',
    ulid: ULID,
    sources: [
      new ArraySource([
        testSeries({ __name__: 'up', job: 'a' }, [
          [
            [10, 1],
            [20, 2.5],
            [30, 2.5],
          ],
          [
            [40, 1],
            [55, -0],
          ],
        ]),
        testSeries({ __name__: 'up', job: 'bé' }, [
          [
            [15, Number.NaN],
            [25, 7],
            [35, 8],
          ],
        ]),
        testSeries({ __name__: 'size' }, [
          [
            [10, HISTOGRAM],
            [20, HISTOGRAM],
          ],
        ]),
      ]),
    ],
    minTime: 0,
    maxTime: 60,
    level: 1,
  });
  const meta = readBlockMeta(files, `${BLOCK}/meta.json`);
  put(files, `${BLOCK}/meta.json`, blockMetaToBytes({ ...meta, stats: { ...meta.stats, tombstones: 2 } }));
  writeTombstones(files, BLOCK, new Map([[firstRow(files), [12, 17, 20, 22]]]));
  const series = seriesOf(1, { __name__: 'up', job: 'a' });
  log(files, '/data/wal/checkpoint.00000002', [series, samplesOf([[1, 70, 1]])], 0);
  log(
    files,
    '/data/wal',
    [
      seriesOf(2, { __name__: 'up' }),
      samplesOf([
        [1, 80, 2],
        [2, 80, 0.5],
      ]),
      tombstonesRecord([{ ref: 1, minTime: 1, maxTime: 2 }]),
    ],
    3,
  );
  const marker = new Uint8Array(17);
  marker.set([RECORD.mmapMarkers, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 8]);
  log(files, SNAPSHOT, snapshotRecords(), 0);
  log(files, '/data/wbl', [samplesOf([[1, 5, 1]]), marker], 0);
  files.makeDirectorySync('/data/chunks_head');
  put(
    files,
    '/data/chunks_head/000001',
    headChunkFile([
      {
        series: 1,
        isOutOfOrder: false,
        samples: [
          [1, 1],
          [2, 3],
        ],
      },
      { series: 2, isOutOfOrder: true, samples: [[5, 1]] },
    ]),
  );
  return files;
}

/** A series with its open chunk, and deletions, as Prometheus' snapshots of the head have them. */
function snapshotRecords(): Uint8Array[] {
  const buffer = new RecordBuffer();
  const [chunk] = encodeSamples([
    [100, 1],
    [200, 2],
  ]);
  buffer.begin(1);
  buffer.int64(1);
  buffer.labels(labelsFromObject({ __name__: 'up', job: 'a' }));
  buffer.int64(0);
  buffer.uvarint(1);
  buffer.int64(100);
  buffer.int64(200);
  buffer.byte(chunk!.encoding);
  buffer.uvarint(chunk!.bytes.length);
  for (const byte of chunk!.bytes) buffer.byte(byte);
  for (let i = 0; i < 8; i++) buffer.int64(0);
  const series = buffer.take();
  // Version, series, first and last time.
  return [series, Uint8Array.of(2, 4, 1, 1, 20, 40)];
}

/** A log of one segment. */
function log(files: MemoryFiles, directory: string, records: readonly Uint8Array[], segment: number): void {
  const writer = openWriter(files, { directory: '/made', compression: segment === 0 ? 'none' : 'snappy' });
  writer.append(records);
  files.makeDirectorySync(directory);
  put(files, segmentPath(directory, segment), files.readFileSync(segmentPath('/made', writer.segment)));
  files.removeSync('/made');
}

function openBlock(files: MemoryFiles): Block {
  return Block.open(files, BLOCK, { index: new PageCache(1), chunks: new PageCache(1) });
}

function firstRow(files: MemoryFiles): number {
  const block = openBlock(files);
  const row = block.rowIndex.allRows()[0]!;
  block.close();
  return row;
}

function verified(files: MemoryFiles, directory = '/data') {
  const told: Finding[] = [];
  const content = verifyDirectory(files, directory, new Findings((finding) => told.push(finding)), () => {});
  return { content, findings: told };
}

function flipped(bytes: Uint8Array, at: number, mask: number): Uint8Array {
  const copy = bytes.slice();
  copy[at]! ^= mask;
  return copy;
}

/** Where the header and each chunk end; all lengths are below 128. */
function headChunkEnds(bytes: Uint8Array): number[] {
  const ends = [8];
  for (let at = 8; bytes[at + 24] !== 0; at = ends.at(-1)!) ends.push(at + 26 + bytes[at + 25]! + 4);
  return ends;
}
