import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { labelsFromObject } from '../../src/model/labels.ts';
import { MemoryFiles } from '../../src/std/memory-files.ts';
import type { EncodedChunk } from '../../src/storage/query.ts';
import { ChunkEncoder } from '../../src/tsdb/chunk/chunk-encoder.ts';
import { decodeChunk } from '../../src/tsdb/chunk/decode-chunk.ts';
import { flatHistogram } from '../../src/tsdb/chunk/flat-histogram.ts';
import {
  FILE_HEADER_BYTES,
  headChunkDataOffset,
  headChunkEntryBytes,
  writeHeadChunkEntry,
  writeHeadChunksHeader,
} from '../../src/tsdb/chunks-head/head-chunk-format.ts';
import { type HeadChunk, listHeadChunks } from '../../src/tsdb/chunks-head/list-head-chunks.ts';
import { writeBlock } from '../../src/tsdb/compact/write-block.ts';
import { addInterval, type Intervals } from '../../src/tsdb/tombstones/intervals.ts';
import { tombstonesFromBytes } from '../../src/tsdb/tombstones/tombstones-file.ts';
import { tombstonesToBytes } from '../../src/tsdb/tombstones/write-tombstones.ts';
import { type Finding, Findings } from '../../src/tsdb/verify/findings.ts';
import { verifyDirectory } from '../../src/tsdb/verify/verify-directory.ts';
import { ArraySource, type TestSeries } from '../support/chunk-source.ts';
import { openBlock } from '../support/read-block.ts';
import { put } from './block-support.ts';
import { histogramFrom, plainHistograms, wideHistograms } from './histogram-support.ts';

const MAX = Number.MAX_SAFE_INTEGER;
const ULID = '01HZZZZZZZZZZZZZZZZZZZZZZZ';

/** Chunks of one series, one behind the other, of every encoding; times anywhere. */
const chunkLists: fc.Arbitrary<EncodedChunk[]> = fc
  .record({
    first: fc.oneof(fc.constantFrom(-MAX, 0, MAX - 2 ** 40), fc.integer({ min: -MAX, max: MAX - 2 ** 40 })),
    samples: fc.array(
      fc.record({
        step: fc.oneof(fc.constant(15_000), fc.integer({ min: 1, max: 2 ** 34 })),
        start: fc.oneof(fc.constant(0), fc.nat(2 ** 40)),
        value: fc.oneof(fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }), plainHistograms, wideHistograms),
      }),
      { minLength: 1, maxLength: 30 },
    ),
    samplesMax: fc.integer({ min: 1, max: 20 }),
  })
  .map(({ first, samples, samplesMax }) => {
    const encoder = new ChunkEncoder(samplesMax);
    let time = first;
    for (const { start, step, value } of samples) {
      if (typeof value === 'bigint') {
        encoder.float(time, Number(value & 0xffffffffn), Number(value >> 32n), start);
      } else encoder.histogram(time, flatHistogram(histogramFrom(value))!, start);
      time += step;
    }
    return encoder.finish();
  });
const text = fc.string({ unit: 'binary', minLength: 1, maxLength: 20 }).filter((value) => value.isWellFormed());
const labels = fc.dictionary(text, text, { minKeys: 1, maxKeys: 6 }).map(labelsFromObject);

