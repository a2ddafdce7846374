/** More is to be done than the caller of a query allowed for. What was done so far is for nothing. */
export class TooMuchWork extends Error {
  override readonly name = 'TooMuchWork';
}
