const COUNTER_SUFFIX = /_(?:total|sum|count|bucket)$/;

/** The name that was looked at last: most often it is that of the next series, too. */
let lastName = '';
let lastVerdict = false;

/** True for names with an ending that counters have. */
export function looksLikeCounter(name: string): boolean {
  if (name !== lastName) lastVerdict = COUNTER_SUFFIX.test(name);
  // Even where it is equal: the very same string is told by its address.
  lastName = name;
  return lastVerdict;
}
