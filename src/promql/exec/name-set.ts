import type { Spend } from '../../kernels/blocks.ts';

/** Entering a name takes as long as so many samples. */
const NAME_WORK = 20;

/** A set of label names; a text has room for hundreds of thousands. `more`: names beside them. */
export function nameSet(names: readonly string[], spend: Spend, ...more: string[]): ReadonlySet<string> {
  const set = new Set(more);
  for (const name of names) {
    spend(NAME_WORK);
    set.add(name);
  }
  return set;
}
