import type { Labels } from '../model/labels.ts';
import { clearColumn, exchangeColumns, joinColumn, mergeIntoColumn } from './merge-columns.ts';
import { createSampleColumn, type EncodedChunk, type MergeChunks, type SampleColumn, type SeriesSet } from './query.ts';
import { SetHeap } from './set-heap.ts';

/**
 * One series set out of several: series with equal labels become one. Where two of them have a sample at the same time,
 * that of the earlier set in the list stays. `sorted` says that every set is in label order, and then the result is too;
 * otherwise series come in the order in which they are first met. At most `limit` series (0 = all). They can be read as chunks
 * where all sets can and `mergeChunks` is given.
 */
export function mergeSeriesSets(
  sets: readonly SeriesSet[],
  sorted: boolean,
  limit: number,
  mergeChunks: MergeChunks | null = null,
): SeriesSet {
  const filled = sets.filter((set) => set.length > 0);
  const warnings = sets.flatMap((set) => set.warnings);
  const only = filled[0];
  const withChunks = filled.every((set) => set.readChunks !== undefined) ? mergeChunks : null;
  if (filled.length <= 1 && only !== undefined && (limit === 0 || only.length <= limit)) {
    return warnings.length === only.warnings.length
      ? only
      : new MergedSeriesSet([only], wholeSet(only.length), warnings, withChunks);
  }
  const lists = limit === 0 || (sorted && isShort(filled)) ? lastingLists(filled) : null;
  if (lists === null) {
    const members = sorted ? membersInOrder(filled, limit) : membersAsMet(filled, limit);
    return new MergedSeriesSet(filled, members, warnings, withChunks);
  }
  const known = knownMerge(lists, sorted, () => (sorted ? membersInOrder(filled, 0) : membersAsMet(filled, 0)));
  if (limit > 0 && limit < known.labels.length) {
    const { rows, sets, starts } = known.members;
    const cut = { starts: starts.slice(0, limit + 1), sets, rows };
    return new MergedSeriesSet(filled, cut, warnings, withChunks);
  }
  return new MergedSeriesSet(filled, known.members, warnings, withChunks, known.labels);
}

/** Of longer sets, of which only the first series are wanted, not all label sets are read. */
const CUT_SERIES_MAX = 4096;

function isShort(sets: readonly SeriesSet[]): boolean {
  return sets.reduce((sum, { length }) => sum + length, 0) <= CUT_SERIES_MAX;
}

type LabelList = readonly Labels[];

/** How lists of label sets become one, which follows from them alone. */
interface KnownMerge {
  readonly lists: readonly LabelList[];
  readonly sorted: boolean;
  readonly members: Members;
  readonly labels: LabelList;
}

/** By their first list, the last ones of it: the ranges that dashboards show differ in how many blocks they touch. */
const knownMerges = new WeakMap<LabelList, KnownMerge[]>();
const MERGES_OF_LIST_MAX = 4;

/** The label sets of all sets as lists that last, or null where one has none. */
function lastingLists(sets: readonly SeriesSet[]): LabelList[] | null {
  const lists: LabelList[] = [];
  for (const set of sets) {
    const list = set.lastingLabels ?? null;
    if (list === null) return null;
    lists.push(list);
  }
  return lists.length === 0 ? null : lists;
}

function knownMerge(lists: readonly LabelList[], sorted: boolean, merge: () => Members): KnownMerge {
  const known = knownMerges.get(lists[0]!) ?? [];
  const place = known.findIndex(
    (each) =>
      each.sorted === sorted && each.lists.length === lists.length && each.lists.every((one, i) => one === lists[i]),
  );
  if (place >= 0) return known[place]!;
  const members = merge();
  const labels: Labels[] = [];
  for (let row = 0; row + 1 < members.starts.length; row++) {
    const first = members.starts[row]!;
    labels.push(lists[members.sets[first]!]![members.rows[first]!]!);
  }
  const merged = { lists, sorted, members, labels };
  if (known.length === MERGES_OF_LIST_MAX) known.shift();
  known.push(merged);
  knownMerges.set(lists[0]!, known);
  return merged;
}

/** The rows that make up each merged series: `sets[j]` and `rows[j]` for `j` in `starts[i] .. starts[i + 1] - 1`. */
interface Members {
  readonly starts: readonly number[];
  readonly sets: readonly number[];
  readonly rows: readonly number[];
}

class MergedSeriesSet implements SeriesSet {
  readonly warnings: readonly string[];
  readonly lastingLabels: LabelList | null;
  readonly readChunks?: (row: number, into: EncodedChunk[]) => void;
  readonly #sets: readonly SeriesSet[];
  readonly #members: Members;
  #other: SampleColumn | null = null;
  #spare: SampleColumn | null = null;

  constructor(
    sets: readonly SeriesSet[],
    members: Members,
    warnings: readonly string[],
    mergeChunks: MergeChunks | null,
    lastingLabels: LabelList | null = null,
  ) {
    if (mergeChunks !== null) this.readChunks = (row, into) => this.#readChunks(row, into, mergeChunks);
    this.lastingLabels = lastingLabels;
    this.#sets = sets;
    this.#members = members;
    this.warnings = warnings;
  }

  get length(): number {
    return this.#members.starts.length - 1;
  }

