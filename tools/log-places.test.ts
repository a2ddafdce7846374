import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'vite';
import { expect, test } from 'vitest';
import { logPlaces } from './log-places.ts';

test('a build has a table from its lines that log to the source lines they were made of', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'narthex-log-places-'));
  try {
    const source = [
      'export interface Log {',
      '  warn(text: string): void;',
      '}',
      '',
      'export function tell(log: Log) {',
    ];
    await writeFile(join(directory, 'tell.ts'), [...source, "  log.warn('Told');", '}', ''].join('\n'));
    const built = await build({
      root: directory,
      configFile: false,
      logLevel: 'silent',
      plugins: [logPlaces()],
      build: {
        ssr: true,
        write: false,
        sourcemap: true,
        rolldownOptions: { input: { main: join(directory, 'tell.ts') } },
      },
    });
    if (!('output' in built)) throw new Error('The build has no output');
    const table = built.output.find((file) => file.fileName === 'log-places.json');
    const main = built.output.find((file) => file.type === 'chunk');
    if (table?.type !== 'asset' || main?.type !== 'chunk') throw new Error('The build lacks the table or the chunk');
    const line =
      main.code
        .split('\n')
        .findIndex((text) => text.includes("log.warn('Told')") || text.includes('log.warn("Told")')) + 1;
    expect(line).toBeGreaterThan(0);
    expect(JSON.parse(String(table.source))).toEqual({ [`${main.fileName}:${line}`]: 'tell.ts:6' });
  } finally {
    await rm(directory, { recursive: true });
  }
});
