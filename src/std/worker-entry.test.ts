import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { entryBeside, workerEntry } from './worker-entry.ts';

describe('workerEntry()', () => {
  it('names the source where the sources run', () => {
    expect(existsSync(workerEntry('std/worker-entry.ts'))).toBe(true);
  });

  it('names the entry of the bundle, whichever of its files asks', () => {
    const entry = 'file:///opt/chunks/dist/query-worker.js';
    expect(entryBeside('file:///opt/chunks/dist/main.js', 'query/query-worker.ts').href).toBe(entry);
    expect(entryBeside('file:///opt/chunks/dist/chunks/b-1.js', 'query/query-worker.ts').href).toBe(entry);
  });
});
