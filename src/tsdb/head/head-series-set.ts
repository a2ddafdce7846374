import type { Labels } from '../../model/labels.ts';
import { listToKeep } from '../../storage/list-to-keep.ts';
import type { EncodedChunk, SampleColumn, SeriesSet, TimeRange } from '../../storage/query.ts';
import type { HeadReader } from './head-reader.ts';
import type { HeadSnapshot } from './head-snapshot.ts';
import type { KnownSelection } from './known-selections.ts';

/** The rows of a snapshot, read in the thread that took it or, over a `HeadView`, in another one. */
export class HeadSeriesSet implements SeriesSet {
  readonly warnings: readonly string[] = [];
  readonly hasNoTypes: boolean;
  readonly #reader: HeadReader;
  readonly #snapshot: HeadSnapshot;
  readonly #range: TimeRange;
  readonly #order: Uint32Array | null;
  readonly #known: KnownSelection | null;

  /**
   * `withoutTypes`: no series of the head has a type or a unit. `order`: places in the snapshot in the order in which they are shown;
   * null shows all as they are. `known`: the selection whose rows these are, all of them, shown in its order or in that of its labels.
   */
  constructor(
    reader: HeadReader,
    snapshot: HeadSnapshot,
    range: TimeRange,
    withoutTypes: boolean,
    order: Uint32Array | null,
    known: KnownSelection | null = null,
  ) {
    this.hasNoTypes = withoutTypes;
    this.#known = known;
    this.#reader = reader;
    this.#snapshot = snapshot;
    this.#range = range;
    this.#order = order;
  }

  get length(): number {
    return this.#order?.length ?? this.#snapshot.rows.length;
  }

  labels(row: number): Labels {
    return this.#reader.labels(this.#snapshot.rows[this.#place(row)]!);
  }

  /** Where the symbols of `words` are. */
  get symbols(): HeadReader['symbols'] {
    return this.#reader.symbols;
  }

  /** As `SymbolSet.words`. */
  words(row: number, into: { words: Uint32Array }): number {
    return this.#reader.words(this.#snapshot.rows[this.#place(row)]!, into);
  }

  get lastingLabels(): readonly Labels[] | null {
    const known = this.#known;
    if (known === null || known.hasLongTexts) return null;
    const before = this.#order === null ? known.labels : known.orderedLabels;
    if (before !== null) return before;
    const labels = listToKeep(this.length, (row) => this.labels(row));
    if (labels === null) known.hasLongTexts = true;
    else if (this.#order === null) known.labels = labels;
    else known.orderedLabels = labels;
    return labels;
  }

  /** Some of the samples lie in files. */
  get readsFiles(): boolean {
    return this.#reader.readsFiles(this.#snapshot, this.#range);
  }

  read(row: number, into: SampleColumn): void {
    this.#reader.read(this.#snapshot, this.#place(row), this.#range, into);
  }

  append(row: number, into: SampleColumn): boolean {
    return this.#reader.append(this.#snapshot, this.#place(row), this.#range, into);
  }

  readChunks(row: number, into: EncodedChunk[]): void {
    this.#reader.readChunks(this.#snapshot, this.#place(row), this.#range, into);
  }

  #place(row: number): number {
    return this.#order === null ? row : this.#order[row]!;
  }
}
