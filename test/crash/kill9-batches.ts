import { type Labels, labelsFromObject } from '../../src/model/labels.ts';

/** A sample of a batch. */
export interface BatchSample {
  readonly labels: Labels;
  readonly time: number;
  readonly value: number;
}

/**
 * What batch `number` holds, known to the process that writes it and to the one that checks it. Most series live for some
 * batches, then others come: new series are logged all the time. Some samples come late, a few of them as the first ones
 * of their series; no series has a time twice.
 */
export function samplesOf(number: number): BatchSample[] {
  const generation = String(Math.floor(number / 40));
  const samples: BatchSample[] = [];
  const rows = 1 + ((number * 37) % 301);
  for (let row = 0; row < rows; row++) {
    const labels = labelsFromObject({ __name__: 'kill9', generation, row: String(row) });
    samples.push({ labels, time: START + number * BATCH_MS, value: number + row / 1000 });
  }
  for (let row = 0; row < STEADY_ROWS; row++) {
    const labels = labelsFromObject({ __name__: 'kill9', steady: 'yes', row: String(row) });
    samples.push({ labels, time: START + number * BATCH_MS, value: row + (number % 1000) / 1000 });
  }
  const largeRows = number % LARGE_BATCHES === 0 ? LARGE_ROWS : 0;
  for (let row = 0; row < largeRows; row++) {
    const labels = labelsFromObject({ __name__: 'kill9', large: 'yes', row: String(row) });
    samples.push({ labels, time: START + number * BATCH_MS, value: number - row / 1000 });
  }
  for (let row = 0; row < LATE_ROWS; row++) {
    const labels = labelsFromObject({ __name__: 'kill9', late: generation, row: String(row) });
    const time = START - 1 - ((number * 7919) % LATE_TIMES) * LATE_STEP_MS;
    samples.push({ labels, time, value: number - row / 1000 });
  }
  return samples;
}

const START = 1_700_000_000_000;
/** Series that go on from batch to batch, so that chunks of them are sealed and written to files. */
const STEADY_ROWS = 15;
/** Batches so large that they are committed in several steps. */
const LARGE_BATCHES = 10;
const LARGE_ROWS = 5000;
/** A range of the head is full after 360 batches. */
const BATCH_MS = 10_000;
export const CHUNK_RANGE_MS = 3_600_000;
const LATE_ROWS = 40;
/** Late samples lie in the five hours before the others; a prime, so that no time comes twice in 40 batches. */
const LATE_TIMES = 15_013;
const LATE_STEP_MS = 1200;
/** How late samples may come in these tests, ms. */
export const WINDOW_MS = 48 * 3_600_000;
/** After so many batches late samples go to blocks, each other time with what the head has beyond its range. */
export const COMPACTION_BATCHES = 15;
/** Sealed chunks go to files, and an image of the head is written, after so many. */
export const IMAGE_BATCHES = 8;

/** Small, so that a kill may well meet the cut of a segment. */
export const WAL_SEGMENT_SIZE = 8 * 32 * 1024;
