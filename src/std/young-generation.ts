import { setFlagsFromString } from 'node:v8';

/** V8 takes three halves of its young generation: two that take turns, and one of large objects. */
const HALVES = 3;

/** As `bin/narthex` has it for the main thread. */
const USUAL_MEBIBYTES = 4;

/**
 * The limit of a thread's young generation as a worker's `resourceLimits` have it, for a half of so many mebibytes. The process is started
 * with a flag for the main thread's, which would go for all threads; it is undone for those to come.
 */
export function youngGeneration(halfMebibytes = USUAL_MEBIBYTES): { maxYoungGenerationSizeMb: number } {
  setFlagsFromString('--max-semi-space-size=0');
  return { maxYoungGenerationSizeMb: HALVES * halfMebibytes };
}
