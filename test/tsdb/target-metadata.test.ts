import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../src/std/manual-clock.ts';
import { MemoryFiles } from '../../src/std/memory-files.ts';
import { runInTurns } from '../../src/std/turns.ts';
import type { MetricDescription, TargetDescription } from '../../src/storage/target-metadata.ts';
import { type Log, silentLog } from '../../src/telemetry/log.ts';
import { KeptMetadata } from '../../src/tsdb/metadata/kept-metadata.ts';
import { targetMetadataFromBytes, targetMetadataToBytes } from '../../src/tsdb/metadata/target-metadata-file.ts';

const PATH = 'data/target_metadata';
const up: MetricDescription = { metric: 'up', type: 'gauge', help: 'Is it\nup? "ü"', unit: '' };
const requests: MetricDescription = { metric: 'requests_total', type: 'counter', help: '', unit: 'requests' };

function target(name: string, list: readonly MetricDescription[], sharedBy: unknown = list): TargetDescription {
  return { target: name, sharedBy, metrics: () => list };
}

function toBytes(targets: readonly TargetDescription[], bytesMax?: number) {
  const written = runInTurns(targetMetadataToBytes(targets, bytesMax), null);
  if (written instanceof Promise) throw new Error('it waits');
  return written;
}

describe('target_metadata', () => {
  it('has a line for each metric, set and target that is not there yet', () => {
    const shared = [up, requests];
    const { bytes } = toBytes([target('a', shared), target('b', shared), target('c', [requests])]);
    expect(new TextDecoder().decode(bytes)).toBe(
      [
        'narthex target metadata 1',
        'm["up","gauge","Is it\\nup? \\"ü\\"",""]',
        'm["requests_total","counter","","requests"]',
        's[0,1]',
        't["a",0]',
        't["b",0]',
        's[1]',
        't["c",1]',
        'c"90cf0aa3"',
        '',
      ].join('\n'),
    );
    expect([...targetMetadataFromBytes(bytes, PATH)]).toEqual([
      ['a', shared],
      ['b', shared],
      ['c', [requests]],
    ]);
  });

  it('gives back what it got', () => {
    const text = fc.string({ unit: 'binary' });
    const description = fc.record({ metric: text, type: text, help: text, unit: text });
    fc.assert(
      fc.property(fc.dictionary(text, fc.array(description)), (described) => {
        const { bytes } = toBytes(Object.entries(described).map(([name, list]) => target(name, list)));
        expect(Object.fromEntries(targetMetadataFromBytes(bytes, PATH))).toEqual(described);
      }),
    );
  });

  it('tells damage of any byte, and is never larger than it may be', () => {
    const { bytes } = toBytes([target('a', [up]), target('b', [requests])]);
    for (let at = 0; at < bytes.length; at++) {
      const flipped = bytes.slice();
      flipped[at]! ^= 0x01;
      for (const damaged of [flipped, bytes.slice(0, at)]) {
        expect(() => targetMetadataFromBytes(damaged, PATH)).toThrow(
          /^Cannot read data\/target_metadata at offset \d+: /,
        );
      }
    }
    for (let most = 60; most < bytes.length; most += 10) {
      const cut = toBytes([target('a', [up]), target('b', [requests])], most);
      expect(cut.bytes.length).toBeLessThanOrEqual(most + 12);
      expect(targetMetadataFromBytes(cut.bytes, PATH).size).toBe(2 - cut.leftOut);
    }
  });
});

describe('KeptMetadata', () => {
  function open(files: MemoryFiles, clock = new ManualClock(0), log: Log = silentLog): KeptMetadata {
    return new KeptMetadata({
      fileSystem: files,
      path: PATH,
      clock,
      log,
      turns: { now: () => 0, pause: async () => {}, pieceMs: 5 },
    });
  }

  function disk(): MemoryFiles {
    const files = new MemoryFiles();
    files.makeDirectorySync('data');
    files.syncDirectorySync('.');
    return files;
  }

  it('knows after a restart what was kept, also of targets that are awaited', async () => {
    const files = disk();
    await open(files).keepMetadata([target('a', [up]), target('b', [requests])]);
    const clock = new ManualClock(0);
    const next = open(files.afterProcessDeath(), clock);
    expect(next.keptMetadata('a')).toEqual([up]);
    expect(next.keptMetadata('c')).toEqual([]);
    const again = files.afterProcessDeath();
    const third = open(again, clock);
    await third.keepMetadata([target('a', [requests])]);
    expect(open(again).keptMetadata('a')).toEqual([requests]);
    expect(open(again).keptMetadata('b')).toEqual([requests]);
    clock.advance(10 * 60_000);
    await third.keepMetadata([target('a', [requests])]);
    expect(open(again).keptMetadata('b')).toEqual([]);
  });

  it('does without a file that can not be read, and replaces it', async () => {
    const files = disk();
    const file = files.openSync(PATH, 'w');
    file.writeSync(Uint8Array.of(1, 2, 3), 0, 3, 0);
    const lines: string[] = [];
    const log = { ...silentLog, warn: (message: string) => lines.push(message) };
    const kept = open(files, new ManualClock(0), log);
    expect(kept.keptMetadata('a')).toEqual([]);
    expect(lines).toEqual(['The metadata of targets that was kept can not be read']);
    await kept.keepMetadata([target('a', [up])]);
    expect(open(files).keptMetadata('a')).toEqual([up]);
  });

  it('leaves the old or the new file when it dies at any call', async () => {
    const before = disk();
    await open(before).keepMetadata([target('a', [up])]);
    const probe = before.afterProcessDeath();
    const from = probe.operations.length;
    await open(probe).keepMetadata([target('a', [requests])]);
    for (let call = from + 1; call <= probe.operations.length; call++) {
      const files = before.afterProcessDeath();
      files.failAt(call, { kind: 'death', written: 5 });
      await Promise.resolve()
        .then(() => open(files).keepMetadata([target('a', [requests])]))
        .catch(() => {});
      for (const next of [files.afterProcessDeath(), files.afterPowerCut(call)]) {
        expect([[up], [requests]]).toContainEqual(open(next).keptMetadata('a'));
      }
    }
  });
});
