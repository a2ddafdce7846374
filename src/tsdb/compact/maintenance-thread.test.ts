import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ArraySource, type TestSeries, testSeries } from '../../../test/support/chunk-source.ts';
import { readBlock } from '../../../test/support/read-block.ts';
import { systemClock } from '../../std/clock.ts';
import { ManualClock } from '../../std/manual-clock.ts';
import { nodeFiles } from '../../std/node-files.ts';
import { TaskCancelled } from './compact-blocks.ts';
import { MaintenanceThread } from './maintenance-thread.ts';
import type { MaintenanceTask } from './tasks.ts';
import { writeBlock } from './write-block.ts';

const A = '00000000000000000000000001';
const B = '00000000000000000000000002';
const MADE = '00000000000000000000000009';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'narthex-maintenance-'));
});

afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

function put(ulid: string, series: readonly TestSeries[]): void {
  const sources = [new ArraySource(series)];
  writeBlock(nodeFiles, { directory, ulid, sources, minTime: 0, maxTime: 100, level: 1 });
}

function compact(ulids: readonly string[], ulid = MADE, kind: 'compact-blocks' | 'rewrite-block' = 'compact-blocks') {
  return { kind, directory, ulids, ulid } satisfies MaintenanceTask;
}

function names(): string[] {
  return nodeFiles.readDirectorySync(directory).map(({ name }) => name);
}

describe('MaintenanceThread', () => {
  it('runs tasks one after the other and ends when it is closed', async () => {
    put(A, [testSeries({ a: '1' }, [[[1, 1]]])]);
    put(B, [testSeries({ a: '2' }, [[[2, 2]]])]);
    const thread = new MaintenanceThread(systemClock);
    const first = thread.run(compact([A, B]));
    const second = thread.run(compact([MADE], '0000000000000000000000000A', 'rewrite-block'));
    expect(await first).toMatchObject({ ulid: MADE, level: 2, stats: { series: 2 } });
    expect(await second).toMatchObject({ level: 1, parents: [{ ulid: MADE }] });
    expect(readBlock(nodeFiles, `${directory}/${MADE}`)).toEqual([
      ['{a="1"}', [[1, 1]]],
      ['{a="2"}', [[2, 2]]],
    ]);
    await thread.close();
    await expect(thread.run(compact([A]))).rejects.toThrow(TaskCancelled);
  });

  it('hands errors on with their class and place, and goes on', async () => {
    const thread = new MaintenanceThread(systemClock);
    await expect(thread.run(compact([A]))).rejects.toMatchObject({ name: 'FileSystemError', code: 'ENOENT' });
    put(A, [testSeries({ a: '1' }, [[[1, 1]]])]);
    const index = nodeFiles.openSync(`${directory}/${A}/index`, 'r+');
    index.writeSync(Uint8Array.of(0), 0, 1, 0);
    index.closeSync();
    await expect(thread.run(compact([A]))).rejects.toMatchObject({ name: 'DamagedFile', offset: 0 });
    await thread.close();
  });

  it('cancels what runs and what waits, and leaves no trace', async () => {
    const series = Array.from({ length: 20_000 }, (_, i) => testSeries({ a: String(i) }, [[[1, 1]]]));
    put(A, series);
    const thread = new MaintenanceThread(systemClock);
    const running = expect(thread.run(compact([A]))).rejects.toThrow(TaskCancelled);
    const waiting = expect(thread.run(compact([A]))).rejects.toThrow(TaskCancelled);
    while (thread.series === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    thread.cancel();
    await running;
    await waiting;
    expect(names()).toEqual([A]);
    expect(await thread.run(compact([A]))).not.toBeNull();
    await thread.close();
  });

  it('goes on after a task that can not be sent', async () => {
    put(A, [testSeries({ a: '1' }, [[[1, 1]]])]);
    const thread = new MaintenanceThread(systemClock);
    const odd = { ...compact([A]), progress: () => {} };
    await expect(thread.run(odd)).rejects.toThrow('could not be cloned');
    expect(await thread.run(compact([A]))).not.toBeNull();
    await thread.close();
  });

  it('begins again after it was idle', async () => {
    put(A, [testSeries({ a: '1' }, [[[1, 1]]])]);
    const clock = new ManualClock(0);
    const thread = new MaintenanceThread(clock);
    await thread.run(compact([A], B));
    clock.advance(60_000);
    expect(await thread.run(compact([B]))).not.toBeNull();
    await thread.close();
  });
});
