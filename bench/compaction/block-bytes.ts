import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { BlockMeta } from '../../src/tsdb/block/block-meta.ts';

/** Bytes of all files of a block in a directory, for each of its samples. */
export function blockBytesPerSample(directory: string, { stats, ulid }: BlockMeta): number {
  return bytesOf(join(directory, ulid)) / stats.samples;
}

function bytesOf(path: string): number {
  if (!statSync(path).isDirectory()) return statSync(path).size;
  return readdirSync(path).reduce((sum, name) => sum + bytesOf(join(path, name)), 0);
}
