/**
 * A read that is not answered: a mistake of the client (400), a query that can not be run (500), or one that
 * nobody waits for any more (499).
 */
export class ReadRefusal extends Error {
  override readonly name = 'ReadRefusal';
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}
