import { type Spend, untold } from '../kernels/blocks.ts';
import type { Labels } from '../model/labels.ts';
import type { SampleColumn } from '../storage/query.ts';
import { ARRAY_BYTES, columnBytes, histogramsBytes } from './exec/sizes.ts';
import type { Grid } from './steps/grid.ts';
import { copyStepColumn, countPresent, isEmptyColumn, type StepColumn } from './steps/step-column.ts';

export type ResultType = 'vector' | 'matrix' | 'scalar' | 'string';

/**
 * Takes a query's answer as it is made: `begin`, then what belongs to the type, then `end`. Columns and samples are
 * valid during the call only. A scalar of a range query comes as a matrix of one series without labels.
 */
export interface ResultSink {
  /** Bytes of the answer so far. */
  readonly byteLength: number;
  /** Bytes of memory that it takes so far: those of the answer, and what is known of its series. */
  readonly heldBytes: number;
  begin(type: ResultType, grid: Grid): void;
  /** A series of a vector or matrix on the query's grid; may be empty, which means it is not part of the answer. */
  addColumn(labels: Labels, column: StepColumn, spend?: Spend): void;
  /** A series of a matrix with its own times; may be empty. `spend` is told now and then of samples that are written next. */
  addSamples(labels: Labels, samples: SampleColumn, spend: Spend): void;
  setScalar(value: number): void;
  setString(text: string): void;
  /** All series have come. Matrices are sorted by labels here; `spend` is told of it. */
  end(spend: Spend): void;
}

/** Of a series beside its samples: two objects and an entry in a list. */
const SERIES_BYTES = 160;

/** Keeps the answer as columns, for rules and tests. */
export class ColumnSink implements ResultSink {
  type: ResultType = 'vector';
  grid: Grid = { start: 0, step: 1, count: 0 };
  readonly series: { readonly labels: Labels; readonly column: StepColumn }[] = [];
  readonly rawSeries: { readonly labels: Labels; readonly samples: SampleColumn }[] = [];
  scalar = Number.NaN;
  text = '';
  byteLength = 0;
  heldBytes = 0;

  begin(type: ResultType, grid: Grid): void {
    this.type = type;
    this.grid = grid;
  }

  addColumn(labels: Labels, column: StepColumn): void {
    if (isEmptyColumn(column)) return;
    this.series.push({ labels, column: copyStepColumn(column) });
    this.byteLength += 9 * column.present.length;
    this.heldBytes += SERIES_BYTES + columnBytes(column, untold);
  }

  addSamples(labels: Labels, samples: SampleColumn): void {
    if (samples.length === 0) return;
    const { length, times, values, histograms, startTimes } = samples;
    const own = values.slice(0, length);
    this.byteLength += 16 * length;
    this.heldBytes += SERIES_BYTES + 3 * ARRAY_BYTES + (startTimes === null ? 16 : 24) * length;
    if (histograms !== null) this.heldBytes += histogramsBytes(histograms, length, untold);
    this.rawSeries.push({
      labels,
      samples: {
        length,
        times: times.slice(0, length),
        values: own,
        bits: new Uint32Array(own.buffer),
        startTimes: startTimes === null ? null : startTimes.slice(0, length),
        histograms: histograms === null ? null : histograms.slice(0, length),
      },
    });
  }

  setScalar(value: number): void {
    this.scalar = value;
  }

  setString(text: string): void {
    this.text = text;
  }

  end(): void {}
}

/** Counts an answer instead of keeping it. */
export class CountingSink implements ResultSink {
  readonly byteLength = 0;
  readonly heldBytes = 0;
  series = 0;
  samples = 0;

  begin(): void {}

  addColumn(_labels: Labels, column: StepColumn): void {
    this.#add(countPresent(column, untold));
  }

  addSamples(_labels: Labels, { length }: SampleColumn): void {
    this.#add(length);
  }

  setScalar(): void {
    this.samples = 1;
  }

  setString(): void {}

  end(): void {}

  #add(samples: number): void {
    if (samples > 0) this.series++;
    this.samples += samples;
  }
}
