import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src/std/clock.ts';
import { nodeFiles } from '../../src/std/node-files.ts';
import { samplesRecord } from '../../src/tsdb/wal/records.ts';
import { replayWal } from '../../src/tsdb/wal/replay.ts';
import type { SampleColumns, WalVisitor } from '../../src/tsdb/wal/visitor.ts';
import { WalWriter } from '../../src/tsdb/wal/writer.ts';
import { bestSeconds, type KernelResult, resultHash } from '../kernel-bench.ts';
import { scrapeRows } from './wal-data.ts';

/** A scrape's samples to a record, the whole way to the page cache, and back by replay. */
export function run(smoke: boolean): KernelResult[] {
  const rounds = smoke ? 2 : 400;
  const rows = scrapeRows(smoke ? 100 : 5000);
  const root = mkdtempSync(join(tmpdir(), 'narthex-bench-'));
  const directory = join(root, 'wal');
  try {
    const writer = WalWriter.open({ fileSystem: nodeFiles, clock: systemClock, directory, syncIntervalMs: 0 });
    const record = () => samplesRecord(rows.refs, rows.times, rows.bits, rows.indexes, rows.count);
    const encoding = bestSeconds(record, rounds);
    const appending = bestSeconds(() => writer.append([record()]), rounds);
    const first = readFileSync(join(directory, '00000000')).subarray(0, Math.floor(writer.offset / (rounds + 3)));
    let visited = 0;
    const replaying = bestSeconds(() => {
      const visitor = new Counter();
      replayWal(nodeFiles, directory, visitor);
      visited = visitor.count;
    }, 2);
    const rate = (samples: number, seconds: number) => samples / seconds / 1e6;
    const unit = 'M samples/s';
    return [
      { name: 'samples record', unit, rate: rate(rows.count, encoding), hash: resultHash(record()) },
      { name: 'append, written', unit, rate: rate(rows.count, appending), hash: resultHash(first) },
      { name: 'replay, decoded', unit, rate: rate(visited, replaying), hash: resultHash(String(visited)) },
    ];
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

/** The least that a visitor can do with what it is shown. */
class Counter implements WalVisitor {
  count = 0;
  series(): void {}
  samples(columns: SampleColumns): void {
    this.count += columns.length;
  }
  histograms(): void {}
  exemplars(): void {}
  tombstones(): void {}
  metadata(): void {}
}
