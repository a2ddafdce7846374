import {
  type ExemplarMessage,
  type HistogramMessage,
  labelsOf,
  type SeriesMessage,
} from '../../remote/write-message.ts';

/** What the series do repeats itself each day, so that a life does not depend on the day on which it is run. */
const DAY_MS = 86_400_000;

/**
 * The series of a random life. What a series has at a time follows from its name and the time alone, so a sample that is sent
 * again is the same sample, whoever took it first.
 */
export const SERIES_COUNT = 18;

/** Of these, those of floats: all that a Prometheus 2.x takes without a feature of its own. */
const FLOAT_KINDS = ['counter', 'gauge', 'odd', 'gaps'];

const STALE = new Float64Array(new BigUint64Array([0x7ff0000000000002n]).buffer)[0]!;
const ODD_VALUES = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, 5e-324, 1.7e308];

/** How a series behaves. */
interface Kind {
  readonly name: string;
  /** False for those that are deleted from, or have stale markers: docs/tsdb/differences.md lists what is different there. */
  readonly takesLate: boolean;
  fill(into: SeriesMessage, time: number, chance: number, step: number): void;
}

const KINDS: readonly Kind[] = [
  {
    name: 'counter',
    takesLate: true,
    // Begins again every now and then.
    fill: (into, time, _, step) => addFloat(into, time, ((time / 1000) % 43_200) * (1 + step)),
  },
  {
    name: 'gauge',
    takesLate: true,
    fill: (into, time, chance) => addFloat(into, time, Math.sin(time % DAY_MS) * 10 ** Math.floor(chance * 30 - 10)),
  },
  {
    name: 'odd',
    takesLate: false,
    fill(into, time, chance) {
      const odd = Math.floor(chance * 40);
      addFloat(into, time, odd === 39 ? STALE : (ODD_VALUES[odd] ?? odd));
    },
  },
  {
    name: 'gaps',
    takesLate: false,
    fill(into, time) {
      if (Math.floor(time / 3_600_000) % 3 !== 0) addFloat(into, time, (time % DAY_MS) % 977);
    },
  },
  {
    name: 'integer_histogram',
    takesLate: true,
    fill: (into, time, chance) => addHistogram(into, integerHistogram(time, chance)),
  },
  {
    name: 'float_histogram',
    takesLate: true,
    fill: (into, time, chance) => addHistogram(into, floatHistogram(time, chance)),
  },
  {
    name: 'custom_buckets',
    takesLate: false,
    fill: (into, time, chance) => addHistogram(into, customBuckets(time, chance)),
  },
  {
    name: 'float_or_histogram',
    takesLate: false,
    fill(into, time, chance) {
      if (Math.floor(time / 1_800_000) % 2 === 0) addFloat(into, time, chance);
      else addHistogram(into, integerHistogram(time, chance));
    },
  },
];

/** What a series has at each of the times (ms); null where it has nothing, or takes no late samples. */
export function seriesAt(
  index: number,
  times: readonly number[],
  { isLate, floatsOnly = false }: { readonly isLate: boolean; readonly floatsOnly?: boolean },
): SeriesMessage | null {
  const kind = KINDS[index % KINDS.length]!;
  if ((isLate && !kind.takesLate) || (floatsOnly && !FLOAT_KINDS.includes(kind.name))) return null;
  const message: SeriesMessage = {
    labels: labelsOf({ __name__: `life_${kind.name}`, i: String(index), text: `ü"${index}\\` }),
    samples: [],
    histograms: [],
    exemplars: [],
  };
  for (const time of times) kind.fill(message, time, chanceAt(index, time), index);
  return message.samples!.length + message.histograms!.length === 0 ? null : message;
}

/** A series that lives for the requests of one step only. */
export function passingSeries(step: number, times: readonly number[]): SeriesMessage {
  const message: SeriesMessage = { labels: labelsOf({ __name__: 'life_passing', step: String(step) }), samples: [] };
  for (const time of times) addFloat(message, time, step + (time % DAY_MS) / 1e7);
  return message;
}

/** An exemplar for the last time of a series. */
export function exemplarAt(index: number, time: number): ExemplarMessage {
  return { labels: labelsOf({ trace: `${index}-${time}` }), value: chanceAt(index, time), timestamp: time };
}

function addFloat(into: SeriesMessage, timestamp: number, value: number): void {
  into.samples!.push({ timestamp, value });
}

function addHistogram(into: SeriesMessage, histogram: HistogramMessage): void {
  into.histograms!.push(histogram);
}

/** A number in [0, 1) that follows from series and time. */
function chanceAt(index: number, time: number): number {
  let mixed = Math.imul((time % DAY_MS) | 0, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x2c1b3c6d);
  mixed ^= mixed >>> 12;
  return (mixed >>> 0) / 2 ** 32;
}

/** Grows with the time, gets buckets, begins again, is a stale marker for once. */
function integerHistogram(timestamp: number, chance: number): HistogramMessage {
  const age = Math.floor(timestamp / 15_000) % 1440;
  const buckets = 2 + (Math.floor(age / 200) % 6);
  const deltas = Array.from({ length: buckets }, (_, i) => (i === 0 ? age + 1 : 1));
  const positive = sumOfBuckets(deltas);
  const isStale = chance < 0.01;
  return {
    countInt: positive + age,
    sum: isStale ? STALE : age * 1.25,
    schema: Math.floor(timestamp / 10_800_000) % 4,
    zeroThreshold: 1e-128,
    zeroCountInt: age,
    positiveSpans: [
      { offset: -1, length: 1 },
      { offset: 2, length: buckets - 1 },
    ],
    positiveDeltas: deltas,
    timestamp,
  };
}

function floatHistogram(timestamp: number, chance: number): HistogramMessage {
  const age = Math.floor(timestamp / 15_000) % 960;
  const counts = Array.from({ length: 3 + (age % 3) }, (_, i) => i + age / 4);
  const negative = [chance * 8];
  return {
    countFloat: counts.reduce((a, b) => a + b, 0) + negative[0]! + 2.5,
    sum: age,
    schema: 3,
    zeroThreshold: 0.001,
    zeroCountFloat: 2.5,
    positiveSpans: [{ offset: 0, length: counts.length }],
    positiveCounts: counts,
    negativeSpans: [{ offset: 4, length: 1 }],
    negativeCounts: negative,
    // A gauge: its values go up and down.
    resetHint: 3,
    timestamp,
  };
}

function customBuckets(timestamp: number, chance: number): HistogramMessage {
  const age = Math.floor(timestamp / 15_000) % 1920;
  const bounds = chance < 0.02 ? [0.1, 1, 10, 100] : [0.1, 1, 10];
  return {
    countInt: 3 * age + 3,
    sum: age / 3,
    schema: -53,
    zeroCountInt: 0,
    positiveSpans: [{ offset: 0, length: 3 }],
    positiveDeltas: [age, 1, 1],
    customValues: bounds,
    timestamp,
  };
}

/** The buckets' sum, of their deltas. */
function sumOfBuckets(deltas: readonly number[]): number {
  let bucket = 0;
  let sum = 0;
  for (const delta of deltas) {
    bucket += delta;
    sum += bucket;
  }
  return sum;
}
