import { createRandom, type Random as Numbers } from '../../src/std/random.ts';

/** Random choices that a seed decides. */
export interface Random extends Numbers {
  pick<T>(list: readonly T[]): T;
  /** True with the given probability. */
  chance(probability: number): boolean;
}

/** The same choices for the same seed everywhere. */
export function randomFrom(seed: number): Random {
  const { next, below } = createRandom(seed);
  return { next, below, pick: (list) => list[below(list.length)]!, chance: (probability) => next() < probability };
}
