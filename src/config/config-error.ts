/**
 * A configuration that can not be used: what is wrong, and where. `message` is ready to show: it names the file and
 * carries the reference's wording after the position.
 */
export class ConfigError extends Error {
  override name = 'ConfigError';
  readonly file: string;
  /** Counted from 1; 0 where the fault has no place in the file. */
  readonly line: number;

  constructor(file: string, line: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.file = file;
    this.line = line;
  }
}
