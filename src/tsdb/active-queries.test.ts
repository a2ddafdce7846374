import { describe, expect, it } from 'vitest';
import { MemoryFiles } from '../std/memory-files.ts';
import { type Log, silentLog } from '../telemetry/log.ts';
import { ActiveQueries } from './active-queries.ts';

const PATH = '/queries.active';

function start(fileSystem: MemoryFiles, entries = 2): { active: ActiveQueries; logged: unknown[] } {
  const logged: unknown[] = [];
  const log: Log = { ...silentLog, info: (_message, fields) => logged.push(JSON.parse(String(fields?.['queries']))) };
  const active = new ActiveQueries({ fileSystem, path: PATH, entries, log });
  active.open();
  return { active, logged };
}

describe('ActiveQueries', () => {
  it('tells the next start which queries ran at the end', () => {
    const files = new MemoryFiles();
    const { active, logged } = start(files);
    expect(logged).toEqual([]);
    const end = active.begin('up', 1);
    active.begin('sum("é\n")', 2);
    active.begin('more than there are entries', 3);
    end();
    expect(files.statSync(PATH)!.size).toBe(2001);
    expect(start(files).logged).toEqual([[{ query: 'sum("é\n")', timestamp_sec: 2 }]]);
    expect(start(files).logged).toEqual([]);
  });

  it('uses an entry again, and cuts long texts where they stay readable', () => {
    const files = new MemoryFiles();
    const { active } = start(files, 1);
    active.begin('a', 1)();
    active.begin('é"'.repeat(5000), 2);
    const [[entry]] = start(files, 1).logged as [[{ query: string }]];
    expect(entry.query).toMatch(/^(é")+é?$/);
    expect(entry.query.length).toBeGreaterThan(150);
  });

  it('passes over bytes that no query left', () => {
    const files = new MemoryFiles();
    const file = files.openSync(PATH, 'w');
    const bytes = new TextEncoder().encode('[{"query":"half\0\0nonsense,\0{"query":"up","timestamp_sec":1},\0');
    file.writeSync(bytes, 0, bytes.length, 0);
    file.closeSync();
    expect(start(files).logged).toEqual([[{ query: 'up', timestamp_sec: 1 }]]);
  });

  it('notes nothing before it is open', () => {
    const files = new MemoryFiles();
    const active = new ActiveQueries({ fileSystem: files, path: PATH, entries: 1, log: silentLog });
    active.begin('up', 1)();
    expect(files.statSync(PATH)).toBeNull();
  });
});
