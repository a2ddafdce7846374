import { snappyDecode } from '../../src/kernels/snappy-decode.ts';
import { SNAPPY_TABLE_LENGTH, snappyEncode, snappyEncodedSizeMax } from '../../src/kernels/snappy-encode.ts';
import { samplesRecord } from '../../src/tsdb/wal/records.ts';
import { bestSeconds, type KernelResult, resultHash } from '../kernel-bench.ts';
import { labelTexts, scrapeRows } from './wal-data.ts';

/** Both directions, on a record of samples (hardly compressible) and on label texts (very). Rates are of plain bytes. */
export function run(smoke: boolean): KernelResult[] {
  const rounds = smoke ? 2 : 300;
  const rows = scrapeRows(smoke ? 100 : 5000);
  const inputs = {
    samples: samplesRecord(rows.refs, rows.times, rows.bits, rows.indexes, rows.count),
    labels: labelTexts(smoke ? 10 : 2000),
  };
  const results: KernelResult[] = [];
  const table = new Uint16Array(SNAPPY_TABLE_LENGTH);
  for (const [name, input] of Object.entries(inputs)) {
    const block = new Uint8Array(snappyEncodedSizeMax(input.length));
    const output = new Uint8Array(input.length);
    let size = 0;
    const encoding = bestSeconds(() => {
      size = snappyEncode(input, 0, input.length, block, 0, table);
    }, rounds);
    const decoding = bestSeconds(() => {
      snappyDecode(block, 0, size, output, 0, output.length);
    }, rounds);
    const rate = (seconds: number) => input.length / seconds / 1e6;
    const ratio = (input.length / size).toFixed(2);
    results.push(
      { name: `snappy encode ${name} (1:${ratio})`, unit: 'MB/s', rate: rate(encoding), hash: resultHash(block) },
      { name: `snappy decode ${name}`, unit: 'MB/s', rate: rate(decoding), hash: resultHash(output) },
    );
  }
  return results;
}
