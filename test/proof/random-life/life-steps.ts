import type { Random } from '../../fuzz/random.ts';
import { type ExemplarMessage, type SeriesMessage, writeBody } from '../../remote/write-message.ts';
import { exemplarAt, passingSeries, SERIES_COUNT, seriesAt } from './life-data.ts';

/** Something that happens to a server, the same to each. Times in milliseconds. */
export type LifeStep =
  | { readonly kind: 'write'; readonly bodies: readonly Uint8Array[]; readonly until: number }
  | { readonly kind: 'delete'; readonly match: string; readonly from: number; readonly to: number }
  | { readonly kind: 'clean tombstones' }
  | { readonly kind: 'end'; readonly signal: 'SIGTERM' | 'SIGKILL'; readonly next: 'narthex' | 'prometheus' };

/** How late a sample may be. */
export const LATE_MS = 1_500_000;

/** What is deleted from: series without late samples, which the reference hides or shows again. */
const DELETED = ['life_odd', '{i="3"}', 'life_custom_buckets', '{__name__=~"life_(float_or|passing).*"}'];

export interface LifeOptions {
  readonly steps: number;
  /** The first sample's time. */
  readonly from: number;
  /** No histograms and no late samples: what a Prometheus 2.x takes as a 3.x does. */
  readonly isPlain: boolean;
}

/** A life that the seed decides: mostly writing, and each fifth step or so an end and a start. */
export function lifeSteps(random: Random, { steps, from, isPlain }: LifeOptions): LifeStep[] {
  const life: LifeStep[] = [];
  let now = from;
  const write = () => {
    const interval = random.pick([15_000, 30_000, 60_000, 120_000]);
    const bodies: Uint8Array[] = [];
    const rounds = 4 + random.below(60);
    for (let round = 0; round < rounds; round++) {
      const times = Array.from({ length: 1 + random.below(4) }, () => (now += interval));
      bodies.push(requestBody(random, life.length, times, isPlain));
      if (!isPlain && random.chance(0.2)) bodies.push(lateBody(random, now));
    }
    life.push({ kind: 'write', bodies, until: now });
  };
  // All series have an hour before anything else happens.
  const beginning = Array.from({ length: 240 }, (_, i) => from + i * 15_000);
  now = beginning.at(-1)!;
  life.push({ kind: 'write', bodies: [requestBody(random, 0, beginning, isPlain)], until: now });
  while (life.length < steps) {
    const choice = random.next();
    if (choice < 0.6) write();
    else if (choice < 0.72) {
      const to = now - random.below(LATE_MS);
      const match = random.pick(DELETED);
      life.push({ kind: 'delete', match, from: to - random.below(LATE_MS / 2), to });
    } else if (choice < 0.78) life.push({ kind: 'clean tombstones' });
    else life.push(endStep(random, isPlain));
  }
  life.push(endStep(random, isPlain));
  return life;
}

function endStep(random: Random, isPlain: boolean): LifeStep {
  return {
    kind: 'end',
    signal: random.pick(['SIGTERM', 'SIGKILL']),
    // Lives with late samples are at times cut short by what a Prometheus does, so it has the directory less often there.
    next: random.pick(isPlain ? ['narthex', 'prometheus'] : ['narthex', 'narthex', 'narthex', 'prometheus']),
  };
}

function requestBody(random: Random, step: number, times: readonly number[], floatsOnly: boolean): Uint8Array {
  const series: SeriesMessage[] = [];
  for (let i = 0; i < SERIES_COUNT; i++) {
    const hasExemplar = random.chance(0.1);
    const message = seriesAt(i, times, { isLate: false, floatsOnly });
    if (message === null) continue;
    // The first request makes the series: of one with histograms alone the reference loses the exemplars.
    if (hasExemplar && step > 0) message.exemplars = [exemplarOf(i, times)];
    series.push(message);
  }
  series.push(passingSeries(step, times));
  return writeBody(series);
}

function exemplarOf(index: number, times: readonly number[]): ExemplarMessage {
  return exemplarAt(index, times.at(-1)!);
}

/** Some series' samples from before `now`, some of which are there already; in a request, times of a series rise. */
function lateBody(random: Random, now: number): Uint8Array {
  const series: SeriesMessage[] = [];
  for (let i = 0; i < SERIES_COUNT; i++) {
    if (!random.chance(0.4)) continue;
    const first = now - random.below(LATE_MS);
    const times = Array.from({ length: 1 + random.below(5) }, (_, k) => first + 1000 * k * random.below(9));
    const message = seriesAt(
      i,
      [...new Set(times)].sort((a, b) => a - b),
      { isLate: true },
    );
    if (message !== null) series.push(message);
  }
  return writeBody(series);
}
