import { runInTurns, type Turns } from '../../std/turns.ts';

/** A piece of work, and what came of it. */
interface Work {
  readonly steps: Generator<undefined, unknown>;
  /** null until it has ended. */
  outcome: { readonly value: unknown } | { readonly error: unknown } | null;
}

/**
 * At most one piece of work that has the head for itself over several turns of the event loop: a large transaction. Nobody waits for its
 * owner: whoever needs the head as it is afterwards takes the steps that are left, at once (`end`) or in turns (`settle`), and the owner finds
 * them done. So what is half done is never seen, and what can not wait never has to.
 */
export class SteppedWork {
  #current: Work | null = null;
  /** One of its steps is being taken: what is asked for within it is its own. */
  #isStepping = false;
  /** Who waits for its end: all for the same promise. */
  #waiting: { readonly ended: Promise<void>; readonly resolve: () => void } | null = null;
  /** Some of its samples are applied, and others are not. */
  isApplying = false;

  get isUnderWay(): boolean {
    return this.#current !== null;
  }

  /** Runs work, after what is under way. Its result, or what it throws, comes here, whoever took its last step. */
  *run<T>(steps: Generator<undefined, T>): Generator<undefined, T> {
    yield* this.settle();
    const work: Work = { steps, outcome: null };
    this.#current = work;
    try {
      while (work.outcome === null) {
        this.#step(work);
        if (work.outcome === null) yield;
      }
    } finally {
      // Who loses interest in the answer can not take back what is logged.
      while (work.outcome === null) this.#step(work);
    }
    const { outcome } = work;
    if ('error' in outcome!) throw outcome.error;
    return outcome!.value as T;
  }

  /** Ends what is under way now. Within one of its own steps there is nothing to end. */
  end(): void {
    if (this.#isStepping) return;
    while (this.#current !== null) this.#step(this.#current);
  }

  /** As `end`, in steps. */
  *settle(): Generator<undefined, void> {
    while (this.#current !== null && !this.#isStepping) {
      this.#step(this.#current);
      if (this.#current !== null) yield;
    }
  }

  /**
   * Resolves when what is under way has ended, before anything that comes after it; null where nothing is. Those who wait take its steps
   * in turns, as one.
   */
  ended(turns: Turns): Promise<void> | null {
    if (this.#current === null) return null;
    if (this.#waiting !== null) return this.#waiting.ended;
    let resolve: () => void = () => {};
    const ended = new Promise<void>((resolved) => {
      resolve = resolved;
    });
    this.#waiting = { ended, resolve };
    void runInTurns(this.settle(), turns);
    return ended;
  }

  /** As `ended`, where samples are half applied. */
  applied(turns: Turns): Promise<void> | null {
    return this.isApplying ? this.ended(turns) : null;
  }

  /** As `end`, where samples are half applied: before that readers may see the head as it is. */
  endApplying(): void {
    if (this.isApplying) this.end();
  }

  /** As `endApplying`, in steps. */
  *settleApplying(): Generator<undefined, void> {
    while (this.isApplying && !this.#isStepping && this.#current !== null) {
      this.#step(this.#current);
      if (this.isApplying) yield;
    }
  }

  #step(work: Work): void {
    if (this.#isStepping) throw new Error('Cannot take a step of a transaction within another one');
    this.#isStepping = true;
    try {
      const step = work.steps.next();
      if (step.done === true) work.outcome = { value: step.value };
    } catch (error) {
      work.outcome = { error };
    } finally {
      this.#isStepping = false;
      if (work.outcome !== null) {
        this.#current = null;
        this.#waiting?.resolve();
        this.#waiting = null;
      }
    }
  }
}
