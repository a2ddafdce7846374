import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { labelsFromObject } from '../../src/model/labels.ts';
import { ManualClock } from '../../src/std/manual-clock.ts';
import type { MemoryFiles } from '../../src/std/memory-files.ts';
import { nodeFiles } from '../../src/std/node-files.ts';
import { silentLog } from '../../src/telemetry/log.ts';
import { dataDirectory } from '../../src/tsdb/data-directory.ts';
import { ChunkRuns } from '../../src/tsdb/head/chunk-runs.ts';
import { type LoadedHead, type LoadHeadOptions, loadHead } from '../../src/tsdb/start/load-head.ts';
import { decodeLog } from '../../src/tsdb/wal/ahead/decode-log.ts';
import { createRing, RingReader, RingWriter } from '../../src/tsdb/wal/ahead/entry-ring.ts';
import type { StartAhead } from '../../src/tsdb/wal/ahead/log-ahead.ts';
import { createLogMemory } from '../../src/tsdb/wal/ahead/log-kernel-instance.ts';
import { LogThread, withSizes } from '../../src/tsdb/wal/ahead/log-thread.ts';
import { createBoard, PIECE_BYTES } from '../../src/tsdb/wal/ahead/piece-board.ts';
import { PieceHelper } from '../../src/tsdb/wal/ahead/piece-helper.ts';
import { startWaitingThread } from '../../src/tsdb/wal/ahead/waiting-thread.ts';
import { histogramRecords, seriesDeletedRecord, seriesRecord } from '../../src/tsdb/wal/records.ts';
import { WalWriter } from '../../src/tsdb/wal/writer.ts';
import { append, show } from './head-support.ts';
import { histogramFrom, plainHistograms } from './histogram-support.ts';
import { memoryDisk, openWriter, samplesOf, seriesOf, WAL } from './wal-support.ts';

const RANGE_MS = 100_000;
const RECORD_BYTES_MAX = 2 ** 29;
let piecesHelped = 0;

/** Reads ahead in this thread: the log has to fit into the ring. `helps` says how many pieces another one makes ready in between. */
const inThisThread =
  (fileSystem: MemoryFiles, helps: () => number = () => 0): StartAhead =>
  (asked) => {
    const files = withSizes(fileSystem, asked);
    const ring = createRing();
    const [memory, board] = [createLogMemory(), createBoard(files)];
    const helper = new PieceHelper(fileSystem, memory, board, files);
    const to = new (class extends RingWriter {
      override offer(): void {
        for (let left = helps(); left > 0 && helper.help(); left--) piecesHelped++;
        super.offer();
      }
    })(ring);
    decodeLog(fileSystem, { files, recordBytesMax: RECORD_BYTES_MAX, chunkRangeMs: RANGE_MS, memory, board }, to);
    helper.close();
    const reader = new RingReader(ring);
    return { next: () => reader.next(0), isLost: false, close: () => {} };
  };

function optionsFor(fileSystem: LoadHeadOptions['fileSystem'], root: string): LoadHeadOptions {
  return {
    fileSystem,
    directory: dataDirectory(root),
    log: silentLog,
    chunkRangeMs: RANGE_MS,
    minValidTime: Number.NEGATIVE_INFINITY,
    exemplarsMax: 0,
    repairs: true,
    clock: null,
  };
}

