import { LateMoment } from '../out-of-order/late-moment.ts';
import type { LateSource } from '../out-of-order/late-samples.ts';
import type { OpenHistogram } from './open-histogram-slots.ts';
import { SERIES_DOUBLES, SERIES_ROW_MASK, SERIES_SLAB_LOG2, type SeriesTable } from './series-table.ts';

const NO_BITS = new Uint32Array(0);
const NO_PAGE = { words: NO_BITS, doubles: new Float64Array(0) };

/** The part of the head's memory that changes with an append. */
interface ChangingRows {
  readonly series: SeriesTable;
  readonly outOfOrder: LateSource;
  readonly transactions: { endApplying(): void };
  openHistogram(row: number): OpenHistogram | null;
}

/** The open chunk of a row that holds histograms, as far as it reached at some moment. */
export interface OpenHistogramThen {
  readonly extent: number;
  readonly byteLength: number;
  readonly count: number;
  readonly encoding: number;
}

/** Copies of records, twice over the same memory. */
interface RecordPage {
  readonly words: Uint32Array;
  readonly doubles: Float64Array;
}

/** Records that are kept together: one array for each of them would take five times the memory. */
const PAGE_RECORDS = 1024;

/** What the head knew of a row at some moment: its record, from the double `at` on, and its open histogram chunk. */
export interface RowThen extends RecordPage {
  readonly at: number;
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
  #page: RecordPage = NO_PAGE;

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
    this.#rows ??= new Map();
    const record = this.#rows.size % PAGE_RECORDS;
    if (record === 0) this.#page = newPage();
    const { doubles, words } = this.#page;
    const source = memory.series.records.words[row >>> SERIES_SLAB_LOG2]!;
    const from = 2 * (row & SERIES_ROW_MASK) * SERIES_DOUBLES;
    const at = record * SERIES_DOUBLES;
    // By words: a NaN keeps its bits.
    for (let i = 0; i < 2 * SERIES_DOUBLES; i++) words[2 * at + i] = source[from + i]!;
    const open = memory.openHistogram(row);
    this.#rows.set(row, {
      doubles,
      words,
      at,
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

function newPage(): RecordPage {
  const doubles = new Float64Array(PAGE_RECORDS * SERIES_DOUBLES);
  return { doubles, words: new Uint32Array(doubles.buffer) };
}

/** The moments that are being looked at: nearly always none, and hardly ever more than one. */
export class SnapshotMoments {
  readonly #memory: ChangingRows;
  readonly #open: SnapshotMoment[] = [];

  constructor(memory: ChangingRows) {
    this.#memory = memory;
  }

  /** The present one; to be given to `close`. A transaction that is half applied is ended first. */
  open(): SnapshotMoment {
    this.#memory.transactions.endApplying();
    const moment = new SnapshotMoment(this.#memory.outOfOrder);
    this.#open.push(moment);
    return moment;
  }

  close(moment: SnapshotMoment): void {
    this.#open.splice(this.#open.indexOf(moment), 1);
  }

  /** To be called before samples are appended to `rows[from..to-1]`. */
  beforeAppend(rows: Uint32Array, from: number, to: number): void {
    for (const moment of this.#open) for (let k = from; k < to; k++) moment.note(this.#memory, rows[k]!);
  }

  /** To be called before the late samples of a row change. */
  beforeLate(row: number): void {
    for (const moment of this.#open) moment.late.note(row);
  }
}
