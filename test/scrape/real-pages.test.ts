import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { expect, test } from 'vitest';
import { freePort } from '../../bench/peers/server.ts';
import { bodyFromBytes } from '../../src/exposition/body.ts';
import { createExpositionRows, METRIC_TYPES } from '../../src/exposition/rows.ts';
import { labelPairsFromSeries } from '../../src/exposition/series-labels.ts';
import { parseTextBody } from '../../src/exposition/text-format.ts';
import { eventually } from '../support/ask.ts';
import { naiveNumber, naiveSamples } from './naive-parser.ts';

const DATA = join(import.meta.dirname, '../../../shared/conformance/textparse');

/** Holds our reading of a page to the naive one: the same series in the same order, with the same values. */
function checkPage(page: string): number {
  const expected = naiveSamples(page);
  const body = bodyFromBytes(Buffer.from(page));
  const rows = createExpositionRows(64);
  parseTextBody(body, rows);
  expect(rows.length).toBe(expected.length);
  const bytes = Buffer.from(body.bytes.buffer, 0, body.size);
  for (let row = 0; row < rows.length; row++) {
    const { series, value } = expected[row]!;
    expect(bytes.toString('utf8', rows.seriesStart[row]!, rows.seriesEnd[row]!)).toBe(series);
    expect(rows.values[row]).toBe(naiveNumber(value));
    const pairs = labelPairsFromSeries(body.bytes, rows.seriesStart[row]!, rows.seriesEnd[row]!, METRIC_TYPES[0]);
    const labelCount = series.match(/[{,][a-zA-Z_]\w*="/g)?.length ?? 0;
    expect(pairs.length).toBe(2 + 2 * labelCount);
  }
  return rows.length;
}

test.for(['alltypes.237mfs.prom.txt', 'alltypes.237mfs.nometa.prom.txt'])(
  '%s of the reference reads as a naive parser reads it',
  (name, { skip }) => {
    const file = join(DATA, name);
    if (!existsSync(file)) return skip(`${file} is not there`);
    expect(checkPage(readFileSync(file, 'utf8'))).toBeGreaterThan(1000);
  },
);

test('the page of a real node exporter reads as a naive parser reads it', async ({ skip }) => {
  const name = 'prometheus-node-exporter';
  const binary = (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((path) => join(path, name))
    .find(existsSync);
  if (binary === undefined) return skip(`${name} is not on PATH`);
  const port = await freePort();
  const exporter = spawn(binary, [`--web.listen-address=127.0.0.1:${port}`], { stdio: 'ignore' });
  try {
    const page = await eventually(
      async () => (await fetch(`http://127.0.0.1:${port}/metrics`, { headers: { accept: 'text/plain' } })).text(),
      () => true,
    );
    expect(checkPage(page)).toBeGreaterThan(100);
  } finally {
    exporter.kill();
  }
});
