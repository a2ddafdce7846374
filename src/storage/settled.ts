import type { Appendable } from './append.ts';

/** Does something with appenders: at once, or when the large transaction has ended that is being made in steps. */
export function whenSettled<T>(appendable: Appendable, work: () => T): T | Promise<T> {
  const settled = appendable.settled();
  return settled === null ? work() : settled.then(() => whenSettled(appendable, work));
}
