import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { labelsFromObject } from '../../model/labels.ts';
import { runInTurns } from '../../std/turns.ts';
import type { Exemplar } from '../../storage/exemplar.ts';
import { ExemplarRing, withoutEmptyValues } from './exemplar-ring.ts';

const ALL = { minTime: Number.NEGATIVE_INFINITY, maxTime: Number.POSITIVE_INFINITY };
const EVERYTHING = [[]];
const a = labelsFromObject({ __name__: 'm', s: 'a' });
const b = labelsFromObject({ __name__: 'm', s: 'b' });

function exemplar(time: number, value: number, trace = 'x'): Exemplar {
  return { time, value, labels: labelsFromObject({ trace }) };
}

/** `series: time=value ...`, a line for each. */
function show(ring: ExemplarRing, range = ALL): string[] {
  return runInTurns(ring.find(range, EVERYTHING), null).map(({ labels, exemplars }) => {
    return `${labels.get('s')}: ${exemplars.map(({ time, value }) => `${time}=${value}`).join(' ')}`;
  });
}

describe('ExemplarRing', () => {
  it('takes what is newer, or has a larger value at the same time', () => {
    const ring = new ExemplarRing(10);
    expect(ring.add(a, exemplar(1000, 1))).toBe('new');
    expect(ring.add(a, exemplar(1000, 1))).toBe('duplicate');
    expect(ring.add(a, exemplar(1000, 2))).toBe('new');
    expect(ring.add(a, exemplar(1000, 1))).toBe('outOfOrder');
    expect(ring.add(a, exemplar(999, 5))).toBe('outOfOrder');
    expect(ring.add(b, exemplar(999, 5))).toBe('new');
    expect(ring.outOfOrder).toBe(2);
    expect(show(ring)).toEqual(['a: 1000=1 1000=2', 'b: 999=5']);
  });

  it('orders exemplars that differ in their labels alone by a hash, so that a set of them is taken once', () => {
    const ring = new ExemplarRing(10);
    const traces = ['p', 'q', 'r', 's'];
    for (let round = 0; round < 4; round++) for (const trace of traces) ring.add(a, exemplar(1, 1, trace));
    expect(ring.count).toBe(4);
    for (const trace of traces) expect(ring.add(a, exemplar(1, 1, trace))).not.toBe('new');
  });

  it('refuses labels of more than 128 code points', () => {
    const ring = new ExemplarRing(10);
    expect(ring.add(a, exemplar(1, 1, '\u{1f525}'.repeat(123)))).toBe('new');
    expect(ring.add(a, exemplar(2, 1, '\u{1f525}'.repeat(124)))).toBe('labelsTooLong');
  });

  it('keeps the newest of all series and forgets series without any', () => {
    const ring = new ExemplarRing(3);
    for (let i = 0; i < 3; i++) ring.add(a, exemplar(i, i));
    ring.add(b, exemplar(0, 7));
    expect(show(ring)).toEqual(['a: 1=1 2=2', 'b: 0=7']);
    expect(ring.oldestTime).toBe(1);
    for (let i = 1; i < 3; i++) ring.add(b, exemplar(i, 7));
    expect(show(ring)).toEqual(['b: 0=7 1=7 2=7']);
    expect(ring.seriesCount).toBe(1);
  });

  it('answers by matchers of any set and by time, both ends included', () => {
    const ring = new ExemplarRing(10);
    for (const time of [1, 2, 3]) for (const series of [b, a]) ring.add(series, exemplar(time, time));
    expect(show(ring, { minTime: 2, maxTime: 3 })).toEqual(['a: 2=2 3=3', 'b: 2=2 3=3']);
    const onlyB = [[{ type: '=', name: 's', value: 'b' }], [{ type: '=~', name: 's', value: 'x.*' }]] as const;
    expect(runInTurns(ring.find(ALL, onlyB), null).map(({ labels }) => labels.get('s'))).toEqual(['b']);
    expect(show(ring, { minTime: 4, maxTime: 9 })).toEqual([]);
  });

  it('refuses patterns that would take too much memory together', () => {
    const sets = Array.from(
      { length: 99 },
      (_, i) => [{ type: '=~', name: 's', value: `(a|b{50}){10}c{900}d{900}e{900}f{900}${i}` }] as const,
    );
    expect(() => runInTurns(new ExemplarRing(10).find(ALL, sets), null)).toThrow('patterns');
  });

  it('keeps nothing where it has no room', () => {
    const ring = new ExemplarRing(0);
    expect(ring.add(a, exemplar(1, 1))).toBe('disabled');
    expect(show(ring)).toEqual([]);
  });

  it('keeps what a list of the newest keeps, through changes of its size', () => {
    const step = fc.oneof(
      fc.record({ size: fc.nat(12) }),
      fc.record({ series: fc.constantFrom(a, b), time: fc.nat(30), value: fc.nat(2) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const ring = new ExemplarRing(5);
        let max = 5;
        let model: { series: string; text: string }[] = [];
        for (const next of steps) {
          if ('size' in next) {
            max = next.size;
            ring.resize(max);
          } else {
            const verdict = ring.add(next.series, exemplar(next.time, next.value));
            if (verdict === 'new') model.push({ series: next.series.get('s'), text: `${next.time}=${next.value}` });
          }
          model = model.slice(Math.max(0, model.length - max));
        }
        const lines = ['a', 'b'].flatMap((series) => {
          const texts = model.filter((entry) => entry.series === series).map(({ text }) => text);
          return texts.length > 0 ? [`${series}: ${texts.join(' ')}`] : [];
        });
        expect(show(ring)).toEqual(lines);
        expect(ring.count).toBe(model.length);
      }),
    );
  });
});

describe('ExemplarRing with a window', () => {
  it('puts older exemplars in their places, one for each time', () => {
    const ring = new ExemplarRing(10);
    ring.setOutOfOrderWindow(500);
    ring.add(a, exemplar(1000, 1));
    expect(ring.add(a, exemplar(700, 2))).toBe('new');
    expect(ring.add(a, exemplar(800, 3))).toBe('new');
    expect(ring.add(a, exemplar(800, 4))).toBe('duplicate');
    expect(ring.add(a, exemplar(500, 5))).toBe('outOfOrder');
    expect(ring.add(a, exemplar(501, 6))).toBe('new');
    expect(show(ring)).toEqual(['a: 501=6 700=2 800=3 1000=1']);
  });

  it('pushes out what came first, wherever its time is', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 0, max: 99 }), { maxLength: 60 }), fc.nat(20), (times, max) => {
        const ring = new ExemplarRing(max + 1);
        ring.setOutOfOrderWindow(1000);
        for (const time of times) ring.add(a, exemplar(time, time));
        const kept = times.slice(-max - 1).sort((x, y) => x - y);
        expect(show(ring)).toEqual(kept.length === 0 ? [] : [`a: ${kept.map((time) => `${time}=${time}`).join(' ')}`]);
        expect(ring.count).toBe(kept.length);
        expect(ring.oldestTime).toBe(times.at(-max - 1) ?? times[0] ?? 0);
      }),
    );
  });
});

describe('withoutEmptyValues()', () => {
  it('leaves out labels that mean nothing', () => {
    expect(withoutEmptyValues(labelsFromObject({ x: 'y' })).toString()).toBe('{x="y"}');
  });
});
