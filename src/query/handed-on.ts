/** What is too much work is handed on so often again before it is looked at anew; so much is remembered. */
const AGAIN = 15;
/**
 * What was not in memory, or not done in time, may be in a moment: a page is being read, or something else held the machine.
 * So often the first time, and twice as often each time that it is found so again.
 */
const AGAIN_FIRST = 2;
const REMEMBERED_MAX = 256;

interface Entry {
  /** How often it still is without a look. */
  left: number;
  /** What that was in the beginning. */
  readonly times: number;
}

/** Work that the main thread found to be too much for itself, by a key, so that it does not begin with it again each time. */
export class HandedOn {
  readonly #entries = new Map<string, Entry>();

  /** True where the work is to be handed on without a look; counts that. */
  again(key: string): boolean {
    const entry = this.#entries.get(key);
    if (entry === undefined || entry.left === 0) return false;
    entry.left--;
    return true;
  }

  /** The work was found too much: by what was counted, which will be the same soon, or for now. */
  note(key: string, isCounted: boolean): void {
    const before = this.#entries.get(key)?.times ?? AGAIN_FIRST / 2;
    const times = isCounted ? AGAIN : Math.min(2 * before, AGAIN);
    if (this.#entries.size >= REMEMBERED_MAX) this.#entries.clear();
    this.#entries.set(key, { left: times, times });
  }

  /** The work was done. */
  forget(key: string): void {
    if (this.#entries.size > 0) this.#entries.delete(key);
  }
}
