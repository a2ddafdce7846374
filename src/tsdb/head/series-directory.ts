import { NO_SYMBOL } from '../../memory/symbol-table.ts';
import { labelSize, labelSizeBytes } from '../../model/label-bytes.ts';
import type { Labels } from '../../model/labels.ts';
import type { HeadMemory } from './head-memory.ts';
import type { HeadStats } from './head-stats.ts';
import { LabelIndex } from './label-index.ts';
import { LabelLookup } from './label-lookup.ts';
import { REF_LIMIT, RefMap } from './ref-map.ts';
import { SeriesRemoval } from './series-removal.ts';
import { UnloggedSeries } from './unlogged-series.ts';

const NO_REFS: readonly number[] = [];

/**
 * Which series there are: from labels and from refs to rows, and the label index. Creates and removes series.
 *
 * Refs rise by one and are never given twice, not even over restarts: replay reports those it has seen.
 */
export class SeriesDirectory {
  readonly labelIndex = new LabelIndex();
  readonly refs = new RefMap();
  readonly #memory: HeadMemory;
  readonly #lookup: LabelLookup;
  /** Series that have to be logged before the next samples: those made since the last record of series. */
  readonly unlogged = new UnloggedSeries();
  /** Further refs of a row, which the log has where a series was dropped and made again. */
  readonly #otherRefs = new Map<number, number[]>();
  #nextRef = 1;
  #created = 0;
  #removed = 0;
  /** The label set in hand as an entry of the series log: number of labels, then ids of name and value. */
  #entry = new Uint32Array(129);
  /** The strings whose ids `#entry` holds. */
  #entryPairs: readonly string[] = [];
  /** The bytes whose ids `#entry` holds, where it was made of bytes. */
  #entryBytes = new Uint8Array(512);
  #entryTexts = 0;

  constructor(memory: HeadMemory) {
    this.#memory = memory;
    this.#lookup = new LabelLookup(memory.labelLog, memory.series);
    memory.onSymbolRelease((symbol) => {
      // A new series may have it again by now.
      if (this.labelIndex.uses(symbol)) return;
      memory.symbols.remove(symbol);
      this.#entryPairs = [];
      this.#entryTexts = 0;
    });
  }

  /** The ref of the series with these labels, which is created where it does not exist. */
  resolve(labels: Labels): number {
    if (labels.pairs.length === 0) throw new RangeError('empty labelset: invalid sample');
    this.#writeEntry(labels);
    const row = this.#lookup.find(this.#entry);
    if (row >= 0) return this.#memory.series.ref(row);
    const ref = this.#createNext();
    this.unlogged.add(ref, labels);
    return ref;
  }

  /** As `resolve`, with the labels as `model/label-bytes.ts` draws them in `bytes[start..end-1]`. */
  resolveBytes(bytes: Uint8Array, start: number, end: number): number {
    if (bytes[start] === 0) throw new RangeError('empty labelset: invalid sample');
    this.#writeEntryOfBytes(bytes, start, end);
    const row = this.#lookup.find(this.#entry);
    if (row >= 0) return this.#memory.series.ref(row);
    const ref = this.#createNext();
    this.unlogged.addBytes(ref, bytes, start, end);
    return ref;
  }

