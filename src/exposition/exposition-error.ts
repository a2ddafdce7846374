/** A body that breaks its format. The message is the reference's, which users see as a target's last error. */
export class ExpositionError extends SyntaxError {
  readonly code = 'EXPOSITION_SYNTAX';
  /** Offset in bytes of the entry that is wrong. */
  readonly offset: number;
  /** The entry's line, counted from 1. */
  readonly line: number;

  constructor(message: string, bytes: Uint8Array, offset: number) {
    super(message);
    this.name = 'ExpositionError';
    this.offset = offset;
    let line = 1;
    for (let i = 0; i < offset; i++) if (bytes[i] === 0x0a) line++;
    this.line = line;
  }
}
