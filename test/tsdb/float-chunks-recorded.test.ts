import { rmSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createXor2State, xor2Append, xor2Begin, xor2ByteLength } from '../../src/kernels/xor2-encode.ts';
import { createSampleColumn } from '../../src/storage/query.ts';
import { ChunkDecoder } from '../../src/tsdb/chunk/chunk-decoder.ts';
import { ENCODING } from '../../src/tsdb/chunk/encoding.ts';
import { chunksBelow, type FileChunk, unpackRecorded } from './chunk-files.ts';

describe('XOR2 chunks that Prometheus 3.14 wrote', () => {
  it('come out of blocks-xor2 and are written again with the same bytes', (context) => {
    const directory = unpackRecorded('blocks-xor2');
    if (directory === null) return context.skip('the recorded data directories are not there');
    const chunks = chunksBelow(directory).filter(({ encoding }) => encoding === ENCODING.xor2);
    rmSync(directory, { recursive: true });
    expect(chunks.length).toBeGreaterThan(100);
    for (const chunk of chunks) expect(Buffer.from(rewritten(chunk)).equals(chunk.bytes)).toBe(true);
    const withStartTimes = chunks.filter(({ bytes }) => bytes[2] !== 0);
    expect(withStartTimes.length).toBeGreaterThan(0);
  });
});

function rewritten({ bytes, encoding }: FileChunk): Uint8Array {
  const column = createSampleColumn(256);
  expect(new ChunkDecoder().decode(encoding, bytes, column)).toBe(null);
  const out = new Uint8Array(16 * 1024);
  const state = createXor2State();
  xor2Begin(out, 0, state);
  for (let i = 0; i < column.length; i++) {
    const start = column.startTimes?.[i] ?? 0;
    xor2Append(out, 0, state, column.times[i]!, column.bits[2 * i]!, column.bits[2 * i + 1]!, start);
  }
  out[0] = state.count >>> 8;
  out[1] = state.count;
  return out.slice(0, xor2ByteLength(state));
}
