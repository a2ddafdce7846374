import { describe, expect, it } from 'vitest';
import { labelsFromObject } from '../../../src/model/labels.ts';
import { MemoryFiles } from '../../../src/std/memory-files.ts';
import type { SampleColumn } from '../../../src/storage/query.ts';
import { createSampleColumn } from '../../../src/storage/query.ts';
import { type Log, silentLog } from '../../../src/telemetry/log.ts';
import { HeadMemory } from '../../../src/tsdb/head/head-memory.ts';
import { LateReplay, type LateReplayParts } from '../../../src/tsdb/out-of-order/late-replay.ts';
import { readLateSamples, takeLateSamples } from '../../../src/tsdb/out-of-order/late-samples.ts';
import { OutOfOrderStore } from '../../../src/tsdb/out-of-order/out-of-order-store.ts';
import { HEADER_SIZE } from '../../../src/tsdb/wal/framing.ts';
import { replayWal } from '../../../src/tsdb/wal/replay.ts';
import { damageStride } from '../../support/damage-stride.ts';
import { ALL_TIME, batchOf } from '../head-support.ts';
import { histogramFrom } from '../histogram-support.ts';
import { openLate, readSamples } from './late-support.ts';

const PATH = 'data/wbl/00000000';

/** A data directory whose `wbl/` has floats and histograms of a few commits. */
async function writeDirectory(): Promise<MemoryFiles> {
  const files = new MemoryFiles();
  const database = await openLate(files, { walCompression: 'none' });
  for (let commit = 0; commit < 6; commit++) {
    const appender = database.appender();
    const refs = ['a', 'b', 'h'].map((s) => appender.resolve(labelsFromObject({ s })));
    const time = commit === 0 ? 9000 : 5000 + ((commit * 7) % 10) * 10;
    const batch = batchOf([
      [refs[0]!, time, commit],
      [refs[1]!, time, commit / 3],
    ]);
    const histogram = histogramFrom({
      isInteger: commit % 2 === 0,
      hint: 'unknown',
      schema: 0,
      zeroThreshold: 0.001,
      zeroCount: 1,
      sum: commit,
      positive: [[0, commit + 1]],
      negative: [],
    });
    batch.histograms = [{ ref: refs[2]!, time, startTime: 0, histogram }];
    appender.append(batch);
    appender.commit();
  }
  return files.afterProcessDeath();
}

/** `ref time value` of what a reader makes of the log; histograms by their sums and counts. Keeps its messages. */
function read(bytes: Uint8Array, memory: HeadMemory, messages: string[], damagedDirectory?: string): string[] {
  const files = new MemoryFiles();
  files.makeDirectorySync('data/wbl');
  const file = files.openSync(PATH, 'wx');
  file.writeSync(bytes, 0, bytes.length, 0);
  file.closeSync();
  const store = new OutOfOrderStore(memory);
  const refs = { row: (ref: number) => (ref >= 1 && ref <= 3 ? ref : -1) };
  const late = new LateReplay({
    directory: { refs, reserveRef: () => {} } as unknown as LateReplayParts['directory'],
    store,
  });
  const log: Log = { ...silentLog, warn: (text, fields) => void messages.push(`${text} ${JSON.stringify(fields)}`) };
  const report = replayWal(files, 'data/wbl', late, {
    log,
    ...(damagedDirectory === undefined ? {} : { damagedDirectory }),
  });
  for (const _ of late.finish(() => {})) {
    // In steps.
  }
  if (report.tornTail !== null) messages.push(JSON.stringify(report.tornTail));
  const rows = Uint32Array.of(1, 2, 3);
  const samples = takeLateSamples(store, rows, ALL_TIME);
  if (samples === null) return [];
  const found: string[] = [];
  for (let place = 0; place < 3; place++) {
    const column: SampleColumn = createSampleColumn(16);
    readLateSamples(samples, place, () => expect.unreachable('no chunk is full'), column);
    for (let i = 0; i < column.length; i++) {
      found.push(`${rows[place]} ${column.times[i]} ${column.values[i]} ${column.histograms?.[i]?.count ?? ''}`);
    }
  }
  return found;
}

