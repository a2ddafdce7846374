import type { PositionRange } from '../syntax/ast.ts';

/**
 * Collects the warnings and infos of one query. Equal texts at equal positions are kept once. Rendering with position
 * (`... (1:5)`) and the limit of 10 per kind happen where the answer is written.
 */
export class Annotations {
  readonly warnings = new Map<string, PositionRange | null>();
  readonly infos = new Map<string, PositionRange | null>();

  /** `text` without the "PromQL warning: " prefix. */
  warn(text: string, position: PositionRange | null): void {
    add(this.warnings, text, position);
  }

  /** `text` without the "PromQL info: " prefix. */
  info(text: string, position: PositionRange | null): void {
    add(this.infos, text, position);
  }
}

function add(entries: Map<string, PositionRange | null>, text: string, position: PositionRange | null): void {
  const key = position === null ? text : `${text}\0${position.start}:${position.end}`;
  if (!entries.has(key)) entries.set(key, position);
}
