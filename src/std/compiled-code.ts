import { setFlagsFromString } from 'node:v8';

let isKept = false;
let loads = 0;

/**
 * What is compiled is kept for good: V8 throws code away that was not used during five collections, which heavy queries bring within a
 * second, and compiles it again for the next small request, which takes twice to three times as long. Not as a flag of the command line:
 * V8 takes code from a cache only where the flags are those that it was made with, and Node's own modules bring one that was made
 * with none.
 */
export function keepCompiledCode(): void {
  isKept = true;
  if (loads === 0) setFlagsFromString('--no-flush-bytecode');
}

/** Loads modules that are late, with the flags that their cache was made with: without it the web framework takes twice as long. */
export async function loadCompiled<T>(load: () => Promise<T>): Promise<T> {
  loads++;
  if (isKept) setFlagsFromString('--flush-bytecode');
  try {
    return await load();
  } finally {
    loads--;
    if (isKept && loads === 0) setFlagsFromString('--no-flush-bytecode');
  }
}
