import { rmSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ENCODING, hasStartTimes } from '../../src/tsdb/chunk/encoding.ts';
import { HistogramChunkReader } from '../../src/tsdb/chunk/read-histogram-chunk.ts';
import { recodeHistogramChunk } from '../../src/tsdb/chunk/recode-histogram-chunk.ts';
import { chunksBelow, type FileChunk, unpackRecorded } from './chunk-files.ts';

const DIRECTORIES = ['blocks', 'blocks-and-head', 'blocks-xor2', 'head-snapshot-zstd', 'ooo-and-tombstones'];

describe('histogram chunks that Prometheus 3.14 wrote', () => {
  for (const name of DIRECTORIES) {
    it(`come out of ${name} and are written again with the same bytes`, (context) => {
      const directory = unpackRecorded(name);
      if (directory === null) return context.skip('the recorded data directories are not there');
      const chunks = chunksBelow(directory).filter(isHistogram);
      rmSync(directory, { recursive: true });
      expect(chunks.length).toBeGreaterThan(0);
      expect(chunks.some(({ encoding }) => hasStartTimes(encoding))).toBe(name.endsWith('xor2'));
      for (const chunk of chunks) expect(Buffer.from(rewritten(chunk)).equals(chunk.bytes)).toBe(true);
    });
  }
});

function isHistogram({ encoding }: FileChunk): boolean {
  return encoding !== ENCODING.xor && encoding !== ENCODING.xor2;
}

/** Decoded, and encoded again sample by sample with the layout that it has. */
function rewritten({ encoding, bytes }: FileChunk): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = view.getUint16(0) & (hasStartTimes(encoding) ? 0x3fff : 0xffff);
  const reader = new HistogramChunkReader();
  expect(reader.open(bytes, view, 0, bytes.length, encoding)).toBe(0);
  const written = { encoding, count, byteLength: bytes.length, counterReset: reader.counterReset };
  const again = recodeHistogramChunk(bytes, view, 0, written, reader.layout);
  const out = again.bytes.slice(0, again.writer.byteLength);
  new DataView(out.buffer).setUint16(0, again.writer.countWord);
  return out;
}
