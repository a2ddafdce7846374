import { maximum, minimum } from '../../kernels/float-parts.ts';
import { power } from '../../kernels/power.ts';
import { seconds } from '../functions/rate-kind.ts';
import type { DurationExpr, DurationValue, PositionRange } from '../syntax/ast.ts';

/** The times of the query itself, in ms; an instant query has `end === start` and `step` 0. */
export interface QueryTimes {
  readonly start: number;
  readonly end: number;
  readonly step: number;
  /** Absent where they are the same. */
  readonly asked?: AskedTimes | undefined;
}

/**
 * The times of a query as its client wrote them, which `start()`, `end()`, `range()` and `step()` tell: evaluated is at whole ms, and
 * within 292 years of the epoch, where ns in 64 bits wrap.
 */
export interface AskedTimes {
  /** Milliseconds. */
  readonly start: number;
  readonly end: number;
  /** Seconds from start to end; of an instant query 0. */
  readonly range: number;
  /** Seconds; of an instant query 0. */
  readonly step: number;
}

/** What the client asked for. */
export function askedTimes({ asked, end, start, step }: QueryTimes): AskedTimes {
  return asked ?? { start, end, range: seconds(end - start), step: seconds(step) };
}

/** What the query says can not be carried out whatever the data; answered like a syntax error. */
export class PlanError extends Error {
  override readonly name = 'PlanError';
}

/** Durations are kept in nanoseconds by the reference; what does not fit into 64 bits is refused. */
const DURATION_SECONDS_MAX = 2 ** 63 / 1e9;

/**
 * The duration in whole ms (rounded towards zero). `step()` and `range()` take the query's times.
 *
 * @throws PlanError with the position for durations that are not finite, out of range, or not positive where they must be.
 */
export function resolveDuration(duration: DurationValue, times: QueryTimes, sign: 'any' | 'positive'): number {
  const expression = duration.expression;
  if (expression === null) return duration.ms;
  const length = secondsOf(expression, times);
  if (!Number.isFinite(length)) throw refuse(expression.position, 'duration is NaN or infinite');
  if (length <= 0 && sign === 'positive') throw refuse(expression.position, 'duration must be greater than 0');
  if (Math.abs(length) > DURATION_SECONDS_MAX) throw refuse(expression.position, 'duration is out of range');
  return Math.trunc(length * 1000);
}

function secondsOf(expr: DurationExpr, times: QueryTimes): number {
  switch (expr.kind) {
    case 'number':
      return expr.seconds;
    case 'call':
      return askedTimes(times)[expr.name];
    case 'minmax': {
      const left = secondsOf(expr.left, times);
      const right = secondsOf(expr.right, times);
      return expr.name === 'min_of' ? minimum(left, right) : maximum(left, right);
    }
    case 'unary': {
      const operand = secondsOf(expr.operand, times);
      return expr.op === '-' ? -operand : operand;
    }
    case 'binary':
      return binary(expr, secondsOf(expr.left, times), secondsOf(expr.right, times));
  }
}

function binary(expr: DurationExpr & { kind: 'binary' }, left: number, right: number): number {
  switch (expr.op) {
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return left * right;
    case '/':
      if (right === 0) throw refuse(expr.position, 'division by zero');
      return left / right;
    case '%':
      if (right === 0) throw refuse(expr.position, 'modulo by zero');
      return left % right;
    case '^':
      return power(left, right);
  }
}

function refuse(position: PositionRange, problem: string): PlanError {
  return new PlanError(`${position.start}:${position.end}: ${problem}`);
}