function load(options: LoadHeadOptions): LoadedHead {
  for (const steps = loadHead(options); ; ) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/** All that can be seen of a head; then the same after one sample more for each series, which shows how chunks go on. */
function contents({ counts, head, wal }: LoadedHead): unknown {
  const { chunks, chunksCreated, series } = head.stats();
  const before = { lines: show(head), bounds: head.bounds, chunks, chunksCreated, series };
  head.logTo({ append: () => {} });
  for (let ref = 1; ref <= REFS; ref++) append(head, [[head.ownRef(ref) || 1000, 4e6, 0.1 * ref]]);
  return { before, after: show(head), series: counts.series, samples: counts.samples, wal };
}

/** Loads the same log both ways; `change` damages it. */
function check(
  records: readonly Uint8Array[],
  change: (bytes: Uint8Array) => Uint8Array = (bytes) => bytes,
  minValidTime = Number.NEGATIVE_INFINITY,
  helps?: () => number,
): void {
  const disk = memoryDisk();
  const writer = openWriter(disk);
  for (const record of records) writer.append([record]);
  const path = `${WAL}/00000000`;
  const bytes = change(disk.readFileSync(path));
  const [plain, ahead] = [0, 1].map((way) => {
    const copy = memoryDisk();
    copy.makeDirectorySync(WAL);
    const file = copy.openSync(path, 'wx');
    file.writeSync(bytes, 0, bytes.length, 0);
    file.closeSync();
    const options = { ...optionsFor(copy, 'data'), minValidTime };
    const loaded = load(way === 1 ? { ...options, ahead: inThisThread(copy, helps) } : options);
    return { loaded: contents(loaded), left: copy.readFileSync(path) };
  });
  expect(ahead!.loaded).toEqual(plain!.loaded);
  expect(Buffer.compare(ahead!.left, plain!.left)).toBe(0);
}

const REFS = 6;
const ref = fc.integer({ min: 1, max: REFS });
/** Small ones that compress, and any. */
const value = fc.oneof(fc.integer({ min: 0, max: 50 }), fc.double());
/** Many samples of a few series, scrape by scrape, enough to fill chunks. */
const scrapes = fc
  .record({
    refs: fc.uniqueArray(ref, { minLength: 1, maxLength: 4 }),
    start: fc.integer({ min: -50_000, max: 300_000 }),
    pace: fc.constantFrom(1, 15, 1000, 15_000, 1e11),
    jitter: fc.constantFrom(0, 0, 3, 400, 20_000),
    values: fc.array(value, { minLength: 1, maxLength: 300 }),
  })
  .map(({ jitter, pace, refs, start, values }) =>
    values.map((number, i) =>
      samplesOf(refs.map((r) => [r, start + i * pace + ((i * 7919) % (jitter + 1)), number + r])),
    ),
  );
const records = fc
  .array(
    fc.oneof(
      {
        weight: 3,
        arbitrary: fc.tuple(ref, fc.nat(4)).map(([r, a]) => [seriesOf(r, { a: String(a), b: 'b'.repeat(20) })]),
      },
      { weight: 4, arbitrary: scrapes },
      {
        weight: 2,
        arbitrary: fc
          .array(fc.tuple(ref, fc.integer({ min: -1e6, max: 1e6 }), value), { minLength: 1, maxLength: 30 })
          .map((rows) => [samplesOf(rows)]),
      },
      {
        weight: 1,
        arbitrary: fc
          .tuple(ref, fc.nat(1e6), plainHistograms)
          .map(([r, time, plain]) =>
            histogramRecords([{ ref: r, time, startTime: 0, histogram: histogramFrom(plain) }]),
          ),
      },
      {
        weight: 1,
        arbitrary: fc.array(ref, { minLength: 1, maxLength: 2 }).map((refs) => [seriesDeletedRecord(refs)]),
      },
    ),
    { minLength: 1, maxLength: 30 },
  )
  .map((groups) => groups.flat());

const HISTOGRAM = histogramFrom({
  isInteger: true,
  hint: 'unknown',
  schema: 0,
  zeroThreshold: 0.001,
  zeroCount: 1,
  sum: 3,
  positive: [[1, 2]],
  negative: [],
});

/** Some pieces of records with values that do not compress; now and then one that is larger than a page, or of something else. */
function largeLog(): Uint8Array[] {
  let seed = 1;
  const noise = (): number => (seed = Math.imul(seed, 1664525) + 1013904223) * 2 ** -7;
  const log = [seriesOf(1, { a: '1' }), seriesOf(2, { a: '2' })];
  for (let i = 0, bytes = 0; bytes < 5.5 * PIECE_BYTES; i++) {
    const count = i % 23 === 0 ? 4000 : 1 + (i % 150);
    log.push(
      samplesOf(Array.from({ length: count }, (_, k) => [1 + (k % REFS), 100 * i + Math.floor(k / REFS), noise()])),
    );
    bytes += 10 * count;
    // A ref that comes later, and one with labels that another has.
    if (i === 40) log.push(seriesOf(3, { a: '3' }), seriesOf(4, { a: '1' }));
    const entry = { ref: 2, time: 100 * i + 90, startTime: 0, histogram: HISTOGRAM };
    if (i % 61 === 60) log.push(...histogramRecords([entry]));
  }
  return log;
}

describe('a log that is read ahead', () => {
  it('makes the head that it makes otherwise', () => {
    fc.assert(
      fc.property(records, (log) => check(log)),
      { numRuns: 60, endOnFailure: true },
    );
  });

  it('gives a ref that was one of several of a series to another series', () => {
    const series = [1, 2, 3].map((ref) => seriesOf(ref, { a: '1' }));
    const late = [seriesDeletedRecord([2]), seriesOf(2, { a: '2' }), samplesOf([[2, 1000, 5]])];
    check([...series, ...late]);
    check([...series, ...late, seriesDeletedRecord([1]), samplesOf([[2, 2000, 6]])]);
  });

  it('leaves out what is in blocks', () => {
    fc.assert(
      fc.property(records, fc.integer({ min: -50_000, max: 300_000 }), (log, time) => check(log, undefined, time)),
      { numRuns: 30, endOnFailure: true },
    );
  });

  it('is told of damage, and repaired, in the same way', () => {
    fc.assert(
      fc.property(
        records,
        fc.array(fc.tuple(fc.nat(5000), fc.integer({ min: 1, max: 255 })), { minLength: 1, maxLength: 3 }),
        fc.boolean(),
        (log, flips, cuts) =>
          check(log, (bytes) => {
            const changed = cuts ? bytes.slice(0, flips[0]![0] % bytes.length) : bytes.slice();
            for (const [at, mask] of flips) if (changed.length > 0) changed[at % changed.length]! ^= mask;
            return changed;
          }),
      ),
      { numRuns: 60, endOnFailure: true },
    );
  });

  it('makes the same head where two threads make its pieces ready, and where some of them are damaged', () => {
    const log = largeLog();
    piecesHelped = 0;
    check(log, undefined, undefined, () => 1);
    expect(piecesHelped).toBe(5);
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 12 }),
        fc.array(fc.tuple(fc.nat(6 * PIECE_BYTES), fc.integer({ min: 1, max: 255 })), { maxLength: 3 }),
        fc.option(fc.nat(5 * PIECE_BYTES)),
        (helps, flips, cut) => {
          let calls = 0;
          const change = (bytes: Uint8Array): Uint8Array => {
            const changed = cut === null ? bytes.slice() : bytes.slice(0, cut);
            for (const [at, mask] of flips) if (at < changed.length) changed[at]! ^= mask;
            return changed;
          };
          check(log, change, undefined, () => helps[calls++ % helps.length]!);
        },
      ),
      { numRuns: 12, endOnFailure: true },
    );
  });

  it('comes into the head in runs of chunks, which end where there is anything else about one', () => {
    const refs = Array.from({ length: 3000 }, (_, i) => i + 1);
    const log = [
      seriesRecord(refs.map((r) => ({ ref: r, labels: labelsFromObject({ a: String(r) }) }))),
      ...[1000, 2000, 3000].map((time) => samplesOf(refs.map((r) => [r, time + r, 0.1 * r]))),
    ];
    const take = vi.spyOn(ChunkRuns.prototype, 'take');
    check(log);
    // One for each batch, at most.
    expect(take.mock.calls.length).toBeGreaterThan(0);
    expect(take.mock.calls.length).toBeLessThan(10);
    take.mockRestore();
    // The first ones are kept whole; only behind such a chunk does a run come to one that begins before what is kept.
    const falling = [1000, 2000, 3000].map((time) => samplesOf(refs.map((r) => [r, time + 3000 - r, 0.1 * r])));
    check([log[0]!, ...falling], undefined, 3500);
    const deletion = seriesDeletedRecord([1500]);
    const other = { ref: 4000, labels: labelsFromObject({ a: '2000' }) };
    const histograms = histogramRecords([{ ref: 2500, time: 9000, startTime: 0, histogram: HISTOGRAM }]);
    check([...log, deletion, seriesRecord([other]), ...histograms, ...log.slice(1)]);
    check([...log.slice(0, 2), deletion, seriesRecord([other]), ...histograms, ...log.slice(2)], undefined, 3500);
  });

  it('goes on where a record of series does not fit into the ring', () => {
    const many = Array.from({ length: 30_000 }, (_, i) => ({
      ref: i + 1,
      labels: labelsFromObject({ a: String(i), b: 'b'.repeat(100) }),
    }));
    check([seriesRecord(many), samplesOf(many.map(({ ref: r }) => [r, 1000, r]))]);
  });

  it('is left to the reader from a record on that is too large to be handed over', () => {
    const large = new Uint8Array(3 * 2 ** 20).fill(99);
    check([seriesOf(1, { a: '1' }), samplesOf([[1, 1, 1]]), large, samplesOf([[1, 2, 2]]), seriesOf(2, { a: '2' })]);
  });

  it('comes from a thread, and is read again where the thread is lost', async () => {
    const root = mkdtempSync(join(tmpdir(), 'narthex-ahead-'));
    try {
      const directory = join(root, 'wal');
      const writer = WalWriter.open({ fileSystem: nodeFiles, clock: new ManualClock(), directory, syncIntervalMs: 0 });
      for (let i = 1; i <= 20; i++) writer.append([seriesOf(i, { a: String(i) }), samplesOf([[i, 1000 + i, i]])]);
      await writer.close();
      const expected = show(load(optionsFor(nodeFiles, root)).head);
      expect(expected).toHaveLength(20);
      const files = withSizes(nodeFiles, [{ path: join(directory, '00000000'), from: 0 }]);
      const asked = { files, chunkRangeMs: RANGE_MS };
      const shorter = [{ ...files[0]!, size: files[0]!.size - 1 }];
      const begun = [undefined, null, asked, { ...asked, chunkRangeMs: 1 }, { ...asked, files: shorter }];
      for (const before of [...begun, 'lost' as const]) {
        // Whatever a thread was started for before.
        if (before !== undefined && before !== 'lost') startWaitingThread(before);
        const ahead: StartAhead = (parts) =>
          before === 'lost'
            ? { next: () => null, isLost: true, close: () => {} }
            : new LogThread({ files: withSizes(nodeFiles, parts), chunkRangeMs: RANGE_MS });
        const steps = loadHead({ ...optionsFor(nodeFiles, root), ahead });
        let step = steps.next();
        for (; step.done !== true; step = steps.next()) await setImmediate();
        expect(show(step.value.head)).toEqual(expected);
      }
      // Nobody else's directory is changed while the lock is held; if it is, the log is read again.
      const changed = new LogThread({ files: shorter, chunkRangeMs: RANGE_MS });
      while (!changed.isLost) {
        expect(changed.next()).toBe(null);
        await setImmediate();
      }
    } finally {
      rmSync(root, { recursive: true });
    }
  });

  it('comes from a thread whose pieces the caller makes ready, also where the thread ends in the middle of it', async () => {
    const root = mkdtempSync(join(tmpdir(), 'narthex-ahead-'));
    try {
      const directory = join(root, 'wal');
      const writer = WalWriter.open({ fileSystem: nodeFiles, clock: new ManualClock(), directory, syncIntervalMs: 0 });
      for (const record of largeLog()) writer.append([record]);
      await writer.close();
      const expected = show(load(optionsFor(nodeFiles, root)).head);
      for (const endsAfter of [Number.POSITIVE_INFINITY, 1, 3]) {
        let lost = 0;
        const ahead: StartAhead = (parts) => {
          const thread = new LogThread({ files: withSizes(nodeFiles, parts), chunkRangeMs: RANGE_MS });
          let entries = 0;
          return {
            next: () => {
              const entry = thread.next();
              if (entry !== null && ++entries === endsAfter) thread.close();
              // The ring may have had all of it.
              return entries >= endsAfter ? null : entry;
            },
            get isLost() {
              if (entries < endsAfter) return thread.isLost;
              lost++;
              return true;
            },
            close: () => thread.close(),
          };
        };
        const steps = loadHead({ ...optionsFor(nodeFiles, root), ahead });
        let step = steps.next();
        for (; step.done !== true; step = steps.next()) await setImmediate();
        expect(show(step.value.head)).toEqual(expected);
        expect(lost).toBe(endsAfter === Number.POSITIVE_INFINITY ? 0 : 1);
      }
    } finally {
      rmSync(root, { recursive: true });
    }
  });
});
