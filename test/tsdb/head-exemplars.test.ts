import { describe, expect, it } from 'vitest';
import { labelsFromObject } from '../../src/model/labels.ts';
import { runInTurns } from '../../src/std/turns.ts';
import { createSampleBatch, type ExemplarEntry } from '../../src/storage/append.ts';
import { Head } from '../../src/tsdb/head/head.ts';
import { RecordDecoder } from '../../src/tsdb/wal/decode-records.ts';
import { ALL_TIME, append, createHead, describeOutcome, LogDouble, refOf } from './head-support.ts';
import { Collector } from './wal-support.ts';

const OPTIONS = { chunkRangeMs: 7_200_000, minValidTime: Number.NEGATIVE_INFINITY };

function appendExemplars(head: Head, entries: readonly ExemplarEntry[]): string {
  const batch = createSampleBatch(0);
  batch.exemplars = entries;
  const appender = head.appender();
  const outcome = describeOutcome(appender.append(batch));
  appender.commit();
  return outcome;
}

function exemplarOf(ref: number, time: number, value: number, labels: Record<string, string> = { trace: 'x' }) {
  return { ref, time, value, labels: labelsFromObject(labels) };
}

function show(head: Head): string[] {
  return runInTurns(head.exemplars.find(ALL_TIME, [[]]), null).map(({ labels, exemplars }) => {
    return `${labels} ${exemplars.map((found) => `${found.time}=${found.value}${found.labels}`).join(' ')}`;
  });
}

describe('Head, with exemplars,', () => {
  it('keeps, logs and replays those that are new', () => {
    const { head, log } = createHead();
    const ref = refOf(head, { a: '1' });
    append(head, [[ref, 1000, 1]]);
    const late = exemplarOf(ref, 900, 3);
    const long = exemplarOf(ref, 1200, 1, { trace: 'x'.repeat(200) });
    expect(appendExemplars(head, [exemplarOf(ref, 1000, 2), exemplarOf(99, 1000, 2)])).toBe('0 taken');
    expect(appendExemplars(head, [exemplarOf(ref, 1000, 2), late, long, exemplarOf(ref, 1300, 4)])).toBe('0 taken');
    const lines = ['{a="1"} 1000=2{trace="x"} 1300=4{trace="x"}'];
    expect(show(head)).toEqual(lines);

    const seen = new Collector();
    const again = new Head(OPTIONS);
    for (const visitor of [seen, again.filling().replay()]) {
      const decoder = new RecordDecoder(visitor);
      for (const record of log.calls.flat()) expect(decoder.visit(record)).toBeNull();
    }
    expect(seen.exemplarsSeen.map(({ time }) => time)).toEqual([1000, 1300]);
    expect(show(again)).toEqual(lines);
  });

  it('keeps them when their series leaves', () => {
    const { head } = createHead();
    const ref = refOf(head, { a: '1' });
    appendExemplars(head, [exemplarOf(ref, 1000, 2)]);
    head.remove(Float64Array.of(ref));
    expect(show(head)).toEqual(['{a="1"} 1000=2{trace="x"}']);
  });

  it('neither keeps nor logs any where there is no room', () => {
    const log = new LogDouble();
    const head = new Head({ ...OPTIONS, exemplarsMax: 0 });
    head.logTo(log);
    const ref = refOf(head, { a: '1' });
    append(head, [[ref, 1000, 1]]);
    const calls = log.calls.length;
    appendExemplars(head, [exemplarOf(ref, 1000, 2)]);
    expect([show(head), log.calls.length]).toEqual([[], calls]);
  });
});
