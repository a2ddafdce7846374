import type { Matcher } from '../../model/matcher.ts';
import { runInTurns, type Turns } from '../../std/turns.ts';
import type { Querier, SelectRequest, SeriesSet, TimeRange } from '../../storage/query.ts';
import { hasNoTypes } from '../select/has-no-types.ts';
import type { HeadDeletions } from '../tombstones/head-deletions.ts';
import type { HeadMemory } from './head-memory.ts';
import type { HeadReader } from './head-reader.ts';
import type { ChosenRows, HeadRowIndex } from './head-row-index.ts';
import { HeadSeriesSet } from './head-series-set.ts';
import { type HeadSnapshot, takeHeadSnapshotInSteps } from './head-snapshot.ts';
import type { HeadBounds } from './head-state.ts';
import { KNOWN_TEXTS_MAX, type KnownSelection, type KnownSelections } from './known-selections.ts';
import type { LabelIndex } from './label-index.ts';
import type { SnapshotMoment } from './snapshot-moments.ts';
import { byArrival, orderByLabels } from './sort-rows.ts';
import { textsInOrder } from './symbol-order.ts';
import { valuesWithRows } from './values-with-rows.ts';

export interface HeadQuerierParts {
  readonly memory: HeadMemory;
  readonly labelIndex: LabelIndex;
  readonly rowIndex: HeadRowIndex;
  readonly reader: HeadReader;
  readonly bounds: HeadBounds;
  readonly deletions: HeadDeletions;
  readonly known: KnownSelections;
  readonly range: TimeRange;
  /** In-order samples older than this (ms) are not shown: blocks have them. */
  readonly inOrderMinTime: number;
  /** How long work may hold the thread; null: as long as it takes. */
  readonly turns: Turns | null;
}

/** Texts in their order, or where they are too many their symbols, in any. */
type Found = readonly string[] | Uint32Array;
type AllFound = readonly string[] | Promise<readonly string[]>;
type FewFound = null | Promise<readonly string[] | null>;
const ALL = Number.POSITIVE_INFINITY;

/** A select whose rows are put into label order, where they are, by who reads them. */
type SnapshotRequest = Omit<SelectRequest, 'sorted'> & Partial<Pick<SelectRequest, 'sorted'>>;

/** Finding a label among those of a row takes as long as looking at so many entries of a list of rows. */
const LISTED_ROWS_PER_ROW = 16;
/** Of more values those that came first are found by going through the series instead of all their lists. */
const LISTED_VALUES_MAX = 4096;
/** Series looked at between two points at which the work may be interrupted: some 50 µs. */
const STEP_ROWS = 512;
/** Rows that are chosen ahead of their snapshots, 4 bytes each; what comes then is chosen in its turn. */
const PREPARED_ROWS_MAX = 8 * 2 ** 20;

/**
 * One reader of the head. From its creation to `close` it pins the memory it may look at; what a select gives shows the
 * head as it stood in that turn.
 */
export class HeadQuerier implements Querier {
  readonly #parts: HeadQuerierParts;
  #pin: number | null;
  /** What snapshots are taken of; null where each is of its own. */
  #moment: SnapshotMoment | null = null;
  /** Rows chosen ahead of their snapshots. */
  readonly #chosen = new Map<readonly Matcher[], ChosenRows>();

  constructor(parts: HeadQuerierParts) {
    this.#parts = parts;
    this.#pin = parts.memory.epochs.pin();
  }

  /** Answers at once unless it has much to do; throws or rejects with `RegexSyntaxError`. */
  select(request: SelectRequest): SeriesSet | Promise<SeriesSet> {
    this.#assertOpen();
    return this.#whenWhole(() => runInTurns(this.#select(request), this.#turnsOf(request)));
  }

  labelNames(matchers: readonly Matcher[], limit: number): AllFound {
    return this.#texts(null, matchers, limit, ALL) as AllFound;
  }

  labelValues(name: string, matchers: readonly Matcher[], limit: number): AllFound {
    return this.#texts(name, matchers, limit, ALL) as AllFound;
  }

