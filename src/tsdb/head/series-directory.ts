import { NO_SYMBOL } from '../../memory/symbol-table.ts';
import type { Labels } from '../../model/labels.ts';
import { REF_LIMIT, RefMap } from '../wal/ref-map.ts';
import type { HeadMemory } from './head-memory.ts';
import type { HeadStats } from './head-stats.ts';
import { LabelEntry } from './label-entry.ts';
import { LabelIndex } from './label-index.ts';
import { LabelLookup } from './label-lookup.ts';
import { SeriesRemoval } from './series-removal.ts';
import { UnloggedSeries } from './unlogged-series.ts';

const NO_BYTES = new DataView(new ArrayBuffer(0));

/**
 * Which series there are: from labels and from refs to rows, and the label index. Creates and removes series.
 *
 * Refs rise by one and are never given twice, not even over restarts: replay reports those it has seen.
 */
export class SeriesDirectory {
  readonly labelIndex = new LabelIndex();
  readonly refs = new RefMap();
  readonly #memory: HeadMemory;
  /** From labels to rows. */
  readonly lookup: LabelLookup;
  /** Series that have to be logged before the next samples: those made since the last record of series. */
  readonly unlogged = new UnloggedSeries();
  /** Further refs of a row, which the log has where a series was dropped and made again. */
  readonly #otherRefs = new Map<number, number[]>();
  #nextRef = 1;
  #created = 0;
  #removed = 0;
  readonly #entry: LabelEntry;
  /** The caller's bytes that labels were taken of last, and a view of them. */
  #bytes: Uint8Array | null = null;
  #view: DataView = NO_BYTES;

  constructor(memory: HeadMemory) {
    this.#memory = memory;
    this.#entry = new LabelEntry(memory.symbols);
    this.lookup = new LabelLookup(memory.labelLog, memory.series);
    memory.onSymbolRelease((symbol) => {
      // A new series may have it again by now.
      if (this.labelIndex.uses(symbol)) return;
      memory.symbols.remove(symbol);
      this.#entry.forget();
    });
  }

