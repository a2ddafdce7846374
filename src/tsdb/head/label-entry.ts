import { commonLength, copyRun } from '../../kernels/byte-runs.ts';
import type { SymbolTable } from '../../memory/symbol-table.ts';
import { labelSize, labelSizeBytes } from '../../model/label-bytes.ts';
import type { Labels } from '../../model/labels.ts';
import type { SharedRuns } from '../wal/compressed-series.ts';

/** Shorter runs are not worth telling of, and more than so many neither. */
const RUN_MIN = 6;
const RUNS_MAX = 64;

/**
 * The label set in hand as an entry of the series log: the number of labels, then the ids of name and value of each.
 *
 * Label sets come in runs that share most texts, so a text that the one before had at the same place keeps its id without
 * being looked up: of the twenty texts of ten labels, eighteen and more. What the one before was is known as strings or as
 * bytes, whichever it was made of.
 */
export class LabelEntry implements SharedRuns {
  readonly #symbols: SymbolTable;
  /** The entry; replaced when it grows. */
  words = new Uint32Array(129);
  /** The strings whose ids `words` holds. */
  #pairs: readonly string[] = [];
  /** The bytes whose ids `words` holds, without the number of labels, and how many texts they are. */
  #known = new Uint8Array(512);
  #knownView = new DataView(this.#known.buffer);
  #knownSize = 0;
  #knownTexts = 0;
  /** Where each of these texts ends. */
  #ends = new Uint32Array(128);
  /** Bytes of the number of labels in front of them. */
  #knownHeader = 0;
  /** Counts the label sets. */
  serial = 0;
  /** What a label set of bytes shares with the one before, where that was one of bytes, too; see `SharedRuns`. */
  readonly runs = new Uint32Array(3 * RUNS_MAX);
  runCount = 0;

  constructor(symbols: SymbolTable) {
    this.#symbols = symbols;
  }

  /** Makes the next label set look every text up: symbols have changed. */
  forget(): void {
    this.#pairs = [];
    this.#knownTexts = 0;
    this.runCount = 0;
  }

  setLabels({ pairs }: Labels): void {
    this.#reserve(pairs.length);
    const { words } = this;
    const known = this.#pairs;
    // Where a symbol can not be added, `words` is neither the old nor the new one.
    this.forget();
    this.serial++;
    words[0] = pairs.length >>> 1;
    for (let i = 0; i < pairs.length; i += 2) {
      if (pairs[i] !== known[i]) words[i + 1] = this.#symbols.addName(pairs[i]!);
      if (pairs[i + 1] !== known[i + 1]) words[i + 2] = this.#symbols.add(pairs[i + 1]!);
    }
    this.#pairs = pairs;
  }

  /** A label set as `model/label-bytes.ts` draws it, in `bytes[start..end-1]`; `view` is over the same bytes. */
  setBytes(bytes: Uint8Array, view: DataView, start: number, end: number): void {
    const pairs = labelSize(bytes, start);
    this.#reserve(2 * pairs);
    const { words } = this;
    const ends = this.#ends;
    const texts = 2 * pairs;
    const knownTexts = Math.min(texts, this.#knownTexts);
    const knownView = this.#knownView;
    const knownSize = this.#knownSize;
    const knownHeader = this.#knownHeader;
    const runs = this.runs;
    this.forget();
    this.serial++;
    words[0] = pairs;
    const header = labelSizeBytes(pairs);
    const first = start + header;
    let at = first;
    let knownAt = 0;
    let runCount = 0;
    // Where the first change begins and the last one ends.
    let changedFrom = 0;
    let changedTo = 0;
    for (let text = 0; text < texts; text++) {
      if (text < knownTexts) {
        // Texts that end within what is the same are known, without a look at their sizes.
        const length = commonLength(view, at, knownView, knownAt, Math.min(end - at, knownSize - knownAt));
        const same = knownAt + length;
        if (text === 0) changedFrom = length;
        if (length >= RUN_MIN && runCount < RUNS_MAX) {
          runs[3 * runCount] = at - start;
          runs[3 * runCount + 1] = knownAt + knownHeader;
          runs[3 * runCount + 2] = length;
          runCount++;
        }
        const shift = at - first - knownAt;
        for (; text < knownTexts && ends[text]! <= same; text++) {
          knownAt = ends[text]!;
          ends[text] = knownAt + shift;
        }
        at = first + knownAt + shift;
        if (text === texts) break;
      }
      const size = labelSize(bytes, at);
      const from = at + labelSizeBytes(size);
      words[text + 1] = this.#symbols.addBytes(view, from, from + size);
      at = from + size;
      if (text < knownTexts) knownAt = ends[text]!;
      ends[text] = at - first;
      changedTo = at - first;
    }
    if (at !== end) throw new RangeError(`Cannot read labels: they take ${at - start} bytes, not ${end - start}`);
    // What follows a change of another length lies elsewhere.
    if (at - first !== knownAt || knownTexts < texts) changedTo = end - first;
    this.#keep(view, first, changedFrom, changedTo);
    this.#knownSize = end - first;
    this.#knownTexts = texts;
    this.#knownHeader = header;
    this.runCount = runCount;
  }

  /** Takes over what has changed of the texts that begin at `first`. */
  #keep(view: DataView, first: number, from: number, to: number): void {
    if (from >= to) return;
    if (to > this.#known.length) {
      const grown = new Uint8Array(2 * to);
      grown.set(this.#known);
      this.#known = grown;
      this.#knownView = new DataView(grown.buffer);
    }
    copyRun(view, first + from, this.#knownView, from, to - from);
  }

  #reserve(texts: number): void {
    if (this.words.length > texts) return;
    this.words = new Uint32Array(2 * texts + 1);
    this.#ends = new Uint32Array(2 * texts);
    this.forget();
  }
}