  /** As `labelValues`, or without a name as `labelNames`; null where these are more than `textsMax`. */
  fewTexts(name: string | null, matchers: readonly Matcher[], limit: number, textsMax: number): AllFound | FewFound {
    // Without a look at any of them, as they are looked for again then.
    const count = name === null || matchers.length > 0 ? 0 : this.#valueCount(name);
    if (count > textsMax && !(limit > 0 && limit <= textsMax) && this.#overlaps()) return null;
    return mapped(this.#texts(name, matchers, limit, textsMax), (texts) =>
      texts instanceof Uint32Array ? null : texts,
    );
  }

  /**
   * The symbols of what `labelValues` lists, or without a name `labelNames`, in an array of its own, in any order: for a thread that reads
   * them in place while this is open. Throws or rejects with `RegexSyntaxError`.
   */
  textSymbols(name: string | null, matchers: readonly Matcher[], limit: number): Uint32Array | Promise<Uint32Array> {
    const { symbols } = this.#parts.memory;
    return mapped(this.#texts(name, matchers, limit, KNOWN_TEXTS_MAX), (texts) =>
      texts instanceof Uint32Array ? texts : Uint32Array.from(texts, (text) => symbols.find(text)),
    );
  }

  /** The series that matchers choose are at most so many, as far as one look at the label index tells. */
  seriesMax(matchers: readonly Matcher[]): number {
    const { known, memory } = this.#parts;
    const chosen = known.get(memory.series.version, matchers);
    if (chosen !== undefined) return chosen.rows.length;
    return this.#parts.rowIndex.rowsMax(matchers);
  }

  /** What is older is not shown: it is in blocks, or was not asked for. */
  get minTime(): number {
    return this.#parts.range.minTime;
  }

  /** No series of the head has a type or a unit. */
  get hasNoTypes(): boolean {
    return hasNoTypes(this.#parts.rowIndex);
  }

  /**
   * Does what may take long of the next snapshot with each of these lists of matchers, which is quick then; waits only where
   * it has much to do. Throws or rejects with `RegexSyntaxError`.
   */
  prepare(matcherSets: readonly (readonly Matcher[])[]): void | Promise<void> {
    this.#assertOpen();
    return this.#whenWhole(() => runInTurns(this.#prepare(matcherSets), this.#turnsOf({})));
  }

  /**
   * The rows of a select, in the order in which their series came where lists are shown in that one, else in any, as they stand now, which may take several turns: what another thread makes its series set of, over a `HeadView`
   * that has the head's slabs, while this querier is open. Throws `RegexSyntaxError`.
   */
  snapshot(request: SnapshotRequest): HeadSnapshot | Promise<HeadSnapshot> {
    this.#assertOpen();
    const take = () => runInTurns(this.#snapshot(request), this.#turnsOf({}));
    return this.#moment === null ? this.#whenWhole(take) : take();
  }

  /** All snapshots from now on show the head as it is now, until the returned function is called. */
  holdMoment(): () => void {
    const { moments } = this.#parts.memory;
    const moment = moments.open();
    this.#moment = moment;
    return () => {
      this.#moment = null;
      moments.close(moment);
    };
  }

  *#snapshot(request: SnapshotRequest): Generator<undefined, HeadSnapshot> {
    const { limit, matchers, newestOnly, range } = request;
    const { deletions, inOrderMinTime, known, memory, rowIndex } = this.#parts;
    const wanted = this.#within(range);
    const wish = { range: wanted, inOrderMinTime, limit, late: true, newest: newestOnly === true };
    const { version } = memory.series;
    let selection = known.get(version, matchers) ?? null;
    if (selection === null) {
      const chosen = this.#chosen.get(matchers) ?? runInTurns(rowIndex.choose(matchers), null);
      this.#chosen.delete(matchers);
      const rows = rowIndex.settle(chosen);
      selection = known.add(version, matchers, rows);
      if (selection === null) {
        const shown = isByArrival(request) ? yield* byArrival(memory.series, rows) : rows;
        return yield* takeHeadSnapshotInSteps(memory, deletions, shown, wish, 'used up', this.#moment);
      }
    }
    let { rows } = selection;
    if (isByArrival(request)) {
      selection.arrival ??= yield* byArrival(memory.series, rows);
      rows = selection.arrival;
    }
    const snapshot = yield* takeHeadSnapshotInSteps(memory, deletions, rows, wish, 'kept', this.#moment);
    if (snapshot.rows !== rows) return snapshot;
    // The rows go to another thread, which would take them away from here.
    const taken = { ...snapshot, rows: rows.slice() };
    return rows === selection.rows ? { ...taken, selection: selection.number } : taken;
  }

  close(): void {
    if (this.#pin === null) return;
    for (const chosen of this.#chosen.values()) this.#parts.rowIndex.giveUp(chosen);
    this.#chosen.clear();
    this.#parts.memory.epochs.unpin(this.#pin);
    this.#pin = null;
  }

  /** Looks at samples when no transaction is half applied; where it can not wait, its first look at them ends that. */
  #whenWhole<T>(work: () => T | Promise<T>): T | Promise<T> {
    const { memory, turns } = this.#parts;
    const applied = turns === null ? null : memory.transactions.applied(turns);
    if (applied === null) return work();
    return applied.then(() => {
      this.#assertOpen();
      return this.#whenWhole(work);
    });
  }

  /** Work ends after the pause in which the querier was closed, or its caller lost interest. */
  #turnsOf({ check }: Pick<SelectRequest, 'check'>): Turns | null {
    const { turns } = this.#parts;
    if (turns === null) return null;
    const pause = async () => {
      await turns.pause();
      this.#assertOpen();
      check?.();
    };
    return { now: turns.now, pieceMs: turns.pieceMs, pause };
  }

  *#select(request: SelectRequest): Generator<undefined, SeriesSet> {
    const { matchers, range, sorted, limit, newestOnly } = request;
    const { deletions, inOrderMinTime, memory, reader } = this.#parts;
    const found = yield* this.#knownRows(matchers);
    const selection = found instanceof Uint32Array ? null : found;
    const chosen = found instanceof Uint32Array ? found : found.rows;
    let rows = chosen;
    if (isByArrival(request)) {
      rows = selection?.arrival ?? (yield* byArrival(memory.series, chosen));
      if (selection !== null) selection.arrival = rows;
    }
    const known = rows === chosen ? selection : null;
    const isKept = selection !== null;
    const wanted = this.#within(range);
    const wish = { range: wanted, inOrderMinTime, limit: sorted ? 0 : limit, late: true, newest: newestOnly === true };
    const use = isKept ? 'kept' : 'used up';
    const snapshot = yield* takeHeadSnapshotInSteps(memory, deletions, rows, wish, use);
    const whole = isKept && snapshot.rows === rows ? known : null;
    const { hasNoTypes } = this;
    if (!sorted) return new HeadSeriesSet(reader, snapshot, wanted, hasNoTypes, null, whole);
    const order = whole?.order ?? (yield* orderByLabels(memory, snapshot.rows));
    if (whole !== null) whole.order = order;
    if (limit === 0 || limit >= order.length) {
      return new HeadSeriesSet(reader, snapshot, wanted, hasNoTypes, order, whole);
    }
    return new HeadSeriesSet(reader, snapshot, wanted, hasNoTypes, order.subarray(0, limit));
  }

  /** What matchers choose: as it is known, or in an array of its own. */
  *#knownRows(matchers: readonly Matcher[]): Generator<undefined, KnownSelection | Uint32Array> {
    const { known, memory, rowIndex } = this.#parts;
    const { version } = memory.series;
    const before = known.get(version, matchers);
    if (before !== undefined) return before;
    const rows = rowIndex.settle(yield* rowIndex.choose(matchers));
    return (memory.series.version === version ? known.add(version, matchers, rows) : null) ?? rows;
  }

  *#prepare(matcherSets: readonly (readonly Matcher[])[]): Generator<undefined, void> {
    let rows = 0;
    for (const matchers of matcherSets) {
      if (rows > PREPARED_ROWS_MAX) yield* this.#parts.rowIndex.learning(matchers);
      else rows += yield* this.#choose(matchers);
    }
  }

  /** Chooses the rows of the next snapshot with these matchers; returns how many. */
  *#choose(matchers: readonly Matcher[]): Generator<undefined, number> {
    const { known, memory } = this.#parts;
    if (this.#chosen.has(matchers) || known.get(memory.series.version, matchers) !== undefined) return 0;
    const chosen = yield* this.#parts.rowIndex.choose(matchers);
    this.#chosen.set(matchers, chosen);
    return chosen.rows.length;
  }

  #within({ minTime, maxTime }: TimeRange): TimeRange {
    const { range } = this.#parts;
    return { minTime: Math.max(minTime, range.minTime), maxTime: Math.min(maxTime, range.maxTime) };
  }

