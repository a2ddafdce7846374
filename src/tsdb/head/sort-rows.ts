import type { HeadMemory } from './head-memory.ts';

/** Up to so many words of labels (names and values) rows are sorted word by word; longer label sets are compared. */
const COLUMNS_MAX = 128;
/** Fewer rows are compared pair by pair: ranking their symbols costs more than it saves. */
const COMPARED_ROWS_MAX = 32;

/**
 * Sorts rows in place by their labels: name before value, by UTF-8 bytes, a prefix before what it begins.
 *
 * Every distinct symbol of a column (the i-th name, the i-th value) is ranked once; the rows are then sorted by the
 * ranks, last column first, by counting. So a string is compared only while ranking, and columns in which all rows
 * agree, as most names do, cost one look.
 */
export function sortRowsByLabels(memory: Pick<HeadMemory, 'series' | 'labelLog' | 'symbols'>, rows: Uint32Array): void {
  let columns = 0;
  for (let i = 0; i < rows.length; i++) {
    const words = 2 * labelCount(memory, rows[i]!);
    if (words > columns) columns = words;
  }
  if (rows.length <= COMPARED_ROWS_MAX || columns > COLUMNS_MAX) {
    rows.sort((a, b) => compareRows(memory, a, b));
    return;
  }
  let from: Uint32Array = rows;
  let to: Uint32Array = new Uint32Array(rows.length);
  const ranks = new Uint32Array(rows.length);
  for (let column = columns - 1; column >= 0; column--) {
    const rankCount = rankColumn(memory, from, column, ranks);
    if (rankCount === 1) continue;
    sortByRank(from, ranks, rankCount, to);
    [from, to] = [to, from];
  }
  if (from !== rows) rows.set(from);
}

function compareRows(memory: Pick<HeadMemory, 'series' | 'labelLog' | 'symbols'>, a: number, b: number): number {
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

function labelCount(memory: Pick<HeadMemory, 'series' | 'labelLog'>, row: number): number {
  const position = memory.series.labels(row);
  return memory.labelLog.slabOf(position)[memory.labelLog.offsetOf(position)]!;
}

/** Writes, for each row, the rank of its symbol in a column (0 where its labels end before); returns how many ranks. */
function rankColumn(
  { series, labelLog, symbols }: Pick<HeadMemory, 'series' | 'labelLog' | 'symbols'>,
  rows: Uint32Array,
  column: number,
  ranks: Uint32Array,
): number {
  const numbers = new Map<number, number>();
  const distinct: number[] = [];
  let last = -1;
  let lastNumber = 0;
  for (let i = 0; i < rows.length; i++) {
    const position = series.labels(rows[i]!);
    const words = labelLog.slabOf(position);
    const offset = labelLog.offsetOf(position);
    // The empty symbol sorts first, and no label has it.
    const symbol = column < 2 * words[offset]! ? words[offset + 1 + column]! : 0;
    if (symbol !== last) {
      last = symbol;
      const known = numbers.get(symbol);
      if (known === undefined) {
        lastNumber = distinct.length;
        numbers.set(symbol, lastNumber);
        distinct.push(symbol);
      } else {
        lastNumber = known;
      }
    }
    ranks[i] = lastNumber;
  }
  if (distinct.length === 1) return 1;
  const order = Uint32Array.from(distinct, (_, i) => i);
  order.sort((a, b) => symbols.compare(distinct[a]!, distinct[b]!));
  const rankOf = new Uint32Array(distinct.length);
  for (let rank = 0; rank < order.length; rank++) rankOf[order[rank]!] = rank;
  for (let i = 0; i < rows.length; i++) ranks[i] = rankOf[ranks[i]!]!;
  return distinct.length;
}

/** Stable: rows of equal rank keep their order. */
function sortByRank(from: Uint32Array, ranks: Uint32Array, rankCount: number, to: Uint32Array): void {
  const starts = new Uint32Array(rankCount + 1);
  for (let i = 0; i < from.length; i++) starts[ranks[i]! + 1]!++;
  for (let rank = 1; rank <= rankCount; rank++) starts[rank]! += starts[rank - 1]!;
  for (let i = 0; i < from.length; i++) to[starts[ranks[i]!]!++] = from[i]!;
}
