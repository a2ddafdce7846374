import { expect, it } from 'vitest';
import { createRing, RingReader, RingWriter } from './entry-ring.ts';

it('chunks are handed over before a slot is full, each as it was put', () => {
  const ring = createRing();
  const writer = new RingWriter(ring);
  const batches = Array.from({ length: 12 }, (_, i) => new Uint8Array(64 * 1024).fill(i + 1));
  for (const batch of batches) writer.chunks(batch);
  // The first one at once, as the reader has nothing, then two by two; the rest is in one slot, since the reader has enough before it.
  expect(new Int32Array(ring.control)[0]).toBe(4);
  writer.finish();
  const reader = new RingReader(ring);
  for (const batch of batches) {
    const entry = reader.next(0);
    if (entry?.kind !== 'chunks') throw new Error('chunks were expected');
    const { bytes, end, start } = entry.chunks;
    expect(Buffer.compare(bytes.subarray(start, end), batch)).toBe(0);
  }
  expect(reader.next(0)).toBe(null);
  expect(reader.isFinished).toBe(true);
});
