import { Labels, labelsFromPairs } from './labels.ts';

/**
 * Edits on top of a label set, as relabelling makes them.
 *
 * `entries` keeps the reference's order, which decides who wins when `labelmap` gives two labels one name: untouched
 * base labels by name first, then labels that were set, in the order of their first `set`.
 */
export class LabelBuilder {
  #base: Labels;
  readonly #set = new Map<string, string>();
  readonly #deleted = new Set<string>();

  constructor(base: Labels) {
    this.#base = base;
  }

  /** Forgets all edits and starts over from `base`. */
  reset(base: Labels): void {
    this.#base = base;
    this.#set.clear();
    this.#deleted.clear();
  }

  get(name: string): string {
    const set = this.#set.get(name);
    if (set !== undefined) return set;
    return this.#deleted.has(name) ? '' : this.#base.get(name);
  }

  /** An empty value deletes. */
  set(name: string, value: string): void {
    if (value === '') this.delete(name);
    else this.#set.set(name, value);
  }

  delete(name: string): void {
    this.#set.delete(name);
    this.#deleted.add(name);
  }

  /** A snapshot: edits made while walking it do not show. */
  entries(): [name: string, value: string][] {
    const entries: [string, string][] = [];
    const { pairs } = this.#base;
    for (let i = 0; i < pairs.length; i += 2) {
      const name = pairs[i]!;
      if (!this.#deleted.has(name) && !this.#set.has(name)) entries.push([name, pairs[i + 1]!]);
    }
    entries.push(...this.#set);
    return entries;
  }

  labels(): Labels {
    if (this.#set.size === 0 && this.#deleted.size === 0) return this.#base;
    const pairs = this.entries().flat();
    return pairs.length === 0 ? Labels.EMPTY : labelsFromPairs(pairs);
  }
}
