/** More is to be done than the caller of a query allowed for. What was done so far is for nothing. */
export class TooMuchWork extends Error {
  override readonly name = 'TooMuchWork';
  /** The clock says so, not the work that was counted: something else may have held the thread. */
  readonly isByClock: boolean;

  constructor(message: string, isByClock = false) {
    super(message);
    this.isByClock = isByClock;
  }
}
