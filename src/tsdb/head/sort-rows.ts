import type { ReadableHead } from './head-view.ts';
import type { SeriesTable } from './series-table.ts';
import { sortInSteps } from './sort-in-steps.ts';

/** What sorting needs of the head's memory. */
type LabelMemory = Pick<ReadableHead, 'series' | 'labelLog' | 'symbols'>;

/** Up to so many words of labels (names and values) rows are sorted word by word; longer label sets are compared. */
const COLUMNS_MAX = 128;
/** Fewer rows are compared pair by pair: ranking their symbols costs more than it saves. */
const COMPARED_ROWS_MAX = 32;

/** Rows looked at between two points at which the work may be interrupted: some 100 µs. */
const STEP_ROWS = 1024;
/** Ranks or symbols counted between two such points, one after the other. */
const STEP_COUNTS = 16_384;

/**
 * The order of rows by their labels, as indexes into `rows`: name before value, by UTF-8 bytes, a prefix before what it
 * begins. In steps, between which the head may change as long as the rows stay pinned and the symbols are not rebuilt.
 *
 * The distinct symbols of all rows are sorted once, which is the only place where strings are compared. Then the rows
 * are sorted by the ranks of their words, last column (the i-th name or the i-th value) first, by counting. Columns in
 * which all rows agree, as most names do, cost nothing.
 */
export function* orderByLabels(memory: LabelMemory, rows: Uint32Array): Generator<undefined, Uint32Array> {
  let order: Uint32Array = new Uint32Array(rows.length);
  for (let i = 0; i < order.length; i++) order[i] = i;
  if (rows.length < 2) return order;
  const columns = rows.length > COMPARED_ROWS_MAX ? yield* varyingColumns(memory, rows) : null;
  if (columns === null) {
    return yield* sortInSteps(order, (a, b) => compareRows(memory, rows[a]!, rows[b]!));
  }
  const { rankOf, rankCount } = yield* rankSymbols(memory, rows);
  const ranks = new Uint32Array(rows.length);
  const starts = new Uint32Array(rankCount + 2);
  let target: Uint32Array = new Uint32Array(rows.length);
  for (const column of columns.reverse()) {
    for (let from = 0; from < rows.length; from += STEP_ROWS) {
      gatherRanks(memory, rows, from, Math.min(from + STEP_ROWS, rows.length), column, rankOf, ranks);
      yield;
    }
    yield* countRanks(ranks, starts);
    for (let from = 0; from < rows.length; from += STEP_ROWS) {
      moveByRank(order, from, Math.min(from + STEP_ROWS, rows.length), ranks, starts, target);
      yield;
    }
    [order, target] = [target, order];
  }
  return order;
}

/**
 * The rows in the order in which their series came: themselves where that is theirs, as long as no row was used again, else in an
 * array of their own.
 */
export function* byArrival(series: Pick<SeriesTable, 'ref'>, rows: Uint32Array): Generator<undefined, Uint32Array> {
  let last = 0;
  let i = 0;
  for (; i < rows.length; i++) {
    const ref = series.ref(rows[i]!);
    if (ref < last) break;
    last = ref;
    if (i % STEP_COUNTS === STEP_COUNTS - 1) yield;
  }
  return i === rows.length ? rows : yield* sortInSteps(rows.slice(), (a, b) => series.ref(a) - series.ref(b));
}

function compareRows(memory: LabelMemory, a: number, b: number): number {
  const { series, labelLog, symbols } = memory;
  const aPosition = series.labels(a);
  const bPosition = series.labels(b);
  const aWords = labelLog.slabOf(aPosition);
  const bWords = labelLog.slabOf(bPosition);
  const aOffset = labelLog.offsetOf(aPosition);
  const bOffset = labelLog.offsetOf(bPosition);
  const aCount = aWords[aOffset]!;
  const bCount = bWords[bOffset]!;
  const shared = 2 * Math.min(aCount, bCount);
  for (let i = 1; i <= shared; i++) {
    const x = aWords[aOffset + i]!;
    const y = bWords[bOffset + i]!;
    if (x !== y) return symbols.compare(x, y);
  }
  return aCount - bCount;
}

