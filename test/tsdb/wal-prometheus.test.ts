import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterAll, describe, expect, it } from 'vitest';
import { findProgram } from '../../bench/peers/find-program.ts';
import { type Labels, labelsFromObject } from '../../src/model/labels.ts';
import { systemClock } from '../../src/std/clock.ts';
import { nodeFiles } from '../../src/std/node-files.ts';
import { runInTurns } from '../../src/std/turns.ts';
import { silentLog } from '../../src/telemetry/log.ts';
import { dataDirectory } from '../../src/tsdb/data-directory.ts';
import { lockDataDirectory } from '../../src/tsdb/lock.ts';
import type { WalCompression } from '../../src/tsdb/wal/compression.ts';
import { PAGE_SIZE } from '../../src/tsdb/wal/framing.ts';
import {
  exemplarsRecord,
  histogramRecords,
  metadataRecord,
  seriesRecord,
  tombstonesRecord,
} from '../../src/tsdb/wal/records.ts';
import { replayWal } from '../../src/tsdb/wal/replay.ts';
import { WalWriter } from '../../src/tsdb/wal/writer.ts';
import { dumpWithPromtool, startPrometheus, startTarget, type Target, versionOf } from './prometheus-process.ts';
import { Collector, samplesOf } from './wal-support.ts';

const promtool = findProgram('promtool');
const prometheus = findProgram('prometheus');
const missing = 'promtool and prometheus are not on PATH: skipped';
const made: string[] = [];

afterAll(() => {
  for (const path of made) rmSync(path, { recursive: true, force: true });
});

function freshDirectory(): string {
  const root = mkdtempSync(`${tmpdir()}/narthex-wal-`);
  made.push(root);
  nodeFiles.makeDirectorySync(`${root}/data`);
  return `${root}/data`;
}

function openWriter(directory: string, compression: WalCompression): WalWriter {
  return WalWriter.open({
    fileSystem: nodeFiles,
    clock: systemClock,
    directory: `${directory}/wal`,
    segmentSize: 4 * PAGE_SIZE,
    compression,
    syncIntervalMs: 0,
  });
}

/** Commits of all sizes over many segments; returns the lines that a dump must show. */
function writeCommits(writer: WalWriter, newest: number): string[] {
  const lines: string[] = [];
  for (let commit = 0; commit < 40; commit++) {
    const labels = labelsFromObject({ __name__: 'ours', commit: String(commit), utf8: 'ü"\n\\' });
    const count = (commit * 373) % 2500;
    const rows = Array.from(
      { length: count },
      (_, i) => [commit + 1, newest - 600_000 + i * 100, i % 3 === 0 ? i : Math.sin(i) * commit] as const,
    );
    const series = seriesRecord([{ ref: commit + 1, labels }]);
    if (commit % 3 !== 1) writer.append([series, samplesOf(rows)]);
    // As of a large commit, whose records begin a page.
    else writer.append([series], undefined, runInTurns(writer.prepare([samplesOf(rows)]), null));
    for (const [, time, value] of rows) lines.push(line(labels, value, time));
  }
  return lines.sort();
}

/** As `promtool tsdb dump` prints a sample, apart from how it writes large and small numbers. */
function line(labels: Labels, value: number, time: number): string {
  return `${labels} ${Object.is(value, -0) ? '-0' : value} ${time}`;
}

/** Number formats differ between Go and JavaScript: compare values, not digits. */
function normal(lines: readonly string[]): string[] {
  return lines
    .map((text) => {
      const [, labels, value, time] = /^(\{.*\}) (\S+) (-?\d+)$/.exec(text)!;
      return `${labels} ${Number(value)} ${time}`;
    })
    .sort();
}

function samplesIn(directory: string): string[] {
  const seen = new Collector();
  const report = replayWal(nodeFiles, `${directory}/wal`, seen, {});
  expect(report.damages).toEqual([]);
  const labels = new Map(seen.seriesSeen);
  const view = new DataView(new ArrayBuffer(8));
  return normal(
    seen.samplesSeen.map(([ref, time, bits]) => {
      view.setBigUint64(0, BigInt(`0x${bits}`));
      return `${labels.get(ref)} ${view.getFloat64(0)} ${time}`;
    }),
  );
}

