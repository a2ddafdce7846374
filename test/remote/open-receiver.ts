import { afterEach, beforeEach } from 'vitest';
import { createWriteReceiver, type WriteOutcome, type WriteReceiver } from '../../src/remote/write-receiver.ts';
import { ManualClock } from '../../src/std/manual-clock.ts';
import { MemoryFiles } from '../../src/std/memory-files.ts';
import type { Appendable, Appender } from '../../src/storage/append.ts';
import { createSampleColumn } from '../../src/storage/query.ts';
import { silentLog } from '../../src/telemetry/log.ts';
import { createRegistry } from '../../src/telemetry/metric-registry.ts';
import type { Registry } from '../../src/telemetry/registry.ts';
import { type Database, openDatabase } from '../../src/tsdb/tsdb.ts';
import { type HistogramMessage, labelsOf, type SeriesMessage, writeBody } from './write-message.ts';

export const V1 = 'application/x-protobuf';
/** Where the clock stands, in milliseconds. */
export const NOW = 1_800_000_000_000;

export const HISTOGRAM: HistogramMessage = {
  countInt: 3,
  sum: 4,
  positiveSpans: [{ offset: 0, length: 2 }],
  positiveDeltas: [1, 1],
};

/** A receiver over a database of its own for each test of the file that asks for it. */
export class OpenReceiver {
  database!: Database;
  registry!: Registry;
  clock!: ManualClock;
  receiver!: WriteReceiver;

  constructor() {
    beforeEach(async () => {
      this.clock = new ManualClock(NOW);
      this.registry = createRegistry(this.clock);
      const fileSystem = new MemoryFiles();
      this.database = await openDatabase({
        directory: '/d',
        fileSystem,
        clock: this.clock,
        log: silentLog,
        lock: false,
      });
      this.receiveInto(this.database);
    });
    afterEach(() => this.database.close());
  }

  /** `pause` is called between any two steps of a large request. */
  receiveInto(appendable: Appendable, pause = async () => {}): void {
    const { clock, database, registry } = this;
    this.receiver = createWriteReceiver({
      appendable,
      queryable: database,
      clock,
      log: silentLog,
      registry,
      messages: ['prometheus.WriteRequest', 'io.prometheus.write.v2.Request'],
      turns: { now: () => clock.monotonic(), pause, pieceMs: 0 },
      hashSeed: 1,
    });
  }

  /** The next requests go into the database by appenders of which some methods are others. */
  receiveChanged(change: (appender: Appender) => Partial<Appender>): void {
    this.receiveInto({
      inSteps: (work) => this.database.inSteps(work),
      settle: () => this.database.settle(),
      settled: () => this.database.settled(),
      appender: () => {
        const appender = this.database.appender();
        const changed: Appender = {
          resolve: (labels) => appender.resolve(labels),
          resolveBytes: (bytes, start, end) => appender.resolveBytes(bytes, start, end),
          append: (batch) => appender.append(batch),
          refuses: (...float) => appender.refuses(...float),
          lastValue: (ref) => appender.lastValue(ref),
          rollback: () => appender.rollback(),
          commit: () => appender.commit(),
          ...change(appender),
          *appendInSteps(batch) {
            yield;
            return changed.append(batch);
          },
          *commitInSteps() {
            yield;
            changed.commit();
          },
        };
        return changed;
      },
    });
  }

  write(...series: SeriesMessage[]): WriteOutcome {
    return this.receive(V1, writeBody(series));
  }

  /** A request that is not large is answered at once. */
  receive(contentType: string, body: Uint8Array): WriteOutcome {
    const outcome = this.receiver.receive(contentType, body);
    if (outcome instanceof Promise) throw new Error('a small request was not answered at once');
    return outcome;
  }

  /** Everything stored, as `{labels} time=value ...` lines; times from `NOW`. */
  async stored(): Promise<string[]> {
    const range = { minTime: -Number.MAX_SAFE_INTEGER, maxTime: Number.MAX_SAFE_INTEGER };
    const querier = this.database.querier(range);
    const set = await querier.select({
      matchers: [{ type: '=~', name: '__name__', value: '.+' }],
      range,
      sorted: true,
      limit: 0,
    });
    const column = createSampleColumn(16);
    const lines: string[] = [];
    for (let row = 0; row < set.length; row++) {
      set.read(row, column);
      const samples = Array.from({ length: column.length }, (_, i) => `${column.times[i]! - NOW}=${column.values[i]}`);
      lines.push([set.labels(row).toString(), ...samples].join(' '));
    }
    querier.close();
    return lines;
  }
}

/** A series of floats: time in milliseconds and value of each sample. */
export function one(name: string, ...samples: [number, number][]): SeriesMessage {
  return { labels: labelsOf({ __name__: name }), samples: samples.map(([timestamp, value]) => ({ timestamp, value })) };
}
