import { blockEnd, type Spend } from '../../kernels/blocks.ts';
import { KEPT_UNITS_MAX } from '../../memory/symbol-texts.ts';
import type { FloatHistogram } from '../../model/histogram.ts';
import { histogramBytes } from '../../model/histogram-bytes.ts';
import type { Labels } from '../../model/labels.ts';
import type { StepColumn } from '../steps/step-column.ts';

// What things take in V8's heap, bytes: a pointer has eight, a plain object three pointers before its fields, an array four for
// itself and two for its elements. A test holds the sums of queries against what the process has.

/** Of a step in a column: its value and its mark. */
export const CELL_BYTES = 9;
/** A typed array, its buffer, and what V8 keeps of that; its elements come on top. */
export const ARRAY_BYTES = 240;
/** Of a column beside its steps: its object and two typed arrays. */
export const COLUMN_BYTES = 2 * ARRAY_BYTES;
/** Of an entry in a list that grows. */
export const ENTRY_BYTES = 10;
/** A text beside its characters. */
export const TEXT_BYTES = 24;
/** A list that was empty when its first entry came. */
export const LIST_BYTES = 184;
/** Of an entry of a map or set while it grows: its share of a table that is half full to full. */
export const MAP_ENTRY_BYTES = 42;

/** A label set: the object and its list, and each name and value in it. The texts are shared. */
const LABELS_BYTES = 104;
const LABEL_BYTES = 8;

/** What a label set without texts of its own takes. */
export function labelsBytes({ pairs }: Labels): number {
  return LABELS_BYTES + LABEL_BYTES * pairs.length;
}

/** What a label set's key takes: what separates its texts makes it one of two bytes for each unit. */
export function keyBytes(key: string): number {
  return TEXT_BYTES + 2 * key.length;
}

/** What long texts of a label set take that was read for a query; others are shared by all. */
export function longTextBytes({ pairs }: Labels): number {
  let bytes = 0;
  for (const { length } of pairs) if (length > KEPT_UNITS_MAX) bytes += TEXT_BYTES + length;
  return bytes;
}

/** What a list of label sets without texts of their own takes. */
export function labelListBytes(list: readonly Labels[]): number {
  return list.reduce((sum, labels) => sum + labelsBytes(labels), ENTRY_BYTES * list.length);
}

/** What a copy of a column takes, its histograms included: steps one after the other often share one. */
export function columnBytes({ histograms, present }: StepColumn, spend: Spend): number {
  const bytes = COLUMN_BYTES + CELL_BYTES * present.length;
  return histograms === null ? bytes : bytes + histogramsBytes(histograms, present.length, spend);
}

/** What a list of histograms takes; one that several entries share counts where it comes first. */
export function histogramsBytes(
  histograms: readonly (FloatHistogram | undefined)[],
  length: number,
  spend: Spend,
): number {
  let bytes = ENTRY_BYTES * length;
  let last: FloatHistogram | undefined;
  for (let i = 0; i < length; ) {
    const stop = blockEnd(i, length, spend);
    for (; i < stop; i++) {
      const histogram = histograms[i];
      if (histogram === undefined || histogram === last) continue;
      bytes += histogramBytes(histogram);
      last = histogram;
    }
  }
  return bytes;
}
