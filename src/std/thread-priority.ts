import { getPriority, setPriority } from 'node:os';

/** The lowest priority there is. */
const NICE_MAX = 19;

/**
 * Lets a worker thread that calls it stand back behind the main one by so many steps of `nice`. On Linux a priority is the
 * thread's own; elsewhere it would be the process', and nothing is done. Lowering needs no privilege, whatever the process
 * started with.
 */
export function lowerThreadPriority(by: number): void {
  if (process.platform === 'linux') setPriority(Math.min(NICE_MAX, getPriority() + by));
}
