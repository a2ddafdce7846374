import type { Annotations } from '../../steps/annotations.ts';
import type { PositionRange } from '../../syntax/ast.ts';

interface Note {
  readonly kind: 'warning' | 'info';
  readonly text: string;
}

/**
 * What an operator finds wrong, by step. Of all that happens on one step only the last is told, as the reference does;
 * series must therefore be worked on in order.
 */
export class StepNotes {
  readonly #notes = new Map<number, Note>();

  warn(step: number, text: string): void {
    this.#notes.set(step, { kind: 'warning', text });
  }

  info(step: number, text: string): void {
    this.#notes.set(step, { kind: 'info', text });
  }

  incompatible(step: number, left: string, op: string, right: string): void {
    this.info(step, `incompatible sample types encountered for binary operator "${op}": ${left} ${op} ${right}`);
  }

  /** To be called when all series have been worked on. */
  tell(annotations: Annotations, position: PositionRange): void {
    for (const { kind, text } of this.#notes.values()) {
      if (kind === 'warning') annotations.warn(text, position);
      else annotations.info(text, position);
    }
    this.#notes.clear();
  }
}
