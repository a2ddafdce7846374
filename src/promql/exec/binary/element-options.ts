import type { Spend } from '../../../kernels/blocks.ts';
import type { ArithmeticOp, ComparisonOp, TrimOp } from '../../syntax/ast.ts';
import type { StepNotes } from './step-notes.ts';

export type ElementOp = ArithmeticOp | ComparisonOp | TrimOp;

export interface ElementOptions {
  readonly op: ElementOp;
  readonly returnBool: boolean;
  /** What did not go together, by step. */
  readonly notes: StepNotes;
  /** Which operand a filtering comparison passes on. */
  readonly keep: 'left' | 'right';
  /** Told of long loops. */
  readonly spend: Spend;
}
