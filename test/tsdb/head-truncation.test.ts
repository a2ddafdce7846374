import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SeriesSet } from '../../src/storage/query.ts';
import type { Head } from '../../src/tsdb/head/head.ts';
import { ALL_TIME, append, createHead, refOf, show, showSet } from './head-support.ts';

const RANGE_MS = 1000;

function truncate(head: Head, before: number): number {
  const steps = head.truncate({ before });
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value.seriesRemoved;
  }
}

describe('Head.truncate()', () => {
  it('drops chunks and series that end before the time, and keeps the others', () => {
    const { head } = createHead({ chunkRangeMs: RANGE_MS });
    const refs = ['a', 'b', 'c'].map((s) => refOf(head, { s, all: 'yes' }));
    for (let time = 0; time < 5000; time += 10) {
      append(head, [[refs[0]!, time, time]]);
      if (time < 3000) append(head, [[refs[1]!, time, time]]);
      if (time < 1990) append(head, [[refs[2]!, time, time]]);
    }
    const { chunks } = head.stats();
    expect(truncate(head, 2000)).toBe(1);
    expect(show(head).map((line) => line.split(' ').slice(0, 3).join(' '))).toEqual([
      '{all="yes", s="a"} 2000=2000',
      '{all="yes", s="b"} 2000=2000',
    ]);
    expect(head.stats()).toMatchObject({ series: 2, seriesRemoved: 1, minTime: 2000 });
    expect(head.stats().chunks).toBeLessThan(chunks);
    expect(append(head, [[refs[2]!, 5000, 1]])).toBe('0 taken, 0: unknownRef');
    expect(head.stats().labelPairs).toBe(3);
    const again = refOf(head, { s: 'c', all: 'yes' });
    expect(again).toBeGreaterThan(refs[2]!);
    expect(append(head, [[again, 5000, 1]])).toBe('1 taken');
    expect(show(head, [{ type: '=', name: 's', value: 'c' }])).toEqual(['{all="yes", s="c"} 5000=1']);
  });

  it('refuses samples from before the time', () => {
    const { head } = createHead({ chunkRangeMs: RANGE_MS });
    const ref = refOf(head, { s: 'a' });
    append(head, [[ref, 1100, 1]]);
    truncate(head, 1000);
    expect(append(head, [[refOf(head, { s: 'b' }), 999, 1]])).toBe('0 taken, 0: outOfBounds');
    expect(append(head, [[refOf(head, { s: 'b' }), 1000, 1]])).toBe('1 taken');
  });

  it('leaves a querier that is open what it has selected', () => {
    const { head } = createHead({ chunkRangeMs: RANGE_MS });
    const refs = ['a', 'b'].map((s) => refOf(head, { s }));
    for (let time = 0; time < 4000; time += 10) {
      append(head, [[refs[0]!, time, time]]);
      if (time < 1000) append(head, [[refs[1]!, time, time]]);
    }
    const before = show(head);
    const querier = head.querier(ALL_TIME);
    const set = querier.select({ matchers: [], range: ALL_TIME, sorted: true, limit: 0 }) as SeriesSet;
    truncate(head, 2000);
    truncate(head, 3000);
    // New series and samples would take the memory, if it were free.
    for (let i = 0; i < 50; i++) append(head, [[refOf(head, { s: `new${i}` }), 4000 + i, 7]]);
    expect(showSet(set)).toEqual(before);
    querier.close();
    for (const _ of head.truncate({ before: 3000 }));
    expect(show(head, [{ type: '=', name: 's', value: 'a' }])[0]).toMatch(/^\{s="a"\} 3000=3000 /);
  });

  it('gives memory back: a head whose series come and go does not grow', () => {
    const { head } = createHead({ chunkRangeMs: RANGE_MS });
    const sizes: number[][] = [];
    for (let generation = 0; generation < 30; generation++) {
      const time = generation * RANGE_MS;
      for (let i = 0; i < 200; i++) {
        const ref = refOf(head, {
          pod: `pod-${generation % 10}${i % 10}-${Math.floor(i / 10) + 1000 * generation}é`,
          job: 'j',
        });
        append(head, [[ref, time + i, i]]);
      }
      truncate(head, time);
      const { chunkBytes, labelPairs, series, symbolBytes, symbols } = head.stats();
      sizes.push([series, labelPairs, symbols, chunkBytes, symbolBytes > 6000 ? 1 : 0]);
    }
    expect(sizes.slice(2).every((size) => size.join() === sizes[1]!.join())).toBe(true);
    expect(show(head, [{ type: '=~', name: 'pod', value: '.+' }])).toHaveLength(200);
  });

  it('keeps what a naive head would keep, whatever happens between its steps', () => {
    fc.assert(
      fc.property(fc.array(operation, { minLength: 1, maxLength: 60 }), (operations) => {
        const { head } = createHead({ chunkRangeMs: RANGE_MS });
        const model = new Map<string, number[]>();
        let now = 0;
        let before = 0;
        let steps: Iterator<undefined, unknown> | null = null;
        const pinned: { lines: string[]; set: Parameters<typeof showSet>[0]; close: () => void }[] = [];
        for (const { kind, series, count } of operations) {
          if (kind === 'append') {
            for (let i = 0; i < count; i++) {
              now += 7;
              const s = `s${series}`;
              expect(append(head, [[refOf(head, { s, group: `g${series % 3}` }), now, now]])).toBe('1 taken');
              const times = model.get(s);
              if (times === undefined) model.set(s, [now]);
              else times.push(now);
            }
          } else if (kind === 'truncate') {
            if (steps !== null) continue;
            before = Math.max(before, Math.floor(now / RANGE_MS) * RANGE_MS - RANGE_MS);
            steps = head.truncate({ before });
          } else if (kind === 'step') {
            if (steps?.next().done === true) steps = null;
          } else {
            const querier = head.querier(ALL_TIME);
            const set = querier.select({ matchers: [], range: ALL_TIME, sorted: true, limit: 0 }) as SeriesSet;
            pinned.push({ lines: showSet(set), set, close: () => querier.close() });
            if (pinned.length > 3) pinned.shift()!.close();
          }
          for (const { lines, set } of pinned) expect(showSet(set)).toEqual(lines);
        }
        while (steps !== null && steps.next().done !== true);
        for (const { close } of pinned) close();
        for (const _ of head.truncate({ before }));
        const expected = [...model]
          .map(([s, times]) => [s, times.filter((time) => time >= before)] as const)
          .filter(([, times]) => times.length > 0)
          .map(([s, times]) => [`{group="g${Number(s.slice(1)) % 3}", s="${s}"}`, ...times.map((t) => `${t}=${t}`)]);
        const range = { minTime: before, maxTime: Number.POSITIVE_INFINITY };
        const lines = (wanted: string[][]) => wanted.map((line) => line.join(' ')).sort();
        expect(show(head, [], range).sort()).toEqual(lines(expected));
        for (const group of ['g0', 'g1', 'g2']) {
          const matcher = { type: '=', name: 'group', value: group } as const;
          const ofGroup = expected.filter(([labels]) => labels!.includes(`"${group}"`));
          expect(show(head, [matcher], range).sort()).toEqual(lines(ofGroup));
          expect(show(head, [{ ...matcher, type: '!=' }], range).sort()).toEqual(
            lines(expected.filter((line) => !ofGroup.includes(line))),
          );
        }
        const querier = head.querier(ALL_TIME);
        expect(querier.labelValues('s', [], 0)).toEqual(
          expected.map(([labels]) => /s="(.*)"/.exec(labels!)![1]).sort(),
        );
        querier.close();
        expect(head.stats().series).toBe(expected.length);
      }),
      { numRuns: 100 },
    );
  });
});

const operation = fc.record({
  kind: fc.oneof(
    { weight: 6, arbitrary: fc.constant('append' as const) },
    { weight: 2, arbitrary: fc.constant('truncate' as const) },
    { weight: 3, arbitrary: fc.constant('step' as const) },
    { weight: 1, arbitrary: fc.constant('select' as const) },
  ),
  series: fc.nat(12),
  count: fc.integer({ min: 1, max: 150 }),
});