  get hasNoTypes(): boolean {
    return this.#sets.every((set) => set.hasNoTypes === true);
  }

  labels(row: number): Labels {
    const { sets, rows, starts } = this.#members;
    const first = starts[row]!;
    return this.#sets[sets[first]!]!.labels(rows[first]!);
  }

  ahead(row: number): Promise<void> | null {
    const { sets, rows, starts } = this.#members;
    const waits: Promise<void>[] = [];
    for (let at = starts[row]!; at < starts[row + 1]!; at++) {
      const wait = this.#sets[sets[at]!]!.ahead?.(rows[at]!) ?? null;
      if (wait !== null) waits.push(wait);
    }
    return waits.length === 0 ? null : Promise.all(waits).then(() => {});
  }

  read(row: number, into: SampleColumn): void {
    const { sets, rows, starts } = this.#members;
    const end = starts[row + 1]!;
    let at = starts[row]!;
    clearColumn(into);
    if (at + 1 < end && this.#readInTurn(row, into)) {
      forgetFirstReset(into);
      return;
    }
    clearColumn(into);
    this.#sets[sets[at]!]!.read(rows[at]!, into);
    if (at + 1 === end) return;
    this.#other ??= createSampleColumn(0);
    this.#spare ??= createSampleColumn(0);
    this.#other.costs = into.costs ?? null;
    this.#spare.costs = into.costs ?? null;
    for (at++; at < end; at++) {
      clearColumn(this.#other);
      this.#sets[sets[at]!]!.read(rows[at]!, this.#other);
      // Blocks come before the head in time and after it in the list: joining in time order costs no second pass.
      if (this.#other.length > 0 && into.length > 0 && this.#other.times[this.#other.length - 1]! < into.times[0]!) {
        mergeIntoColumn(this.#other, into, this.#spare);
        exchangeColumns(into, this.#other);
      } else {
        mergeIntoColumn(into, this.#other, this.#spare);
      }
    }
    forgetFirstReset(into);
  }

  #readChunks(row: number, into: EncodedChunk[], mergeChunks: MergeChunks): void {
    const { sets, rows, starts } = this.#members;
    const first = starts[row]!;
    const end = starts[row + 1]!;
    if (first + 1 === end) {
      this.#sets[sets[first]!]!.readChunks!(rows[first]!, into);
      return;
    }
    const found: EncodedChunk[] = [];
    for (let at = first; at < end; at++) this.#sets[sets[at]!]!.readChunks!(rows[at]!, found);
    for (const chunk of mergeChunks(found)) into.push(chunk);
  }

  /**
   * Decodes one set's samples behind those of the other, which is possible where each set begins after the one before it
   * ends: blocks, oldest first, and then the head, which is the first of the list.
   */
  #readInTurn(row: number, into: SampleColumn): boolean {
    const { sets, rows, starts } = this.#members;
    const first = starts[row]!;
    const end = starts[row + 1]!;
    for (let turn = first + 1; turn <= end; turn++) {
      const at = turn === end ? first : turn;
      const set = this.#sets[sets[at]!]!;
      const length = into.length;
      if (set.append === undefined || !set.append(rows[at]!, into) || !joinColumn(into, length)) return false;
    }
    return true;
  }
}

/** Of a series that lies in several places nobody knows what was before its first sample, as the reference has it. */
function forgetFirstReset({ histograms, length }: SampleColumn): void {
  const first = length > 0 ? histograms?.[0] : undefined;
  if (first === undefined || first.counterResetHint === 'gauge' || first.counterResetHint === 'unknown') return;
  histograms![0] = { ...first, counterResetHint: 'unknown' };
}

function wholeSet(length: number): Members {
  const rows = Array.from({ length }, (_, i) => i);
  return { starts: [...rows, length], sets: rows.map(() => 0), rows };
}

/** Sets in label order, merged to label order. */
function membersInOrder(sets: readonly SeriesSet[], limit: number): Members {
  const starts: number[] = [];
  const memberSets: number[] = [];
  const rows: number[] = [];
  const heap = new SetHeap(sets);
  let last: Labels | null = null;
  for (let labels = heap.take(); labels !== null; labels = heap.take()) {
    if (last === null || !labels.equals(last)) {
      if (limit > 0 && starts.length === limit) break;
      starts.push(rows.length);
      last = labels;
    }
    memberSets.push(heap.set);
    rows.push(heap.row);
  }
  starts.push(rows.length);
  return { starts, sets: memberSets, rows };
}

function membersAsMet(sets: readonly SeriesSet[], limit: number): Members {
  const places = new Map<string, number>();
  const found: { set: number; row: number }[][] = [];
  for (const [set, series] of sets.entries()) {
    for (let row = 0; row < series.length; row++) {
      const { key } = series.labels(row);
      const place = places.get(key);
      if (place !== undefined) found[place]!.push({ set, row });
      else if (limit === 0 || found.length < limit) {
        places.set(key, found.length);
        found.push([{ set, row }]);
      }
    }
  }
  const starts = [0];
  for (const members of found) starts.push(starts.at(-1)! + members.length);
  const flat = found.flat();
  return { starts, sets: flat.map(({ set }) => set), rows: flat.map(({ row }) => row) };
}