/** The columns in which not all rows have the same symbol, rising; null where there are too many columns. */
function* varyingColumns({ series, labelLog }: LabelMemory, rows: Uint32Array): Generator<undefined, number[] | null> {
  const firstPosition = series.labels(rows[0]!);
  const first = labelLog.slabOf(firstPosition);
  const firstOffset = labelLog.offsetOf(firstPosition) + 1;
  const firstLength = 2 * first[firstOffset - 1]!;
  const varies = new Uint8Array(COLUMNS_MAX);
  if (firstLength > COLUMNS_MAX) return null;
  for (let i = 1; i < rows.length; i++) {
    const position = series.labels(rows[i]!);
    const words = labelLog.slabOf(position);
    const offset = labelLog.offsetOf(position) + 1;
    const length = 2 * words[offset - 1]!;
    if (length > COLUMNS_MAX) return null;
    if (i % STEP_ROWS === 0) yield;
    const longer = Math.max(length, firstLength);
    const shared = Math.min(length, firstLength);
    for (let column = 0; column < shared; column++) {
      if (words[offset + column] !== first[firstOffset + column]) varies[column] = 1;
    }
    for (let column = shared; column < longer; column++) varies[column] = 1;
  }
  const columns: number[] = [];
  for (let column = 0; column < COLUMNS_MAX; column++) if (varies[column] === 1) columns.push(column);
  return columns;
}

/** The place of each symbol among those of all rows, from 1; by id. */
function* rankSymbols(
  { series, labelLog, symbols }: LabelMemory,
  rows: Uint32Array,
): Generator<undefined, { rankOf: Uint32Array; rankCount: number }> {
  const rankOf = new Uint32Array(symbols.limit);
  let count = 0;
  for (let i = 0; i < rows.length; i++) {
    const position = series.labels(rows[i]!);
    const words = labelLog.slabOf(position);
    const offset = labelLog.offsetOf(position) + 1;
    const end = offset + 2 * words[offset - 1]!;
    if (i % STEP_ROWS === 0) yield;
    for (let at = offset; at < end; at++) {
      const symbol = words[at]!;
      if (rankOf[symbol] !== 0) continue;
      rankOf[symbol] = 1;
      count++;
    }
  }
  const distinct = new Uint32Array(count);
  for (let symbol = 0, at = 0; at < count; symbol++) {
    if (rankOf[symbol] !== 0) distinct[at++] = symbol;
    if (symbol % STEP_COUNTS === STEP_COUNTS - 1) yield;
  }
  const order = yield* sortInSteps(distinct, (a, b) => symbols.compare(a, b));
  for (let i = 0; i < order.length; i++) {
    if (i % STEP_ROWS === 0) yield;
    rankOf[order[i]!] = i + 1;
  }
  return { rankOf, rankCount: order.length };
}

/** The rank of each row's symbol in a column; 0 where its labels end before. */
function gatherRanks(
  { series, labelLog }: LabelMemory,
  rows: Uint32Array,
  from: number,
  to: number,
  column: number,
  rankOf: Uint32Array,
  ranks: Uint32Array,
): void {
  for (let i = from; i < to; i++) {
    const position = series.labels(rows[i]!);
    const words = labelLog.slabOf(position);
    const offset = labelLog.offsetOf(position);
    ranks[i] = column < 2 * words[offset]! ? rankOf[words[offset + 1 + column]!]! : 0;
  }
}

/** Where each rank's rows begin in the sorted order. `starts` has two words more than there are ranks. */
function* countRanks(ranks: Uint32Array, starts: Uint32Array): Generator<undefined, void> {
  starts.fill(0);
  for (let from = 0; from < ranks.length; from += STEP_COUNTS) {
    const to = Math.min(ranks.length, from + STEP_COUNTS);
    for (let i = from; i < to; i++) starts[ranks[i]! + 1]!++;
    yield;
  }
  for (let from = 1; from < starts.length; from += STEP_COUNTS) {
    const to = Math.min(starts.length, from + STEP_COUNTS);
    for (let rank = from; rank < to; rank++) starts[rank]! += starts[rank - 1]!;
    yield;
  }
}

/** Moves indexes to the places of their ranks; those of equal rank keep their order. */
function moveByRank(
  order: Uint32Array,
  from: number,
  to: number,
  ranks: Uint32Array,
  starts: Uint32Array,
  target: Uint32Array,
): void {
  for (let i = from; i < to; i++) {
    const index = order[i]!;
    target[starts[ranks[index]!]!++] = index;
  }
}
