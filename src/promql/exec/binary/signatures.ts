import { Labels, METRIC_NAME } from '../../../model/labels.ts';
import type { VectorMatching } from '../../syntax/ast.ts';

/** Joins label texts to keys; not part of any valid UTF-8 text. */
const SEPARATOR = '\ud800';

/** Numbers the match groups of both sides of a vector operation: series with equal numbers belong together. */
export class Signatures {
  readonly #matching: VectorMatching;
  readonly #names: ReadonlySet<string>;
  readonly #numbers = new Map<string, number>();

  constructor(matching: VectorMatching) {
    this.#matching = matching;
    this.#names = new Set(matching.on ? matching.matchingLabels : [METRIC_NAME, ...matching.matchingLabels]);
  }

  /** How many groups there are so far. */
  get size(): number {
    return this.#numbers.size;
  }

  /** The group of every series. */
  ofAll(labels: readonly Labels[]): Int32Array {
    const groups = new Int32Array(labels.length);
    for (let row = 0; row < labels.length; row++) groups[row] = this.#of(labels[row]!);
    return groups;
  }

  #of(labels: Labels): number {
    const { pairs } = labels;
    const { on } = this.#matching;
    let key = '';
    for (let i = 0; i < pairs.length; i += 2) {
      if (this.#names.has(pairs[i]!) === on) key += pairs[i]! + SEPARATOR + pairs[i + 1]! + SEPARATOR;
    }
    let number = this.#numbers.get(key);
    if (number === undefined) {
      number = this.#numbers.size;
      this.#numbers.set(key, number);
    }
    return number;
  }
}

/** The labels by which a series is matched. */
export function matchLabels(labels: Labels, matching: VectorMatching): Labels {
  const names = new Set(matching.on ? matching.matchingLabels : [METRIC_NAME, ...matching.matchingLabels]);
  return keepLabels(labels, (name) => names.has(name) === matching.on);
}

/** Those labels whose names pass. */
export function keepLabels(labels: Labels, passes: (name: string) => boolean): Labels {
  const { pairs } = labels;
  const kept: string[] = [];
  for (let i = 0; i < pairs.length; i += 2) if (passes(pairs[i]!)) kept.push(pairs[i]!, pairs[i + 1]!);
  return kept.length === pairs.length ? labels : new Labels(kept);
}
