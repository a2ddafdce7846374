import type { Labels } from '../../model/labels.ts';
import type { Matcher } from '../../model/matcher.ts';
import { matcherPredicate } from '../../model/matcher-predicate.ts';
import { compileRegex, RegexSyntaxError } from '../../model/regex.ts';

/** Sets made ready in one step. */
const SETS_PER_STEP = 256;
/** Instructions of the patterns of all sets, some 100 bytes each. */
const PATTERNS_SIZE_MAX = 200_000;

/** A matcher that is ready to be asked. */
export interface Condition {
  readonly name: string;
  holds(value: string): boolean;
  readonly stepsPerUnit: number;
}

export type ConditionSet = readonly Condition[];

/**
 * Many sets of matchers, found by the labels that they may hold for: where a set wants one label to have one value, only label sets
 * with that pair are asked. Of several such matchers the one that the fewest other sets have stands for the set.
 */
export class MatcherSets {
  /** By name and value of a label. */
  readonly #byPair = new Map<string, Map<string, ConditionSet[]>>();
  /** Sets that want no label to have one value. */
  readonly #others: ConditionSet[] = [];

  private constructor() {}

  /** Makes sets ready, in steps; equal ones count once. Throws `RegexSyntaxError`. */
  static *from(matcherSets: readonly (readonly Matcher[])[]): Generator<undefined, MatcherSets> {
    const distinct = new Map<string, readonly Matcher[]>();
    const uses = new Map<string, number>();
    let done = 0;
    for (const matchers of matcherSets) {
      if (++done % SETS_PER_STEP === 0) yield;
      const key = JSON.stringify(matchers);
      if (distinct.has(key)) continue;
      distinct.set(key, matchers);
      for (const matcher of matchers) uses.set(pairKey(matcher), (uses.get(pairKey(matcher)) ?? 0) + 1);
    }
    const sets = new MatcherSets();
    let patternsSize = 0;
    for (const matchers of distinct.values()) {
      if (++done % SETS_PER_STEP === 0) yield;
      const set: Condition[] = [];
      let rarest: Matcher | null = null;
      for (const matcher of matchers) {
        const { name, type, value } = matcher;
        const isPattern = type === '=~' || type === '!~';
        const stepsPerUnit = isPattern ? compileRegex(value).stepsPerUnit : 0;
        patternsSize += stepsPerUnit;
        if (patternsSize > PATTERNS_SIZE_MAX) {
          const message = `the patterns of all selectors come to more than ${PATTERNS_SIZE_MAX} instructions`;
          throw new RegexSyntaxError(value, message, null);
        }
        set.push({ name, holds: matcherPredicate(matcher), stepsPerUnit });
        if (
          type === '=' &&
          value !== '' &&
          (rarest === null || uses.get(pairKey(matcher))! < uses.get(pairKey(rarest))!)
        ) {
          rarest = matcher;
        }
        // Compiling a pattern takes up to 50 ms.
        if (isPattern) yield;
      }
      sets.#add(set, rarest);
    }
    return sets;
  }

  /** Lists of sets of which one may hold for the labels; all others do not. */
  candidates({ pairs }: Labels): readonly (readonly ConditionSet[])[] {
    const lists: (readonly ConditionSet[])[] = [];
    for (let i = 0; i < pairs.length; i += 2) {
      const list = this.#byPair.get(pairs[i]!)?.get(pairs[i + 1]!);
      if (list !== undefined) lists.push(list);
    }
    if (this.#others.length > 0) lists.push(this.#others);
    return lists;
  }

  #add(set: ConditionSet, by: Matcher | null): void {
    if (by === null) {
      this.#others.push(set);
      return;
    }
    let values = this.#byPair.get(by.name);
    if (values === undefined) {
      values = new Map();
      this.#byPair.set(by.name, values);
    }
    const list = values.get(by.value);
    if (list === undefined) values.set(by.value, [set]);
    else list.push(set);
  }
}

function pairKey({ name, type, value }: Matcher): string {
  return `${type}${name}\0${value}`;
}
