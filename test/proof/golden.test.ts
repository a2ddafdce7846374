import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { freePort } from '../../bench/peers/server.ts';
import { GoldenTools, RECORDED } from './golden-tools.ts';

const RECORD = join(RECORDED, 'promql-and-api.jsonl.gz');

/** Shares of the record that must be answered alike; raised as Narthex grows. */
const FLOORS = { query: 1, 'query/error': 1, 'invalid/error': 1, all: 0.996 } as const;

describe.skipIf(!existsSync(RECORD))('recorded answers of the reference (skips without ../shared/golden)', () => {
  const tools = existsSync(RECORD) ? new GoldenTools() : null;
  afterAll(() => tools?.remove());

  test('queries, refusals and API requests are answered alike after loading the data set', async () => {
    const program = resolve('bin/narthex');
    const found = tools!.compareFresh(program, await freePort(), RECORD, '--load', '--diffs', '0');
    console.log(`recorded answers: ${found['all']!.alike} of ${found['all']!.count} alike`);
    for (const [kind, floor] of Object.entries(FLOORS)) {
      expect(found[kind]!.alike / found[kind]!.count, kind).toBeGreaterThanOrEqual(floor);
    }
  }, 240_000);
});
