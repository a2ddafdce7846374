import { EvaluationError } from '../../promql/functions/contracts.ts';
import { PlanError } from '../../promql/plan/resolve-duration.ts';
import { PromqlSyntaxError } from '../../promql/syntax/error.ts';

/** Prints what `render` gives, or what is wrong with the query. */
export function reported(render: () => string): number {
  try {
    process.stdout.write(render());
    return 0;
  } catch (error) {
    if (error instanceof RangeError) {
      // Pretty forms indent by depth: that of a chain of thousands of operators is longer than any text.
      process.stderr.write(`the query is too large to be printed: ${error.message}\n`);
      return 1;
    }
    const isMistake =
      error instanceof PromqlSyntaxError || error instanceof PlanError || error instanceof EvaluationError;
    if (!isMistake) throw error;
    process.stderr.write(`${error.message.toWellFormed()}\n`);
    return 1;
  }
}
