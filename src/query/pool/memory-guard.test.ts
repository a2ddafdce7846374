import { describe, expect, it } from 'vitest';
import { beginCollecting } from '../../std/begin-collecting.ts';
import { collectGarbage } from '../../std/collect-garbage.ts';
import { MemoryGuard, usedBytes } from './memory-guard.ts';

const MIB = 2 ** 20;
/** Of so many looks at least one measures. */
const LOOKS = 8;

/** What queries fill memory with, some 50 MiB of each. */
const KINDS: Readonly<Record<string, () => unknown[]>> = {
  objects: () => Array.from({ length: 400_000 }, (_, i) => ({ values: [i, `${i}`], next: null })),
  'small buffers': () => Array.from({ length: 25_000 }, (_, i) => new Float64Array(256).fill(i)),
  'large buffers': () => Array.from({ length: 7 }, (_, i) => new Uint8Array(8 * MIB).fill(i)),
};

/** Where things hang that a query has, so that the call stack does not hold them. */
const held: unknown[][] = [];

/** Leaves room for 20 MiB beside what is there. */
function guardHere(): MemoryGuard {
  collectGarbage();
  return new MemoryGuard((8 / 7) * (usedBytes() + 20 * MIB));
}

function looks(guard: MemoryGuard): (string | undefined)[] {
  return Array.from({ length: LOOKS }, () => guard.look()?.message.replace(/:.*/, ''));
}

describe('the guard of a thread', () => {
  for (const [name, make] of Object.entries(KINDS)) {
    for (const [when, begin] of [
      ['are dead', () => {}],
      ['died while V8 was at work on a collection', beginCollecting],
    ] as const) {
      it(`lets a query go on whose ${name} ${when}`, () => {
        const guard = guardHere();
        held.push(make());
        begin();
        held.push(make());
        held.length = 0;
        expect(looks(guard).filter((message) => message !== undefined)).toEqual([]);
      });
    }

    it(`ends a query that has too many ${name}`, () => {
      const guard = guardHere();
      held.push(make(), make());
      expect(looks(guard)).toContain('query needs too much memory');
      held.length = 0;
    });
  }

  it('knows what was used at most since it was asked', () => {
    const guard = new MemoryGuard(Number.MAX_SAFE_INTEGER);
    const before = usedBytes();
    held.push([new Uint8Array(100 * MIB)]);
    looks(guard);
    held.length = 0;
    collectGarbage();
    looks(guard);
    expect(guard.takePeakBytes()).toBeGreaterThan(before + 90 * MIB);
    looks(guard);
    expect(guard.takePeakBytes()).toBeLessThan(before + 90 * MIB);
    expect(guard.takePeakBytes()).toBe(0);
  });
});