  #texts(name: string | null, matchers: readonly Matcher[], limit: number, textsMax: number): Found | Promise<Found> {
    this.#assertOpen();
    if (!this.#overlaps()) return [];
    return runInTurns(this.#textsInSteps(name, matchers, limit, textsMax), this.#turnsOf({}));
  }

  /** The texts, as they were found before where the same was asked for and the series were the same; their symbols where these are too many. */
  *#textsInSteps(
    name: string | null,
    matchers: readonly Matcher[],
    limit: number,
    textsMax: number,
  ): Generator<undefined, Found> {
    const { known, memory } = this.#parts;
    const { version } = memory.series;
    const what = name === null ? `names ${limit}` : `values ${limit} ${name}`;
    const before = known.texts(version, what, matchers);
    if (before !== undefined) return before;
    const symbols = yield* this.#symbols(name, matchers, limit);
    if (symbols.length > textsMax) return symbols;
    const texts = yield* textsInOrder(memory.symbols, symbols, limit);
    if (memory.series.version === version) known.addTexts(version, what, matchers, texts);
    return texts;
  }

  #symbols(name: string | null, matchers: readonly Matcher[], limit: number): Generator<undefined, Uint32Array> {
    return name === null ? this.#labelNames(matchers) : this.#labelValues(name, matchers, limit);
  }

  *#labelNames(matchers: readonly Matcher[]): Generator<undefined, Uint32Array> {
    const { labelIndex, rowIndex } = this.#parts;
    if (matchers.length === 0) return labelIndex.names().slice();
    const names = new Set<number>();
    yield* this.#visitLabels(rowIndex.settle(yield* rowIndex.choose(matchers)), (words, from, to) => {
      for (let at = from; at < to; at += 2) names.add(words[at]!);
      return true;
    });
    return Uint32Array.from(names);
  }

  *#labelValues(name: string, matchers: readonly Matcher[], limit: number): Generator<undefined, Uint32Array> {
    const { labelIndex, memory, rowIndex } = this.#parts;
    const id = memory.symbols.find(name);
    if (id < 0) return new Uint32Array(0);
    const count = labelIndex.valueCount(id);
    const isCut = limit > 0 && limit < count;
    if (matchers.length === 0 && !isCut) return labelIndex.values(id).slice();
    const chosen = matchers.length === 0 ? rowIndex.allRows() : rowIndex.settle(yield* rowIndex.choose(matchers));
    // Those of the series that were made first are kept, like the reference does; where other labels choose, those with the lowest refs.
    const isByRef = matchers.some((matcher) => matcher.name !== name);
    const orderOf = (row: number) => (isByRef ? memory.series.ref(row) : memory.series.makingOrder(row));
    const rows = isCut ? yield* byArrival({ ref: orderOf }, chosen) : chosen;
    const hasManyRows = count < rows.length && memory.series.liveCount < LISTED_ROWS_PER_ROW * rows.length;
    if (hasManyRows && (!isCut || count < LISTED_VALUES_MAX)) {
      const index = { labelIndex, rowLimit: rowIndex.rowLimit };
      const values = yield* valuesWithRows(index, id, rows, rows === chosen ? null : orderOf);
      return isCut ? values.slice(0, limit) : values;
    }
    const values = new Set<number>();
    yield* this.#visitLabels(rows, (words, from, to) => {
      for (let at = from; at < to; at += 2) {
        if (words[at] !== id) continue;
        values.add(words[at + 1]!);
        break;
      }
      return !isCut || values.size < limit;
    });
    return Uint32Array.from(values);
  }

  /** Shows the labels of rows, as ids of name and value in turn; ends where `visit` returns false. */
  *#visitLabels(
    rows: Uint32Array,
    visit: (words: Uint32Array, from: number, to: number) => boolean,
  ): Generator<undefined, void> {
    const { series, labelLog } = this.#parts.memory;
    for (let i = 0; i < rows.length; i++) {
      const position = series.labels(rows[i]!);
      const words = labelLog.slabOf(position);
      const offset = labelLog.offsetOf(position);
      if (!visit(words, offset + 1, offset + 1 + 2 * words[offset]!)) return;
      if (i % STEP_ROWS === STEP_ROWS - 1) yield;
    }
  }

  #valueCount(name: string): number {
    const id = this.#parts.memory.symbols.find(name);
    return id < 0 ? 0 : this.#parts.labelIndex.valueCount(id);
  }

  #overlaps(): boolean {
    const { bounds, memory, range } = this.#parts;
    const late = memory.outOfOrder.bounds;
    return touches(bounds, range) || touches(late, range);
  }

  #assertOpen(): void {
    if (this.#pin === null) throw new Error('Cannot use a querier after it was closed');
  }
}

/** Lists show the series in the order in which they came, and cut there. */
function isByArrival({ labelsOnly, sorted }: Pick<SnapshotRequest, 'labelsOnly' | 'sorted'>): boolean {
  return labelsOnly === true && sorted === false;
}

function mapped<T, U>(value: T | Promise<T>, change: (value: T) => U): U | Promise<U> {
  return value instanceof Promise ? value.then(change) : change(value);
}

function touches(a: TimeRange, b: TimeRange): boolean {
  return a.minTime <= b.maxTime && a.maxTime >= b.minTime;
}
