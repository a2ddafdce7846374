import { describe, expect, it } from 'vitest';
import { labelsFromObject } from '../../src/model/labels.ts';
import type { SeriesSet } from '../../src/storage/query.ts';
import type { Head } from '../../src/tsdb/head/head.ts';
import { HeadReader } from '../../src/tsdb/head/head-reader.ts';
import { HeadSeriesSet } from '../../src/tsdb/head/head-series-set.ts';
import type { HeadSnapshot } from '../../src/tsdb/head/head-snapshot.ts';
import { HeadView } from '../../src/tsdb/head/head-view.ts';
import { ALL_TIME, batchOf, createHead } from './head-support.ts';

const RANGE_MS = 1000;
const PODS = 9_000;
const ROUNDS = 14;

describe('Label values that come and go', () => {
  it('take no more memory than those of a few rounds did, and are the right ones for everybody', () => {
    const { head, log } = createHead({ chunkRangeMs: RANGE_MS });
    const reader = readerOf(head);
    const sizes: number[][] = [];
    let held: ReturnType<typeof reader.take> | null = null;
    for (let round = 0; round < ROUNDS; round++) {
      addRound(head, round);
      // A query of the round before goes on while its series leave the head and others take their place.
      for (const _ of head.truncate({ before: round * RANGE_MS }));
      if (held !== null) {
        expect(textsOf(held.set)).toEqual(expectedOf(round - 1));
        held.querier.close();
      }
      for (const _ of head.truncate({ before: round * RANGE_MS }));
      held = reader.take();
      expect(textsOf(held.set)).toEqual(expectedOf(round));
      // Patterns remember what they said of values.
      expect(countOf(head, `${prefixOf(round)}-.*7`)).toBe(PODS / 10);
      expect(countOf(head, `${prefixOf(round - 1)}-.*7`)).toBe(0);
      const { memory, series, symbols } = head.stats();
      expect({ series, symbols }).toEqual({ series: PODS + 1, symbols: PODS + 5 });
      sizes.push([memory.symbols, memory.labelIndex, memory.labelLog, memory.lookup, reader.bytes]);
      log.calls.length = 0;
    }
    for (const later of sizes.slice(ROUNDS / 2)) expect(later).toEqual(sizes[ROUNDS / 2]);
  });
});

/** One series that stays, and as many as there are pods that live for one round. */
function addRound(head: Head, round: number): void {
  const appender = head.appender();
  const rows: [number, number, number][] = [];
  const time = round * RANGE_MS;
  rows.push([appender.resolve(labelsFromObject({ pod: 'always', job: 'j' })), time, 1]);
  for (let i = 0; i < PODS; i++) {
    rows.push([appender.resolve(labelsFromObject({ pod: podOf(round, i), job: 'j' })), time, i]);
  }
  appender.append(batchOf(rows));
  appender.commit();
}

/** Some with another length in each round, and some that are not ASCII. */
function podOf(round: number, i: number): string {
  return `${prefixOf(round)}-${'x'.repeat((i + round) % 5)}${i % 100 === 0 ? 'é' : ''}${i}`;
}

function prefixOf(round: number): string {
  return `pod-${String(round).padStart(2, '0')}`;
}

function expectedOf(round: number): string[] {
  const pods = Array.from({ length: PODS }, (_, i) => podOf(round, i));
  return [...pods, 'always'].sort();
}

function textsOf(set: SeriesSet): string[] {
  return Array.from({ length: set.length }, (_, i) => set.labels(i).get('pod')).sort();
}

function countOf(head: Head, pattern: string): number {
  const querier = head.querier(ALL_TIME);
  const request = { matchers: [{ type: '=~', name: 'pod', value: pattern } as const], range: ALL_TIME };
  const set = querier.select({ ...request, sorted: false, limit: 0 }) as SeriesSet;
  const { length } = set;
  querier.close();
  return length;
}

/** Another thread's side, fed by messages as a thread would get them. */
function readerOf(head: Head) {
  const view = new HeadView(null);
  const reader = new HeadReader(view);
  const seen: number[] = [];
  const read = { bytes: 0, take };
  function take() {
    const querier = head.querier(ALL_TIME);
    // Few rows: at once.
    const snapshot = querier.snapshot({ matchers: [], range: ALL_TIME, limit: 0 }) as HeadSnapshot;
    const message = structuredClone({ slabs: head.newSlabs(seen), snapshot });
    for (const buffer of message.slabs.flat()) read.bytes += buffer.byteLength;
    view.attach(message.slabs);
    return { querier, set: new HeadSeriesSet(reader, message.snapshot, ALL_TIME, false, null) };
  }
  return read;
}
