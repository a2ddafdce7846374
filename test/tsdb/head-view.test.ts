import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runInTurns } from '../../src/std/turns.ts';
import { HeadReader } from '../../src/tsdb/head/head-reader.ts';
import { HeadSeriesSet } from '../../src/tsdb/head/head-series-set.ts';
import type { HeadSnapshot } from '../../src/tsdb/head/head-snapshot.ts';
import { HeadView } from '../../src/tsdb/head/head-view.ts';
import { orderByLabels } from '../../src/tsdb/head/sort-rows.ts';
import { ALL_TIME, append, createHead, refOf, show, showSet } from './head-support.ts';

const REQUEST = { matchers: [], range: ALL_TIME, limit: 0 };

/** Another thread's side, fed by messages as a thread would get them. */
function createReader(head: ReturnType<typeof createHead>['head']) {
  const view = new HeadView(null);
  const reader = new HeadReader(view);
  const seen: number[] = [];
  let sent = 0;
  return {
    view,
    take() {
      const querier = head.querier(ALL_TIME);
      // Few rows: at once.
      const snapshot = querier.snapshot(REQUEST) as HeadSnapshot;
      const message = structuredClone({ slabs: head.newSlabs(seen), snapshot });
      for (const list of message.slabs) sent += list.length;
      view.attach(message.slabs);
      const order = runInTurns(orderByLabels(view, message.snapshot.rows), null) as Uint32Array;
      return { querier, set: new HeadSeriesSet(reader, message.snapshot, ALL_TIME, false, order) };
    },
    get slabsSent() {
      return sent;
    },
  };
}

describe('HeadView', () => {
  it('shows late samples as they were, whatever comes or goes afterwards', () => {
    const times = fc.array(fc.integer({ min: 0, max: 3000 }), { minLength: 1, maxLength: 120 });
    fc.assert(
      fc.property(fc.array(times, { minLength: 1, maxLength: 4 }), (rounds) => {
        const { head } = createHead({ outOfOrderMs: 1_000_000 });
        const reader = createReader(head);
        const refs = ['a', 'b'].map((s) => refOf(head, { s }));
        for (const ref of refs) append(head, [[ref, 5000, 1]]);
        const looks: { expected: string[]; taken: ReturnType<typeof reader.take> }[] = [];
        for (const round of rounds) {
          append(
            head,
            round.map((time, i) => [refs[i % 2]!, time, time + i] as const),
          );
          looks.push({ expected: show(head), taken: reader.take() });
          runInTurns(head.outOfOrder.release(runInTurns(head.outOfOrder.freeze(), null)), null);
        }
        for (const { expected, taken } of looks) {
          expect(showSet(taken.set)).toEqual(expected);
          taken.querier.close();
        }
        expect(show(head)).toEqual(['{s="a"} 5000=1', '{s="b"} 5000=1']);
      }),
      { numRuns: 30 },
    );
  });

  it('shows the moment in which the snapshot was taken, whatever is appended, cut or removed afterwards', () => {
    const step = fc.record({
      series: fc.integer({ min: 0, max: 40 }),
      samples: fc.integer({ min: 1, max: 150 }),
      value: fc.double(),
      look: fc.boolean(),
      remove: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { minLength: 5, maxLength: 60 }), (steps) => {
        const { head } = createHead({ chunkRangeMs: 2_000 });
        const reader = createReader(head);
        const looks: { expected: string[]; taken: ReturnType<typeof reader.take> }[] = [];
        let time = 0;
        for (const { series, samples, value, look, remove } of steps) {
          const ref = refOf(head, { series: `s${series}`, job: 'é' });
          for (let i = 0; i < samples; i++) append(head, [[ref, ++time * 10, value + i]]);
          if (look) looks.push({ expected: show(head), taken: reader.take() });
          if (remove && looks.length > 0) head.remove(Float64Array.of(ref));
        }
        for (const { expected, taken } of looks) {
          expect(showSet(taken.set)).toEqual(expected);
          taken.querier.close();
        }
      }),
      { numRuns: 40 },
    );
  });

  it('is sent every slab once, also those that came later', () => {
    const { head } = createHead();
    const reader = createReader(head);
    reader.take().querier.close();
    const first = reader.slabsSent;
    reader.take().querier.close();
    expect(reader.slabsSent).toBe(first);
    for (let i = 0; i < 40; i++) append(head, [[refOf(head, { long: 'x'.repeat(1_000_000) + i }), i, i]]);
    const { set, querier } = reader.take();
    expect(reader.slabsSent).toBeGreaterThan(first);
    expect(showSet(set)).toEqual(show(head));
    querier.close();
  });
});
