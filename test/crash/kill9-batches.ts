import { type Labels, labelsFromObject } from '../../src/model/labels.ts';

/** What batch `number` holds, known to the process that writes it and to the one that checks it. */
export function rowsOf(number: number): number {
  return 1 + ((number * 37) % 301);
}

/** Series live for some batches, then others come: new series are logged all the time. */
export function labelsOf(number: number, row: number): Labels {
  return labelsFromObject({ __name__: 'kill9', generation: String(Math.floor(number / 40)), row: String(row) });
}

export function timeOf(number: number): number {
  return 1_700_000_000_000 + number * 100;
}

export function sampleOf(number: number, row: number): number {
  return number + row / 1000;
}

/** Small, so that a kill may well meet the cut of a segment. */
export const WAL_SEGMENT_SIZE = 8 * 32 * 1024;