describe.skipIf(promtool === null)(`our log read by promtool${promtool === null ? `: ${missing}` : ''}`, () => {
  const version = promtool === null ? null : versionOf(promtool);
  for (const compression of ['none', 'snappy', 'zstd'] as const) {
    const isTooOld = compression === 'zstd' && version !== null && version < 2.49;
    it.skipIf(isTooOld)(`holds every sample (${compression})`, async () => {
      const directory = freshDirectory();
      const writer = openWriter(directory, compression);
      const lines = writeCommits(writer, Date.now());
      await writer.close();
      expect(writer.segment).toBeGreaterThan(2);
      expect(normal(dumpWithPromtool(promtool!, directory))).toEqual(normal(lines));
    });
  }

  it('has records of all kinds', async () => {
    const directory = freshDirectory();
    const writer = openWriter(directory, 'snappy');
    const time = Date.now() - 1000;
    const labels = labelsFromObject({ __name__: 'm' });
    const histogram = {
      kind: 'integer',
      counterResetHint: 'unknown',
      schema: 1,
      zeroThreshold: 0.001,
      zeroCount: 2,
      count: 12,
      sum: 18.4,
      positiveSpans: [
        { offset: 0, length: 2 },
        { offset: 1, length: 2 },
      ],
      negativeSpans: [],
      positiveDeltas: [1, 1, -1, 0],
      negativeDeltas: [],
      customValues: [],
    } as const;
    writer.append([
      seriesRecord([
        { ref: 1, labels },
        { ref: 2, labels: labelsFromObject({ __name__: 'h' }) },
      ]),
      metadataRecord([{ ref: 1, type: 'gauge', unit: 'seconds', help: 'A help' }]),
      samplesOf([
        [1, time, 1],
        [1, time + 1, 2],
        [1, time + 2, 3],
      ]),
      exemplarsRecord([{ ref: 1, time, value: 1, labels: labelsFromObject({ trace: 'a' }) }]),
      ...histogramRecords([{ ref: 2, time, startTime: 0, histogram: { ...histogram, count: 9, sum: 18.5 } }]),
      tombstonesRecord([{ ref: 1, minTime: time + 1, maxTime: time + 1 }]),
      Uint8Array.of(200, 1, 2, 3),
    ]);
    await writer.close();
    const dump = dumpWithPromtool(promtool!, directory);
    const floats = dump.filter((text) => text.includes('__name__="m"'));
    expect(floats).toEqual([`{__name__="m"} 1 ${time}`, `{__name__="m"} 3 ${time + 2}`]);
    // The tool of 2.42 passes over histograms.
    const isShown = dump.some((text) => text.includes('__name__="h"') && text.includes('count:9, sum:18.5'));
    expect(isShown).toBe(version === null || version > 2.42);
  });
});

describe.skipIf(prometheus === null || promtool === null)(
  `a data directory shared with a real Prometheus${prometheus === null ? `: ${missing}` : ''}`,
  () => {
    const targets: Target[] = [];
    afterAll(() => {
      for (const target of targets) target.close();
    });
    async function freshTarget(): Promise<Target> {
      const target = await startTarget();
      targets.push(target);
      return target;
    }

    it.concurrent('reads what a killed and restarted Prometheus has logged', async () => {
      const target = await freshTarget();
      const directory = freshDirectory();
      for (let run = 0; run < 2; run++) {
        const server = startPrometheus(prometheus!, directory, target.address);
        await target.scraped(6);
        server.child.kill('SIGKILL');
        await server.exited;
      }
      // The tool would cut a torn tail off, so we read first.
      const ours = samplesIn(directory);
      expect(ours.length).toBeGreaterThan(100);
      expect(ours).toEqual(normal(dumpWithPromtool(promtool!, directory)));
    });

    it.concurrent('goes from us to Prometheus and back without loss', async () => {
      const target = await freshTarget();
      const directory = freshDirectory();
      const writer = openWriter(directory, 'snappy');
      const lines = normal(writeCommits(writer, Date.now()));
      await writer.close();
      const server = startPrometheus(prometheus!, directory, target.address);
      await target.scraped(4);
      server.child.kill('SIGTERM');
      await server.exited;
      const all = samplesIn(directory);
      expect(all).toEqual(normal(dumpWithPromtool(promtool!, directory)));
      const kept = new Set(all);
      expect(lines.filter((text) => !kept.has(text))).toEqual([]);
      expect(all.length).toBeGreaterThan(lines.length + 50);
    });

    it.concurrent('loses nothing behind a damage that we met first', async () => {
      const target = await freshTarget();
      const directory = freshDirectory();
      const writer = openWriter(directory, 'snappy');
      const lines = normal(writeCommits(writer, Date.now()));
      await writer.close();
      const segment = nodeFiles.openSync(`${directory}/wal/00000001`, 'r+');
      segment.writeSync(new Uint8Array(100).fill(0xee), 0, 100, 50_000);
      segment.closeSync();
      nodeFiles.removeSync(`${directory}/wal/00000003`);
      const options = { damagedDirectory: `${directory}/wal-damaged` };
      const first = replayWal(nodeFiles, `${directory}/wal`, new Collector(), options);
      expect(first).toMatchObject({ damages: [{ path: `${directory}/wal/00000001` }], missingSegments: 1 });
      const sound = samplesIn(directory);
      const whole = new Set(lines);
      expect(sound.filter((text) => !whole.has(text) && !text.startsWith('undefined'))).toEqual([]);
      expect(sound.length).toBeGreaterThan(lines.length / 2);
      const server = startPrometheus(prometheus!, directory, target.address);
      await target.scraped(3);
      server.child.kill('SIGTERM');
      await server.exited;
      expect(server.output()).not.toMatch(/corrupt/i);
      const kept = new Set(samplesIn(directory));
      expect(sound.filter((text) => !kept.has(text))).toEqual([]);
    });

    it.concurrent('is used by one of the two at a time', async () => {
      const target = await freshTarget();
      const directory = freshDirectory();
      const first = startPrometheus(prometheus!, directory, target.address);
      await target.scraped(2);
      expect(() => lockDataDirectory(nodeFiles, dataDirectory(directory), silentLog)).toThrow(
        `Cannot use data directory ${directory}: process ${first.child.pid} (prometheus) holds it`,
      );
      first.child.kill('SIGKILL');
      await first.exited;
      const lock = lockDataDirectory(nodeFiles, dataDirectory(directory), silentLog);
      expect(lock.kind).toBe('flock');
      const second = startPrometheus(prometheus!, directory, target.address);
      expect(await second.exited).not.toBe(0);
      expect(second.output()).toContain('lock DB directory');
      lock.releaseSync();
    });
  },
);