  /** The ref of the series with these labels, which is created where it does not exist. */
  resolve(labels: Labels): number {
    if (labels.pairs.length === 0) throw new RangeError('empty labelset: invalid sample');
    this.#entry.setLabels(labels);
    const row = this.lookup.find(this.#entry.words);
    if (row >= 0) return this.#memory.series.ref(row);
    const ref = this.#createNext();
    this.unlogged.add(ref, labels);
    return ref;
  }

  /** As `resolve`, with the labels as `model/label-bytes.ts` draws them in `bytes[start..end-1]`. */
  resolveBytes(bytes: Uint8Array, start: number, end: number): number {
    if (bytes[start] === 0) throw new RangeError('empty labelset: invalid sample');
    const view = this.#viewOf(bytes);
    this.#entry.setBytes(bytes, view, start, end);
    const row = this.lookup.find(this.#entry.words);
    if (row >= 0) return this.#memory.series.ref(row);
    const ref = this.#createNext();
    this.unlogged.addBytes(ref, view, start, end, this.#entry);
    return ref;
  }

  /** Series come, perhaps many of them. */
  beginTransaction(): void {
    this.lookup.defer(this.#memory.symbols.count);
  }

  /** Lets go of the bytes that labels were taken of: whoever brought them may need the memory for others. */
  endTransaction(): void {
    this.lookup.settle();
    this.#bytes = null;
    this.#view = NO_BYTES;
  }

  /** The ref of the series with these labels, or 0. */
  find(labels: Labels): number {
    const { pairs } = labels;
    for (const text of pairs) if (this.#memory.symbols.find(text) === NO_SYMBOL) return 0;
    this.#entry.setLabels(labels);
    const row = this.lookup.find(this.#entry.words);
    return row < 0 ? 0 : this.#memory.series.ref(row);
  }

  /**
   * A series that the log names. A ref that is known stays as it is; labels that are known make the ref another name of
   * the same row. False where the ref can not be used.
   */
  restore(ref: number, labels: Labels): boolean {
    if (!(ref >= 1 && ref < REF_LIMIT) || labels.pairs.length === 0) return false;
    if (this.refs.row(ref) >= 0) return true;
    this.#entry.setLabels(labels);
    this.#restoreEntry(ref);
    return true;
  }

  /** As `restore`, with the labels as `model/label-bytes.ts` draws them in `bytes[start..end-1]`. */
  restoreBytes(ref: number, bytes: Uint8Array, start: number, end: number): boolean {
    if (!(ref >= 1 && ref < REF_LIMIT) || bytes[start] === 0) return false;
    if (this.refs.row(ref) >= 0) return true;
    this.#entry.setBytes(bytes, this.#viewOf(bytes), start, end);
    this.#restoreEntry(ref);
    return true;
  }

  /**
   * Makes `count` rows known by their refs, each of both one above the one before. The caller sees to it that they are in
   * `lookup` and `labelIndex`. False where a ref is another row's or can not be used: the directory is then of no use.
   */
  enterRows(firstRef: number, firstRow: number, count: number): boolean {
    if (!(firstRef >= 1 && this.refs.setRun(firstRef, firstRow, count))) return false;
    this.reserveRef(firstRef + count - 1);
    this.#created += count;
    return true;
  }

  /** Makes a ref another name of a row; false where it can not be used. */
  addOtherRef(row: number, ref: number): boolean {
    if (!(ref >= 1 && ref < REF_LIMIT && Number.isInteger(ref)) || this.refs.row(ref) >= 0) return false;
    this.reserveRef(ref);
    this.refs.set(ref, row);
    const others = this.#otherRefs.get(row);
    if (others === undefined) this.#otherRefs.set(row, [ref]);
    else others.push(ref);
    return true;
  }

  /** Rows that have refs beside their own: the row's ref, and these. */
  *otherRefs(): Generator<readonly [number, readonly number[]]> {
    for (const [row, refs] of this.#otherRefs) yield [this.#memory.series.ref(row), refs];
  }

  /** No series has got this ref or one above. */
  get nextRef(): number {
    return this.#nextRef;
  }

  /** How many series have been taken out. */
  get removed(): number {
    return this.#removed;
  }

  /** Gives no new series this ref or one below: a log names it, of a series that is not known any more. */
  reserveRef(ref: number): void {
    if (ref < REF_LIMIT && ref >= this.#nextRef) this.#nextRef = ref + 1;
  }

  /** Takes series out; refs that are not known are passed over. Their rows come back when no reader is left. */
  remove(refs: Float64Array): void {
    const removal = this.removal();
    for (const ref of refs) {
      const row = this.refs.row(ref);
      if (row < 0) continue;
      // One name of several: the series stays under the others.
      if (this.#memory.series.ref(row) !== ref) this.#forgetOther(row, ref);
      else removal.add(row);
    }
    for (const _ of removal.finish());
  }

  #forgetOther(row: number, ref: number): void {
    this.refs.delete(ref);
    const left = this.#otherRefs.get(row)!.filter((other) => other !== ref);
    if (left.length > 0) this.#otherRefs.set(row, left);
    else this.#otherRefs.delete(row);
    this.#memory.series.noteChange();
  }

  /** Takes series out one after the other; one removal at a time. */
  removal(): SeriesRemoval {
    return new SeriesRemoval({
      memory: this.#memory,
      lookup: this.lookup,
      labelIndex: this.labelIndex,
      unlogged: this.unlogged,
      forget: (row) => this.#forget(row),
    });
  }

  /** Makes all refs of a row unknown, and returns them. */
  #forget(row: number): number[] {
    const refs = [this.#memory.series.ref(row), ...(this.#otherRefs.get(row) ?? [])];
    for (const ref of refs) this.refs.delete(ref);
    this.#otherRefs.delete(row);
    this.#removed++;
    return refs;
  }

  stats(): Pick<
    HeadStats,
    'series' | 'seriesCreated' | 'seriesRemoved' | 'labelPairs' | 'symbols' | 'symbolBytes' | 'indexBytes'
  > {
    return {
      series: this.#created - this.#removed,
      seriesCreated: this.#created,
      seriesRemoved: this.#removed,
      labelPairs: this.labelIndex.pairCount,
      symbols: this.#memory.symbols.liveCount,
      symbolBytes: this.#memory.symbols.textBytes,
      indexBytes: this.labelIndex.bytes + this.lookup.bytes,
    };
  }

  get lookupBytes(): number {
    return this.lookup.bytes;
  }

  #viewOf(bytes: Uint8Array): DataView {
    if (bytes !== this.#bytes) {
      this.#bytes = bytes;
      this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    }
    return this.#view;
  }

  /** Creates a series of the label set in hand, which `#lookup` has just not found. */
  #createNext(): number {
    if (this.#nextRef >= REF_LIMIT) throw new RangeError('Cannot create a series: 2^40 have been created');
    const ref = this.#nextRef;
    this.#create(ref);
    this.#nextRef++;
    return ref;
  }

  /** Gives the label set in hand this ref: to its row, or to a new one. */
  #restoreEntry(ref: number): void {
    if (ref >= this.#nextRef) this.#nextRef = ref + 1;
    const row = this.lookup.find(this.#entry.words);
    if (row < 0) {
      this.#create(ref);
      return;
    }
    this.addOtherRef(row, ref);
  }

  #create(ref: number): void {
    const entry = this.#entry.words;
    const position = this.#memory.labelLog.append(entry, 1 + 2 * entry[0]!);
    const row = this.#memory.series.create(ref, position);
    this.lookup.addMissing(row);
    if (this.lookup.isFull) this.beginTransaction();
    this.labelIndex.add(row, entry);
    this.refs.set(ref, row);
    this.#created++;
  }
}
