/**
 * Lists that operators of a query are at work on. V8 marks step by step, beside the query, what its heap leads to, but what the call
 * stack alone leads to only in the pause that ends a collection (docs/decisions/0046): for a list of a million label sets that is a tenth
 * of a second. Whoever makes or reads such a list holds it here meanwhile, and no longer, as its memory may be needed. What ends the
 * query ends all.
 */
export class HeldLists {
  readonly #lists: (object | null)[] = [];

  /** Holds a list until `letGo` is called with what this returns. */
  hold(list: object): number {
    return this.#lists.push(list) - 1;
  }

  has(place: number): boolean {
    return this.#lists[place] !== undefined && this.#lists[place] !== null;
  }

  letGo(place: number): void {
    const lists = this.#lists;
    lists[place] = null;
    while (lists.length > 0 && lists[lists.length - 1] === null) lists.pop();
  }
}
