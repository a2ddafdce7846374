import { crc32c } from '../../src/kernels/crc32c.ts';
import { bestSeconds, type KernelResult, resultHash } from '../kernel-bench.ts';
import { labelTexts } from './wal-data.ts';

/** The checksum of a page of the log and of a short record. */
export function run(smoke: boolean): KernelResult[] {
  const rounds = smoke ? 2 : 300;
  const bytes = labelTexts(smoke ? 100 : 10_000);
  const sum = new Uint32Array(1);
  const results: KernelResult[] = [];
  for (const size of [64, 32 * 1024]) {
    const end = bytes.length - (bytes.length % size);
    const seconds = bestSeconds(() => {
      sum[0] = 0;
      for (let at = 0; at < end; at += size) sum[0]! ^= crc32c(bytes, at, at + size, 0);
    }, rounds);
    results.push({ name: `crc32c of ${size} bytes`, unit: 'MB/s', rate: end / seconds / 1e6, hash: resultHash(sum) });
  }
  return results;
}