describe('a block', () => {
  it('holds whatever chunks and labels it was written from, and is sound', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.tuple(labels, chunkLists), { selector: ([of]) => of.key, maxLength: 12 }),
        (list) => {
          const series: TestSeries[] = list.map(([of, chunks]) => ({ labels: of, chunks, deleted: [] }));
          const files = new MemoryFiles();
          files.makeDirectorySync('/data');
          const options = { directory: '/data', ulid: ULID, minTime: -MAX, maxTime: MAX, level: 1 };
          const meta = writeBlock(files, { ...options, sources: [new ArraySource(series)], segmentBytesMax: 2000 });
          expect(meta === null).toBe(list.length === 0);
          const found: Finding[] = [];
          verifyDirectory(files, '/data', new Findings((finding) => found.push(finding)), () => {});
          expect(found).toEqual([]);
          if (meta === null) return;
          const block = openBlock(files, `/data/${ULID}`);
          const rows = block.rowIndex.allRows();
          const seen = Array.from(rows, (row) => {
            const metas = {
              count: 0,
              minTimes: new Float64Array(0),
              maxTimes: new Float64Array(0),
              refs: new Float64Array(0),
            };
            block.index.series.chunks(row, metas);
            const chunks = Array.from({ length: metas.count }, (_, i) => {
              const entry = block.chunks.entry(metas.refs[i]!);
              return [metas.minTimes[i], metas.maxTimes[i], entry[0], [...entry.subarray(1)]];
            });
            return [block.index.series.labels(row).key, chunks];
          });
          block.close();
          const wanted = series.map(({ chunks, labels: of }) => [
            of.key,
            chunks.map(({ bytes, encoding, maxTime, minTime }) => [minTime, maxTime, encoding, [...bytes]]),
          ]);
          expect(new Map(seen as [string, unknown][])).toEqual(new Map(wanted as [string, unknown][]));
        },
      ),
      { numRuns: 150 },
    );
  });
});

describe('tombstones', () => {
  it('are read as they were written', () => {
    const intervals = fc
      .array(fc.tuple(fc.integer({ min: -MAX, max: MAX }), fc.integer({ min: -MAX, max: MAX })), { minLength: 1 })
      .map((pairs) => {
        let all: Intervals = [];
        for (const [a, b] of pairs) all = addInterval(all, Math.min(a, b), Math.max(a, b));
        return all;
      });
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(2 ** 31), intervals)), (entries) => {
        const tombstones = new Map(entries);
        expect(tombstonesFromBytes(tombstonesToBytes(tombstones), 'tombstones')).toEqual(tombstones);
      }),
    );
  });
});

describe('a file of chunks_head', () => {
  it('is read as it was written, of any encoding', () => {
    const entries = fc.array(fc.tuple(fc.integer({ min: 1, max: 2 ** 40 }), fc.boolean(), chunkLists), {
      maxLength: 8,
    });
    fc.assert(
      fc.property(entries, fc.nat(60), (list, room) => {
        const flat = list.flatMap(([series, isOutOfOrder, chunks]) =>
          chunks.map((chunk) => ({ series, isOutOfOrder, ...chunk })),
        );
        const size = flat.reduce((sum, { bytes }) => sum + headChunkEntryBytes(bytes.length), FILE_HEADER_BYTES);
        const bytes = new Uint8Array(size + room);
        writeHeadChunksHeader(bytes, 0);
        let at = FILE_HEADER_BYTES;
        for (const { bytes: chunk, maxTime, minTime, ...header } of flat) {
          at = writeHeadChunkEntry(
            bytes,
            at,
            { ...header, firstTime: minTime, lastTime: maxTime },
            chunk,
            0,
            chunk.length,
          );
        }
        const files = new MemoryFiles();
        put(files, '/000001', bytes);
        const file = files.openSync('/000001', 'r');
        const seen: unknown[] = [];
        const visit = ({ encoding, firstTime, isOutOfOrder, lastTime, length, offset, series, count }: HeadChunk) => {
          const from = offset + headChunkDataOffset(length);
          seen.push([
            series,
            isOutOfOrder,
            encoding,
            firstTime,
            lastTime,
            count,
            [...bytes.subarray(from, from + length)],
          ]);
        };
        const steps = listHeadChunks(file, 1, visit);
        let step = steps.next();
        while (step.done !== true) step = steps.next();
        expect(step.value).toEqual({ end: size, damage: null, isTorn: false });
        expect(seen).toEqual(
          flat.map((chunk) => [
            chunk.series,
            chunk.isOutOfOrder,
            chunk.encoding,
            chunk.minTime,
            chunk.maxTime,
            decodeChunk(chunk).length,
            [...chunk.bytes],
          ]),
        );
      }),
    );
  });
});
