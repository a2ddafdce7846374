import { crc32c } from '../kernels/crc32c.ts';
import { uvarintSize, writeUvarint } from '../kernels/varint.ts';
import type { EncodedChunk } from './read-chunks.ts';
import type { MessageWriter } from './read-message-writer.ts';
import { writeLabels } from './read-samples.ts';

/**
 * One frame of a streamed answer:
 *
 *     size of the message: uvarint | CRC-32C of the message: u32 big-endian | ChunkedReadResponse
 *
 *     ChunkedReadResponse   1 series*          2 index of the query
 *     ChunkedSeries         1 labels*          2 chunks*
 *     Chunk                 1 first time (ms)  2 last time (ms)   3 encoding   4 bytes
 *
 * Source: Prometheus' `docs/querying/remote_read_api.md` and `prompb/types.proto`.
 */
export function frameFromChunks(
  writer: MessageWriter,
  pairs: readonly string[],
  chunks: readonly EncodedChunk[],
  queryIndex: number,
): Uint8Array {
  writer.reset();
  const series = writer.begin(1);
  writeLabels(writer, pairs);
  for (const { minTime, maxTime, encoding, bytes } of chunks) {
    const chunk = writer.begin(2);
    writer.integer(1, minTime);
    writer.integer(2, maxTime);
    writer.integer(3, encoding);
    writer.blob(4, bytes);
    writer.end(chunk);
  }
  writer.end(series);
  writer.integer(2, queryIndex);
  return framed(writer.bytes, writer.length);
}

const CHECKSUM_BYTES = 4;
/** Bytes around a chunk's own: three integers, and tags. */
const CHUNK_OVERHEAD_BYTES = 20;

/** What a chunk takes of a frame, nearly. */
export function chunkBytes({ bytes }: EncodedChunk): number {
  return bytes.length + CHUNK_OVERHEAD_BYTES;
}

function framed(message: Uint8Array, length: number): Uint8Array {
  const head = uvarintSize(length);
  const frame = new Uint8Array(head + CHECKSUM_BYTES + length);
  writeUvarint(frame, 0, length);
  const checksum = crc32c(message, 0, length, 0);
  for (let i = 0; i < CHECKSUM_BYTES; i++) frame[head + i] = checksum >>> (24 - 8 * i);
  frame.set(message.subarray(0, length), head + CHECKSUM_BYTES);
  return frame;
}
