import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ManualClock } from '../std/manual-clock.ts';
import { firstDelayMs, Ticker, TimeAligner } from './schedule.ts';

test('firstDelayMs() gives a target the same place in every interval', () => {
  fc.assert(
    fc.property(
      fc.nat(2 ** 41),
      fc.integer({ min: 1, max: 10 ** 7 }),
      fc.nat(),
      fc.nat(),
      (now, interval, hash, seed) => {
        const delay = firstDelayMs(now, interval, hash, seed);
        expect(delay).toBeGreaterThanOrEqual(0);
        expect(delay).toBeLessThanOrEqual(interval);
        const place = (now + delay) % interval;
        const later = now + 12_345;
        expect((later + firstDelayMs(later, interval, hash, seed)) % interval).toBe(place);
      },
    ),
  );
});

test('firstDelayMs() spreads targets over the interval, differently for another seed', () => {
  const places = (seed: number) =>
    Array.from({ length: 1000 }, (_, i) => firstDelayMs(0, 15_000, Math.imul(i, 0x9e3779b1) >>> 0, seed));
  const quarters = [0, 0, 0, 0];
  for (const place of places(1)) quarters[Math.min(3, Math.floor(place / 3750))]!++;
  for (const count of quarters) expect(count).toBeGreaterThan(150);
  expect(places(1)).not.toEqual(places(2));
});

test('Ticker keeps its rhythm while ticks take time', () => {
  const clock = new ManualClock();
  const ticker = new Ticker(clock, 100, 30);
  const ticks: number[] = [];
  const busyMs = [0, 50, 150, 350, 0, 0];
  const run = () =>
    ticker.wait(() => {
      ticks.push(clock.monotonic());
      clock.after(busyMs[ticks.length - 1] ?? 0, run);
    });
  run();
  clock.advance(1050);
  // The tick due at 330 comes when the one from 230 is done (380); of those due at 430 to 630 one comes, at 730.
  expect(ticks).toEqual([30, 130, 230, 380, 730, 730, 830, 930, 1030]);
});

test('Ticker stops', () => {
  const clock = new ManualClock();
  const ticker = new Ticker(clock, 100, 30);
  let ticks = 0;
  ticker.wait(() => ticks++);
  ticker.stop();
  clock.advance(1000);
  expect([ticks, clock.pending]).toEqual([0, 0]);
});

test('TimeAligner snaps late timers to the grid, within the tolerance', () => {
  const aligner = new TimeAligner(1000, 2);
  expect([5, 1006, 2007, 3008, 4004, 5005].map((now) => aligner.align(now))).toEqual([5, 1005, 2005, 3008, 4005, 5005]);
  // A missed scrape does not move the grid.
  expect(aligner.align(8006)).toBe(8005);
});

test('TimeAligner tolerates at most a hundredth of the interval, and nothing at 0', () => {
  const short = new TimeAligner(100, 2);
  expect([0, 101, 202].map((now) => short.align(now))).toEqual([0, 100, 202]);
  const off = new TimeAligner(1000, 0);
  expect([0, 1001, 2001].map((now) => off.align(now))).toEqual([0, 1001, 2001]);
});

test('TimeAligner never gives one time twice, nor follows a clock that was set back', () => {
  const aligner = new TimeAligner(1000, 2);
  aligner.align(10_000);
  expect(aligner.align(10_001)).toBe(10_001);
  expect(aligner.align(5000)).toBe(5000);
});