  /** The ref of the series with these labels, or 0. */
  find(labels: Labels): number {
    const { pairs } = labels;
    for (const text of pairs) if (this.#memory.symbols.find(text) === NO_SYMBOL) return 0;
    this.#writeEntry(labels);
    const row = this.#lookup.find(this.#entry);
    return row < 0 ? 0 : this.#memory.series.ref(row);
  }

  /**
   * A series that the log names. A ref that is known stays as it is; labels that are known make the ref another name of
   * the same row. False where the ref can not be used.
   */
  restore(ref: number, labels: Labels): boolean {
    if (!(ref >= 1 && ref < REF_LIMIT) || labels.pairs.length === 0) return false;
    if (this.refs.row(ref) >= 0) return true;
    this.#writeEntry(labels);
    this.#restoreEntry(ref);
    return true;
  }

  /** As `restore`, with the labels as `model/label-bytes.ts` draws them in `bytes[start..end-1]`. */
  restoreBytes(ref: number, bytes: Uint8Array, start: number, end: number): boolean {
    if (!(ref >= 1 && ref < REF_LIMIT) || bytes[start] === 0) return false;
    if (this.refs.row(ref) >= 0) return true;
    this.#writeEntryOfBytes(bytes, start, end);
    this.#restoreEntry(ref);
    return true;
  }

  /**
   * As `restore`, with the labels as an entry of the series log: their number, then ids of name and value. Returns the
   * row, or -1 where the ref can not be used.
   */
  restoreEntry(ref: number, entry: Uint32Array): number {
    if (!(ref >= 1 && ref < REF_LIMIT) || entry[0] === 0) return -1;
    const known = this.refs.row(ref);
    if (known >= 0) return known;
    this.#reserveEntry(2 * entry[0]!);
    this.#entry.set(entry);
    this.#entryPairs = [];
    this.#entryTexts = 0;
    this.#restoreEntry(ref);
    return this.refs.row(ref);
  }

  /** The refs of a row beside its own. */
  otherRefs(row: number): readonly number[] {
    return this.#otherRefs.get(row) ?? NO_REFS;
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
      if (this.#memory.series.ref(row) !== ref) this.refs.delete(ref);
      else removal.add(row);
    }
    for (const _ of removal.finish());
  }

  /** Takes series out one after the other; one removal at a time. */
  removal(): SeriesRemoval {
    return new SeriesRemoval({
      memory: this.#memory,
      lookup: this.#lookup,
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
      indexBytes: this.labelIndex.bytes + this.#lookup.bytes,
    };
  }

  get lookupBytes(): number {
    return this.#lookup.bytes;
  }

  /** Looks the labels' symbols up. Label sets come in runs that share most strings, so those of the last are kept. */
  #writeEntry(labels: Labels): void {
    const { symbols } = this.#memory;
    const { pairs } = labels;
    this.#reserveEntry(pairs.length);
    const entry = this.#entry;
    const known = this.#entryPairs;
    // Where a symbol can not be added, `#entry` is neither the old nor the new one.
    this.#entryPairs = [];
    this.#entryTexts = 0;
    entry[0] = pairs.length >>> 1;
    for (let i = 0; i < pairs.length; i += 2) {
      if (pairs[i] !== known[i]) entry[i + 1] = symbols.addName(pairs[i]!);
      if (pairs[i + 1] !== known[i + 1]) entry[i + 2] = symbols.add(pairs[i + 1]!);
    }
    this.#entryPairs = pairs;
  }

  /** As `#writeEntry`: a text that the last label set had at the same place keeps its id without being looked up. */
  #writeEntryOfBytes(bytes: Uint8Array, start: number, end: number): void {
    const { symbols } = this.#memory;
    const pairs = labelSize(bytes, start);
    this.#reserveEntry(2 * pairs);
    this.#entryPairs = [];
    const entry = this.#entry;
    const known = this.#entryBytes;
    const knownTexts = this.#entryTexts;
    this.#entryTexts = 0;
    entry[0] = pairs;
    let at = start + labelSizeBytes(pairs);
    let knownAt = 0;
    for (let text = 1; text <= 2 * pairs; text++) {
      const size = labelSize(bytes, at);
      at += labelSizeBytes(size);
      let isKnown = false;
      if (text <= knownTexts) {
        const knownSize = labelSize(known, knownAt);
        knownAt += labelSizeBytes(knownSize);
        isKnown = size === knownSize;
        for (let i = 0; isKnown && i < size; i++) isKnown = bytes[at + i] === known[knownAt + i];
        knownAt += knownSize;
      }
      if (!isKnown) entry[text] = symbols.addBytes(bytes, at, at + size);
      at += size;
    }
    if (at !== end) throw new RangeError(`Cannot read labels: they take ${at - start} bytes, not ${end - start}`);
    const first = start + labelSizeBytes(pairs);
    if (end - first > this.#entryBytes.length) this.#entryBytes = new Uint8Array(2 * (end - first));
    const copy = this.#entryBytes;
    for (let from = first; from < end; from++) copy[from - first] = bytes[from]!;
    this.#entryTexts = 2 * pairs;
  }

  #reserveEntry(texts: number): void {
    if (this.#entry.length > texts) return;
    this.#entry = new Uint32Array(2 * texts + 1);
    this.#entryPairs = [];
    this.#entryTexts = 0;
  }

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
    const row = this.#lookup.find(this.#entry);
    if (row < 0) {
      this.#create(ref);
      return;
    }
    this.refs.set(ref, row);
    const others = this.#otherRefs.get(row);
    if (others === undefined) this.#otherRefs.set(row, [ref]);
    else others.push(ref);
  }

  #create(ref: number): void {
    const entry = this.#entry;
    const position = this.#memory.labelLog.append(entry, 1 + 2 * entry[0]!);
    const row = this.#memory.series.create(ref, position);
    this.#lookup.add(row, entry);
    this.labelIndex.add(row, entry);
    this.refs.set(ref, row);
    this.#created++;
  }
}
