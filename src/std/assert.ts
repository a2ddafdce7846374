/** A broken promise of our own code. It fails what is being done; it is never a user's or the environment's fault. */
export class InvariantError extends Error {
  override readonly name = 'InvariantError';
}

/** Throws an `InvariantError` when `condition` is false. For what must be true, not for checking input. */
export function assert(condition: boolean, what: string): asserts condition {
  if (!condition) throw new InvariantError(what);
}
