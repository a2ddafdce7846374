import { describe, expect, it } from 'vitest';
import { runInTurns, type Turns } from './turns.ts';

function* counting(steps: number): Generator<undefined, number> {
  let done = 0;
  while (done < steps) {
    done++;
    yield;
  }
  return done;
}

/** A clock that moves by one millisecond with each look. */
function ticking(pieceMs: number): Turns & { pauses: number } {
  let now = 0;
  return {
    pauses: 0,
    pieceMs,
    now: () => now++,
    async pause() {
      this.pauses++;
    },
  };
}

describe('runInTurns()', () => {
  it('gives at once what is done within one piece', () => {
    const turns = ticking(100);
    expect(runInTurns(counting(5), turns)).toBe(5);
    expect(turns.pauses).toBe(0);
  });

  it('pauses after each piece of longer work', async () => {
    const turns = ticking(10);
    const result = runInTurns(counting(100), turns);
    expect(result).toBeInstanceOf(Promise);
    expect(await result).toBe(100);
    expect(turns.pauses).toBeGreaterThanOrEqual(9);
  });

  it('is not interrupted where there are no turns', () => {
    expect(runInTurns(counting(1_000_000), null)).toBe(1_000_000);
  });

  it('throws, or rejects, what the computation throws', async () => {
    const failing = function* (after: number): Generator<undefined, void> {
      yield* counting(after);
      throw new Error('broken');
    };
    expect(() => runInTurns(failing(2), ticking(100))).toThrow('broken');
    await expect(runInTurns(failing(50), ticking(10))).rejects.toThrow('broken');
  });

  it('lets the computation give up what it holds where a pause rejects', async () => {
    let isHeld = true;
    const holding = function* (): Generator<undefined, void> {
      try {
        yield* counting(100);
      } finally {
        isHeld = false;
      }
    };
    const turns = { ...ticking(10), pause: () => Promise.reject(new Error('closed')) };
    await expect(runInTurns(holding(), turns)).rejects.toThrow('closed');
    expect(isHeld).toBe(false);
  });
});
