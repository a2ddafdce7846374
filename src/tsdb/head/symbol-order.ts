import type { SymbolTexts } from '../../memory/symbol-texts.ts';
import { sortInSteps } from './sort-in-steps.ts';

/** Texts read between two points at which the work may be interrupted: some 50 µs. */
const STEP_TEXTS = 512;

/** The texts of symbols in the order of their UTF-8 bytes, at most `limit` (0 = all). `symbols` is used up. */
export function* textsInOrder(texts: SymbolTexts, symbols: Uint32Array, limit = 0): Generator<undefined, string[]> {
  const sorted = yield* sortInSteps(symbols, (a, b) => texts.compare(a, b));
  const count = limit > 0 ? Math.min(limit, sorted.length) : sorted.length;
  const list: string[] = [];
  for (let i = 0; i < count; i++) {
    list.push(texts.text(sorted[i]!));
    if (i % STEP_TEXTS === STEP_TEXTS - 1) yield;
  }
  return list;
}
