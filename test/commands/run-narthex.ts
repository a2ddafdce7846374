import { type Ended, NarthexProcess } from '../server/narthex-process.ts';

/** Runs a command to its end, in a directory. */
export function narthex(directory: string, ...args: readonly string[]): Promise<Ended> {
  return new NarthexProcess(directory, args).ended;
}
