import type { SymbolTexts } from '../../memory/symbol-texts.ts';
import { sortInSteps } from '../head/sort-in-steps.ts';

/** A key is five bytes of a text and the place of its symbol, which is below this. */
const PLACES_MAX = 1 << 24;
/** Fewer are compared text by text. */
const KEYS_MIN = 512;
/** Symbols between two points at which the work may be interrupted. */
const STEP_SYMBOLS = 4096;

/**
 * Distinct symbols in the order of their bytes, in an array of its own or `symbols` itself, in steps. What all texts begin with is passed over and the next five
 * bytes are sorted as numbers, which takes a tenth of comparing all; texts that agree in them are compared. Sorting the numbers is one step: a
 * million take a tenth of a second, so this is for threads that may take so long.
 */
export function* sortByBytes(texts: SymbolTexts, symbols: Uint32Array): Generator<undefined, Uint32Array> {
  const compare = (a: number, b: number) => texts.compare(a, b);
  const { length } = symbols;
  if (length < KEYS_MIN || length > PLACES_MAX) return yield* sortInSteps(symbols, compare);
  const first = texts.bytesOf(symbols[0]!);
  let shared = first.length;
  for (let i = 1; i < length; i++) {
    const bytes = texts.bytesOf(symbols[i]!);
    let at = 0;
    while (at < shared && at < bytes.length && bytes[at] === first[at]) at++;
    shared = at;
    if (i % STEP_SYMBOLS === 0) yield;
  }
  const keys = new BigUint64Array(length);
  const view = new DataView(keys.buffer);
  for (let i = 0; i < length; i++) {
    const bytes = texts.bytesOf(symbols[i]!);
    const byte = (at: number) => bytes[shared + at] ?? 0;
    const high = ((byte(0) << 24) | (byte(1) << 16) | (byte(2) << 8) | byte(3)) >>> 0;
    view.setUint32(8 * i + HIGH, high, IS_LITTLE);
    view.setUint32(8 * i + LOW, ((byte(4) << 24) | i) >>> 0, IS_LITTLE);
    if (i % STEP_SYMBOLS === 0) yield;
  }
  keys.sort();
  const sorted = new Uint32Array(length);
  let from = 0;
  for (let i = 0; i < length; i++) {
    const low = view.getUint32(8 * i + LOW, IS_LITTLE);
    sorted[i] = symbols[low & (PLACES_MAX - 1)]!;
    const isLast = i === length - 1 || !agree(view, i, i + 1);
    if (isLast && i > from) sorted.set(yield* sortInSteps(sorted.slice(from, i + 1), compare), from);
    if (isLast) from = i + 1;
    if (i % STEP_SYMBOLS === 0) yield;
  }
  return sorted;
}

/** True where two keys have the same five bytes of text. */
function agree(keys: DataView, i: number, j: number): boolean {
  return (
    keys.getUint32(8 * i + HIGH, IS_LITTLE) === keys.getUint32(8 * j + HIGH, IS_LITTLE) &&
    keys.getUint32(8 * i + LOW, IS_LITTLE) >>> 24 === keys.getUint32(8 * j + LOW, IS_LITTLE) >>> 24
  );
}

const IS_LITTLE = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;
/** Where the halves of a key lie. */
const HIGH = IS_LITTLE ? 4 : 0;
const LOW = IS_LITTLE ? 0 : 4;
