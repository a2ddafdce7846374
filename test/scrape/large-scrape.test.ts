import { afterEach, beforeEach, expect, test } from 'vitest';
import { bodyFromBytes } from '../../src/exposition/body.ts';
import { labelsFromObject } from '../../src/model/labels.ts';
import { isStale } from '../../src/model/stale.ts';
import type { IngestResult } from '../../src/scrape/ingest.ts';
import { type IngestTarget, NO_INGEST_FEATURES } from '../../src/scrape/ingest-target.ts';
import { IngestTurns } from '../../src/scrape/ingest-turns.ts';
import { MetadataStore } from '../../src/scrape/metadata-store.ts';
import { TargetSeries } from '../../src/scrape/target-series.ts';
import { ManualClock } from '../../src/std/manual-clock.ts';
import { MemoryFiles } from '../../src/std/memory-files.ts';
import { createSampleColumn } from '../../src/storage/query.ts';
import { silentLog } from '../../src/telemetry/log.ts';
import { type Database, openDatabase } from '../../src/tsdb/tsdb.ts';

const LINES = 9000;
const clock = new ManualClock(1_000_000);
let database: Database;
let ingest: IngestTurns;
/** Called between any two steps of a large scrape. */
let onPause: () => void = () => {};

beforeEach(async () => {
  database = await openDatabase({ directory: '/d', fileSystem: new MemoryFiles(), clock, log: silentLog, lock: false });
  const pause = async () => onPause();
  ingest = new IngestTurns(database, NO_INGEST_FEATURES, { now: () => 0, pause, pieceMs: 0 });
  onPause = () => {};
});
afterEach(() => database.close());

test('a large scrape is seen whole or not at all, and small ones that come meanwhile go in', async () => {
  const large = targetOf('large');
  const small = targetOf('small');
  let pauses = 0;
  const seen: Promise<number>[] = [];
  for (let round = 1; round <= 3; round++) {
    const time = 1000 * round;
    const others: (IngestResult | Promise<IngestResult>)[] = [];
    onPause = () => {
      pauses++;
      // Each look ends what is half applied.
      if (pauses % (round + 1) === 0) seen.push(samplesAt('large', time));
      if (pauses % 17 === 0) others.push(write(small, `small{n="${pauses}"} 1\n`, time + others.length));
    };
    const written = write(large, bodyOf(LINES, round), time);
    expect(written).toBeInstanceOf(Promise);
    expect(await written).toMatchObject({ scraped: LINES, added: LINES, error: null });
    onPause = () => {};
    for (const { error, added } of await Promise.all(others)) expect([error, added]).toEqual([null, 1]);
    expect(await samplesAt('large', time)).toBe(LINES);
  }
  expect(new Set(await Promise.all(seen))).toEqual(new Set([0, LINES]));
  expect(pauses).toBeGreaterThan(20);
});

test('a large scrape with a fault gives nothing but its report', async () => {
  const target = targetOf('large');
  const { error, scraped } = await write(target, `${bodyOf(LINES, 1)}broken{\n`, 1000);
  expect(error).not.toBe(null);
  expect(scraped).toBe(LINES);
  expect(await samplesAt('large', 1000)).toBe(0);
  expect(await samplesAt('up', 1000)).toBe(1);
});

test('two large scrapes and the end of a large target follow one another', async () => {
  const targets = [targetOf('a'), targetOf('b')];
  await Promise.all(targets.map((target) => write(target, bodyOf(LINES, 1), 1000)));
  expect(await samplesAt('large', 1000)).toBe(2 * LINES);
  const ended = ingest.writeEnd(targets[0]!, 2000);
  expect(ended).toBeInstanceOf(Promise);
  const after = write(targets[1]!, bodyOf(LINES, 2), 2000);
  await ended;
  await after;
  expect(await samplesAt('large', 2000)).toBe(LINES);
  expect(await samplesAt('large', 2000, isStale)).toBe(LINES);
});

function bodyOf(lines: number, round: number): string {
  const path = '/a/long/path/to/make/the/body/large/enough';
  return Array.from({ length: lines }, (_, i) => `large{path="${path}",id="${i}"} ${i + round}\n`).join('');
}

function write(target: IngestTarget, text: string, time: number): IngestResult | Promise<IngestResult> {
  const body = bodyFromBytes(Buffer.from(text));
  return ingest.write(target, { body, format: 'text', time, now: time }, ({ added, error, scraped, seriesAdded }) => ({
    up: error === null,
    durationSeconds: 0.25,
    scraped,
    added,
    seriesAdded,
    timeoutSeconds: 10,
    sampleLimit: 0,
    bodyBytes: body.size,
  }));
}

/** Series of a metric that have a sample at a time, staleness markers apart. */
async function samplesAt(
  name: string,
  time: number,
  isWanted = (bits: Uint32Array, i: number) => !isStale(bits, i),
): Promise<number> {
  const range = { minTime: time, maxTime: time };
  const querier = database.querier(range);
  const matchers = [{ type: '=', name: '__name__', value: name }] as const;
  const set = await querier.select({ matchers, range, sorted: false, limit: 0 });
  const column = createSampleColumn(1);
  let count = 0;
  for (let row = 0; row < set.length; row++) {
    set.read(row, column);
    for (let i = 0; i < column.length; i++) if (column.times[i] === time && isWanted(column.bits, i)) count++;
  }
  querier.close();
  return count;
}

function targetOf(instance: string): IngestTarget {
  return {
    settings: {
      labeling: {
        targetLabels: labelsFromObject({ job: 'j', instance }),
        honorLabels: false,
        rules: [],
        scheme: 'utf8',
        limits: { labels: 0, nameLength: 0, valueLength: 0 },
      },
      honorTimestamps: true,
      trackTimestampsStaleness: false,
      sampleLimit: 0,
      extraMetrics: false,
    },
    series: new TargetSeries(1),
    metadata: new MetadataStore(),
  };
}
