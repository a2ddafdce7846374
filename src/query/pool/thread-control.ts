/** No query is at work in the thread. */
export const NO_SLOT = -1;

const AT_WORK = 0;
const TURNS = 1;
const FLAGS = 2;

/**
 * The words that the main thread and one query thread share: which of the thread's queries is at work right now, written
 * by the thread, and for each of its queries whether it was canceled, written by the main thread.
 */
export class ThreadControl {
  readonly buffer: SharedArrayBuffer;
  readonly #words: Int32Array;

  /** For so many queries at once. */
  static create(slots: number): ThreadControl {
    const control = new ThreadControl(new SharedArrayBuffer(4 * (FLAGS + slots)));
    control.setAtWork(NO_SLOT);
    return control;
  }

  constructor(buffer: SharedArrayBuffer) {
    this.buffer = buffer;
    this.#words = new Int32Array(buffer);
  }

  get atWork(): number {
    return Atomics.load(this.#words, AT_WORK);
  }

  setAtWork(slot: number): void {
    Atomics.store(this.#words, AT_WORK, slot);
    Atomics.add(this.#words, TURNS, 1);
  }

  /** Changes whenever a query begins or pauses: a thread in which it stays the same is held by the one at work. */
  get turns(): number {
    return Atomics.load(this.#words, TURNS);
  }

  isCanceled(slot: number): boolean {
    return Atomics.load(this.#words, FLAGS + slot) === 1;
  }

  setCanceled(slot: number, canceled: boolean): void {
    Atomics.store(this.#words, FLAGS + slot, canceled ? 1 : 0);
  }
}
