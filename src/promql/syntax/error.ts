import { NEWLINE } from '../../kernels/ascii.ts';
import type { PositionRange } from './ast.ts';

/**
 * A mistake in a query. `message` is what clients see: line and column (counted from 1, in bytes), then what is wrong.
 * Like the reference, only the first mistake is told.
 */
export class PromqlSyntaxError extends Error {
  override readonly name = 'PromqlSyntaxError';
  /** What is wrong, without the position before it. */
  readonly detail: string;
  readonly position: PositionRange;

  /** `query` is the whole text, one character a byte, as `byteText` gives it. */
  constructor(detail: string, position: PositionRange, query: string) {
    super(`${lineAndColumn(query, position.start)}: parse error: ${detail}`);
    this.detail = detail;
    this.position = position;
  }
}

/** `line:column` of a byte offset; annotations name places in a query in the same way. */
export function lineAndColumn(query: string, offset: number): string {
  if (query === '') return 'unknown position';
  if (offset < 0 || offset > query.length) return 'invalid position';
  let line = 1;
  let lastBreak = -1;
  for (let at = 0; at < offset; at++) {
    if (query.charCodeAt(at) !== NEWLINE) continue;
    line++;
    lastBreak = at;
  }
  return `${line}:${offset - lastBreak}`;
}