/** Where in a segment of less than a page the sizes of its fragments stand. */
function bytesOfFragmentSizes(segment: Uint8Array): Set<number> {
  const places = new Set<number>();
  let at = 0;
  while (at + HEADER_SIZE <= segment.length && segment[at] !== 0) {
    places.add(at + 1).add(at + 2);
    at += HEADER_SIZE + ((segment[at + 1]! << 8) | segment[at + 2]!);
  }
  return places;
}

describe('a damaged wbl/', () => {
  it('gives no wrong sample and a message with file and offset, whichever byte is damaged or the last', async () => {
    const bytes = (await writeDirectory()).readFileSync(PATH);
    const memory = new HeadMemory();
    const whole = read(bytes, memory, []);
    expect(whole).toHaveLength(15);
    let lost = 0;
    for (let at = 0; at < bytes.length; at++) {
      for (const mask of [0x01, 0x80, 0xff]) {
        const damaged = bytes.slice();
        damaged[at]! ^= mask;
        const messages: string[] = [];
        const found = read(damaged, memory, messages, at % 2 === 0 ? 'data/wbl-damaged' : undefined);
        expect(found.filter((sample) => !whole.includes(sample))).toEqual([]);
        if (found.length === whole.length) continue;
        lost++;
        expect(messages.some((text) => text.includes(PATH) && /"offset":\d+/.test(text))).toBe(true);
      }
      const messages: string[] = [];
      const found = read(bytes.slice(0, at), memory, messages);
      expect(found.filter((sample) => !whole.includes(sample))).toEqual([]);
    }
    expect(lost).toBeGreaterThan(bytes.length);
  });

  it('does not keep a database from starting, nor its samples that are sound', async () => {
    const files = await writeDirectory();
    const whole = await readSamples(await openLate(files.afterProcessDeath()));
    const size = files.statSync(PATH)!.size;
    const sizeBytes = bytesOfFragmentSizes(files.readFileSync(PATH));
    for (let at = 3; at < size; at += damageStride(41)) {
      const disk = files.afterProcessDeath();
      const file = disk.openSync(PATH, 'r+');
      const byte = new Uint8Array(1);
      file.readSync(byte, 0, 1, at);
      byte[0]! ^= 0x55;
      file.writeSync(byte, 0, 1, at);
      file.closeSync();
      const database = await openLate(disk);
      const found = await readSamples(database);
      for (const [key, value] of found) expect(whole.get(key)).toBe(value);
      // Where a fragment's size is damaged, what follows it in its page is not found.
      if (!sizeBytes.has(at)) expect(found.size).toBeGreaterThan(whole.size - 8);
      await database.compactOutOfOrder();
      expect(await readSamples(database)).toEqual(found);
      await database.close();
    }
  });

  it('does not give samples of a lost series to another one', async () => {
    const files = new MemoryFiles();
    const database = await openLate(files);
    const add = (s: string, time: number): void => {
      const appender = database.appender();
      appender.append(batchOf([[appender.resolve(labelsFromObject({ s })), time, 1]]));
      appender.commit();
    };
    add('known', 9000);
    await database.sync();
    const wal = files.readDirectorySync('data/wal')[0]!.name;
    const size = files.statSync(`data/wal/${wal}`)!.size;
    add('lost', 5000);
    // A power cut took the end of one log and left the other.
    const disk = files.afterProcessDeath();
    const file = disk.openSync(`data/wal/${wal}`, 'r+');
    file.truncateSync(size);
    file.closeSync();
    const second = await openLate(disk);
    expect([...(await readSamples(second)).keys()]).toEqual(['known 9000']);
    const appender = second.appender();
    appender.append(batchOf([[appender.resolve(labelsFromObject({ s: 'another' })), 9000, 1]]));
    appender.commit();
    await second.close();
    const third = await openLate(disk);
    expect([...(await readSamples(third)).keys()]).toEqual(['another 9000', 'known 9000']);
    expect(third.stats().replay.wblUnknownRefs).toBe(1);
    await third.close();
  });
});
