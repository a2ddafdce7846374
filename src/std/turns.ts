import { setImmediate } from 'node:timers/promises';
import type { Clock } from './clock.ts';

/** How long work on the event loop goes on before it lets others in. */
export interface Turns {
  /** Milliseconds, a clock that never jumps. */
  now(): number;
  /** Lets the event loop run once. */
  pause(): Promise<void>;
  /** What one piece may take, ms; it ends at the first step after that. */
  readonly pieceMs: number;
}

/** The real event loop, by the clock. */
export function turnsOf(clock: Clock, pieceMs: number): Turns {
  return { now: () => clock.monotonic(), pause: () => setImmediate(), pieceMs };
}

/**
 * Runs a computation that yields wherever it may be interrupted. What is done within one piece is returned as it is;
 * longer ones go on in pieces, between which the event loop runs, and come as a promise. Without `turns` nothing
 * interrupts it.
 */
export function runInTurns<T>(steps: Generator<undefined, T>, turns: null): T;
export function runInTurns<T>(steps: Generator<undefined, T>, turns: Turns | null): T | Promise<T>;
export function runInTurns<T>(steps: Generator<undefined, T>, turns: Turns | null): T | Promise<T> {
  if (turns === null) {
    for (;;) {
      const step = steps.next();
      if (step.done === true) return step.value;
    }
  }
  const done = runPiece(steps, turns);
  return done === null ? runRest(steps, turns) : done.value;
}

async function runRest<T>(steps: Generator<undefined, T>, turns: Turns): Promise<T> {
  try {
    for (;;) {
      await turns.pause();
      const done = runPiece(steps, turns);
      if (done !== null) return done.value;
    }
  } finally {
    // Where a pause rejects, the computation gives up what it holds.
    steps.return(undefined as T);
  }
}

function runPiece<T>(steps: Generator<undefined, T>, turns: Turns): { value: T } | null {
  const end = turns.now() + turns.pieceMs;
  do {
    const step = steps.next();
    if (step.done === true) return { value: step.value };
  } while (turns.now() < end);
  return null;
}
