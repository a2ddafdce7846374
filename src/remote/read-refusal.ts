/** A read that is not answered: a mistake of the client (400), or a query that can not be run (500). */
export class ReadRefusal extends Error {
  override readonly name = 'ReadRefusal';
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}
