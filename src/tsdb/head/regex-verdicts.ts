import type { SymbolTable } from '../../memory/symbol-table.ts';
import type { Regex } from '../../model/regex.ts';

/** All patterns and their verdicts, a byte a symbol each; past it the pattern used longest ago is forgotten. */
const VERDICT_BYTES_MAX = 32 * 1024 * 1024;
/** Symbols tested between two points at which the work may be interrupted, 2 µs, and steps of matching, 2 ms. */
const STEP_SYMBOLS = 8;
const STEP_MATCHING = 50_000;

const UNKNOWN = 0;
const MATCHES = 1;
const DIFFERS = 2;

/**
 * What patterns say of symbols, so that a pattern meets each label value once, however often it is asked for, and meets
 * many of them before the turn in which rows are chosen.
 */
export class RegexVerdicts {
  #symbols: SymbolTable | null = null;
  #reuses = 0;
  #byPattern = new Map<string, Uint8Array>();
  #bytes = 0;

  /** What is remembered, bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Tests the symbols that have not met the pattern yet, in steps. `ids` must not change meanwhile. */
  *learn(symbols: SymbolTable, regex: Regex, ids: Uint32Array): Generator<undefined, void> {
    const verdicts = this.#of(symbols, regex);
    let count = 0;
    let steps = 0;
    for (let i = 0; i < ids.length; i++) {
      const id = ids[i]!;
      if (verdicts[id] === UNKNOWN) {
        const text = symbols.readText(id);
        verdicts[id] = regex.matches(text) ? MATCHES : DIFFERS;
        steps += regex.stepsPerUnit * text.length;
      }
      if (++count < STEP_SYMBOLS && steps < STEP_MATCHING) continue;
      count = 0;
      steps = 0;
      yield;
    }
  }

  /** A test for symbols of `symbols`, which remembers. Valid in this turn. */
  tester(symbols: SymbolTable, regex: Regex): (id: number) => boolean {
    const verdicts = this.#of(symbols, regex);
    return (id) => {
      if (verdicts[id] === UNKNOWN) verdicts[id] = regex.matches(symbols.readText(id)) ? MATCHES : DIFFERS;
      return verdicts[id] === MATCHES;
    };
  }

  /** Those of the symbols that the pattern matches, or with `negated` those that it does not. */
  chosen(symbols: SymbolTable, regex: Regex, ids: Uint32Array, negated: boolean): Uint32Array {
    const verdicts = this.#of(symbols, regex);
    const wanted = negated ? DIFFERS : MATCHES;
    const chosen = new Uint32Array(ids.length);
    let count = 0;
    for (let i = 0; i < ids.length; i++) {
      const id = ids[i]!;
      if (verdicts[id] === UNKNOWN) verdicts[id] = regex.matches(symbols.readText(id)) ? MATCHES : DIFFERS;
      if (verdicts[id] === wanted) chosen[count++] = id;
    }
    return chosen.subarray(0, count);
  }

  #of(symbols: SymbolTable, { pattern }: Regex): Uint8Array {
    if (this.#symbols !== symbols || this.#reuses !== symbols.reuses.value) {
      this.#symbols = symbols;
      this.#reuses = symbols.reuses.value;
      this.#byPattern = new Map();
      this.#bytes = 0;
    }
    let verdicts = this.#byPattern.get(pattern);
    this.#byPattern.delete(pattern);
    if (verdicts === undefined || verdicts.length < symbols.count) {
      // A quarter more, so that a few new symbols do not cost a copy with each select.
      const grown = new Uint8Array(symbols.count + (symbols.count >>> 2));
      if (verdicts !== undefined) grown.set(verdicts);
      this.#bytes += grown.length - (verdicts?.length ?? -pattern.length);
      verdicts = grown;
    }
    this.#byPattern.set(pattern, verdicts);
    this.#forgetOldest();
    return verdicts;
  }

  /** The pattern in hand is the last one and stays. */
  #forgetOldest(): void {
    for (const [pattern, { length }] of this.#byPattern) {
      if (this.#bytes <= VERDICT_BYTES_MAX || this.#byPattern.size === 1) return;
      this.#byPattern.delete(pattern);
      this.#bytes -= length + pattern.length;
    }
  }
}
