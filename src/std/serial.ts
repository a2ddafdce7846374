/** Runs one task after the other, in the order in which they were given. */
export type Serial = <T>(task: () => T | Promise<T>) => Promise<T>;

/** A queue of its own; a task that fails does not hold up the next one. */
export function createSerial(): Serial {
  let last: Promise<unknown> = Promise.resolve();
  return (task) => {
    const done = last.then(task);
    last = done.catch(() => {});
    return done;
  };
}
