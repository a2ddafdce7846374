import type { SymbolTable } from '../../memory/symbol-table.ts';
import type { LabelPairs } from './label-pairs.ts';

/** Values of one name are sorted as `place * 2^26 + index`, which a double holds. */
const INDEX_BITS = 26;
const INDEX_MAX = 2 ** INDEX_BITS;
const PLACE_MAX = 2 ** (53 - INDEX_BITS);

export interface OrderedSymbols {
  /** Symbols in byte order. The empty one is the first: no label has it, but other servers' blocks do, and sizes are equal so. */
  readonly order: Uint32Array;
  /** By symbol: its place in that order. */
  readonly places: Uint32Array;
}

export function orderSymbols(symbols: SymbolTable): OrderedSymbols {
  const order = new Uint32Array(symbols.count);
  for (let i = 0; i < order.length; i++) order[i] = i;
  order.sort((a, b) => symbols.compare(a, b));
  const places = new Uint32Array(symbols.count);
  for (let i = 0; i < order.length; i++) places[order[i]!] = i;
  return { order, places };
}

/** The pairs in the order of their names, and of their values where those are equal. */
export function orderPairs(pairs: LabelPairs, places: Uint32Array): Uint32Array {
  const { length, names, values } = pairs;
  if (length >= INDEX_MAX || places.length >= PLACE_MAX) {
    throw new RangeError(`Cannot write an index: ${length} label pairs of ${places.length} symbols`);
  }
  const counts = new Map<number, number>();
  for (let pair = 0; pair < length; pair++) counts.set(names[pair]!, (counts.get(names[pair]!) ?? 0) + 1);
  const starts = new Map<number, number>();
  let total = 0;
  for (const name of [...counts.keys()].sort((a, b) => places[a]! - places[b]!)) {
    starts.set(name, total);
    total += counts.get(name)!;
  }
  const keys = new Float64Array(length);
  const ends = new Map(starts);
  for (let pair = 0; pair < length; pair++) {
    const at = ends.get(names[pair]!)!;
    keys[at] = places[values[pair]!]! * INDEX_MAX + pair;
    ends.set(names[pair]!, at + 1);
  }
  for (const [name, start] of starts) keys.subarray(start, ends.get(name)).sort();
  const order = new Uint32Array(length);
  for (let i = 0; i < length; i++) order[i] = keys[i]! % INDEX_MAX;
  return order;
}

/** Orders two label sets, given as name, value, name, value, ..., as `compareLabels` does. */
export function compareSymbols(symbols: SymbolTable, a: Uint32Array, b: Uint32Array): number {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) if (a[i] !== b[i]) return symbols.compare(a[i]!, b[i]!);
  return a.length - b.length;
}
