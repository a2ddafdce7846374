import { goQuote } from '../model/labels.ts';
import { compileRegex } from '../model/regex.ts';
import { StartFailure } from './start-failure.ts';

/** Which origins `--web.cors.origin` allows; the pattern has to match an origin whole. Throws StartFailure. */
export function originTest(pattern: string): (origin: string) => boolean {
  if (pattern === '.*') return () => true;
  try {
    const regex = compileRegex(pattern);
    return (origin) => regex.matches(origin);
  } catch (error) {
    const cause = error instanceof Error ? error.message : String(error);
    throw new StartFailure(`could not compile CORS regex string ${goQuote(pattern)}: ${cause}`, 2, { cause: error });
  }
}
