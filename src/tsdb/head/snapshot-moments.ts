import { LateMoment } from '../out-of-order/late-moment.ts';
import type { LateSource } from '../out-of-order/late-samples.ts';
import type { OpenHistogram } from './open-histogram-slots.ts';
import { SERIES_DOUBLES, SERIES_ROW_MASK, SERIES_SLAB_LOG2, type SeriesTable } from './series-table.ts';

const NO_BITS = new Uint32Array(0);

/** The part of the head's memory that changes with an append. */
interface ChangingRows {
  readonly series: SeriesTable;
  readonly outOfOrder: LateSource;
  openHistogram(row: number): OpenHistogram | null;
}

/** The open chunk of a row that holds histograms, as far as it reached at some moment. */
export interface OpenHistogramThen {
  readonly extent: number;
  readonly byteLength: number;
  readonly count: number;
  readonly encoding: number;
}

/** What the head knew of a row at some moment: its record, twice over the same memory, and its open histogram chunk. */
export interface RowThen {
  readonly words: Uint32Array;
  readonly doubles: Float64Array;
  readonly histogram: OpenHistogramThen | null;
}

/**
 * A moment of the head, for who looks at its rows in several turns of the event loop: rows that change meanwhile are noted as they
 * were, before they do. What such a record leads to stays while the looker's pin stands.
 */
export class SnapshotMoment {
  /** The late samples of that moment. */
  readonly late: LateMoment;
  /** Made with the first row: most moments end before anything changes. */
  #rows: Map<number, RowThen> | null = null;
  /** A bit for each row that is noted, so that the others cost no look into the map. */
  #bits: Uint32Array = NO_BITS;

  constructor(late: LateSource) {
    this.late = new LateMoment(late);
  }

  /** True where some row has changed since. */
  get hasChanges(): boolean {
    return this.#rows !== null;
  }

  /** The row as it was; null where it still is so. */
  find(row: number): RowThen | null {
    const word = this.#bits[row >>> 5];
    if (word === undefined || ((word >>> (row & 31)) & 1) === 0) return null;
    return this.#rows!.get(row)!;
  }

  /** Notes a row that is about to change, once. */
  note(memory: ChangingRows, row: number): void {
    const word = row >>> 5;
    if (word >= this.#bits.length) {
      const grown = new Uint32Array(Math.max(word + 1, (memory.series.rowCount >>> 5) + 1));
      grown.set(this.#bits);
      this.#bits = grown;
    }
    if (((this.#bits[word]! >>> (row & 31)) & 1) === 1) return;
    this.#bits[word]! |= 1 << (row & 31);
    const at = (row & SERIES_ROW_MASK) * SERIES_DOUBLES;
    const doubles = memory.series.records.doubles[row >>> SERIES_SLAB_LOG2]!.slice(at, at + SERIES_DOUBLES);
    const open = memory.openHistogram(row);
    this.#rows ??= new Map();
    this.#rows.set(row, {
      doubles,
      words: new Uint32Array(doubles.buffer),
      histogram:
        open === null
          ? null
          : {
              extent: open.extent,
              byteLength: open.writer.byteLength,
              count: open.writer.count,
              encoding: open.writer.encoding,
            },
    });
  }
}

/** The moments that are being looked at: nearly always none, and hardly ever more than one. */
export class SnapshotMoments {
  readonly #memory: ChangingRows;
  readonly #open: SnapshotMoment[] = [];

  constructor(memory: ChangingRows) {
    this.#memory = memory;
  }

  /** How many are open. */
  get count(): number {
    return this.#open.length;
  }

  /** The present one; to be given to `close`. */
  open(): SnapshotMoment {
    const moment = new SnapshotMoment(this.#memory.outOfOrder);
    this.#open.push(moment);
    return moment;
  }

  close(moment: SnapshotMoment): void {
    this.#open.splice(this.#open.indexOf(moment), 1);
  }

  /** To be called before samples are appended to the first `count` of `rows`. */
  beforeAppend(rows: Uint32Array, count: number): void {
    for (const moment of this.#open) for (let k = 0; k < count; k++) moment.note(this.#memory, rows[k]!);
  }

  /** To be called before the late samples of a row change. */
  beforeLate(row: number): void {
    for (const moment of this.#open) moment.late.note(row);
  }
}
