import type { Matcher } from '../../model/matcher.ts';

/** Half-open range of the query text, in UTF-8 bytes, as the reference counts positions. */
export interface PositionRange {
  readonly start: number;
  readonly end: number;
}

export type ValueType = 'none' | 'scalar' | 'string' | 'vector' | 'matrix';

/** `@ start()`, `@ end()` or a fixed time (ms). */
export type AtModifier =
  | { readonly kind: 'time'; readonly timestamp: number }
  | { readonly kind: 'start' }
  | { readonly kind: 'end' };

/**
 * A duration position that holds an expression of its own, such as `[5m * 2]` or `offset (step() + 1m)`. The leaves are
 * number literals (seconds); `step()` and `range()` are known only when the query runs.
 */
export type DurationExpr =
  | {
      readonly kind: 'number';
      readonly seconds: number;
      readonly isDuration: boolean;
      readonly position: PositionRange;
    }
  | {
      readonly kind: 'call';
      readonly name: 'step' | 'range';
      /** Written in parentheses of its own, which the printer keeps. */
      readonly wrapped: boolean;
      readonly position: PositionRange;
    }
  | {
      readonly kind: 'minmax';
      readonly name: 'min_of' | 'max_of';
      readonly left: DurationExpr;
      readonly right: DurationExpr;
      readonly wrapped: boolean;
      readonly position: PositionRange;
    }
  | {
      readonly kind: 'unary';
      readonly op: '+' | '-';
      readonly operand: DurationExpr;
      readonly wrapped: boolean;
      readonly position: PositionRange;
    }
  | {
      readonly kind: 'binary';
      readonly op: '+' | '-' | '*' | '/' | '%' | '^';
      readonly left: DurationExpr;
      readonly right: DurationExpr;
      readonly wrapped: boolean;
      readonly position: PositionRange;
    };

/** A plain duration (ms), or an expression that gives one when the query's step and range are known. */
export interface DurationValue {
  readonly ms: number;
  readonly expression: DurationExpr | null;
}

export interface NumberLiteral {
  readonly kind: 'number';
  readonly value: number;
  /** Written as a duration (`5m`), which the printer keeps. */
  readonly isDuration: boolean;
  readonly position: PositionRange;
}

export interface StringLiteral {
  readonly kind: 'string';
  readonly value: string;
  readonly position: PositionRange;
}

export interface VectorSelector {
  readonly kind: 'vectorSelector';
  /** The metric name written before the braces, or empty. The matchers hold it too. */
  readonly name: string;
  readonly matchers: readonly Matcher[];
  readonly offset: DurationValue | null;
  readonly at: AtModifier | null;
  readonly anchored: boolean;
  readonly smoothed: boolean;
  readonly position: PositionRange;
}

/** A selector over a range: `x[5m]`. Offset and `@` sit on the inner selector. */
export interface MatrixSelector {
  readonly kind: 'matrixSelector';
  readonly selector: VectorSelector;
  readonly range: DurationValue;
  readonly position: PositionRange;
}

export interface Subquery {
  readonly kind: 'subquery';
  readonly expr: Expr;
  readonly range: DurationValue;
  /** null: the default step. */
  readonly step: DurationValue | null;
  readonly offset: DurationValue | null;
  readonly at: AtModifier | null;
  readonly position: PositionRange;
}

export interface Call {
  readonly kind: 'call';
  /** A name in `signatures.ts`. */
  readonly func: string;
  readonly args: readonly Expr[];
  readonly position: PositionRange;
}

export type AggregateOp =
  | 'sum'
  | 'avg'
  | 'min'
  | 'max'
  | 'count'
  | 'group'
  | 'stddev'
  | 'stdvar'
  | 'topk'
  | 'bottomk'
  | 'quantile'
  | 'count_values'
  | 'limitk'
  | 'limit_ratio';

export interface Aggregate {
  readonly kind: 'aggregate';
  readonly op: AggregateOp;
  readonly expr: Expr;
  readonly param: Expr | null;
  readonly grouping: readonly string[];
  /** `without (...)`; an absent clause is `by ()`. */
  readonly without: boolean;
  readonly position: PositionRange;
}

export type ArithmeticOp = '+' | '-' | '*' | '/' | '%' | '^' | 'atan2';
export type ComparisonOp = '==' | '!=' | '<' | '<=' | '>' | '>=';
export type TrimOp = '</' | '>/';
export type SetOp = 'and' | 'or' | 'unless';
export type BinaryOp = ArithmeticOp | ComparisonOp | TrimOp | SetOp;

export interface VectorMatching {
  readonly card: 'one-to-one' | 'many-to-one' | 'one-to-many' | 'many-to-many';
  /** Labels of `on (...)` or `ignoring (...)`. */
  readonly matchingLabels: readonly string[];
  /** `on (...)` was written; otherwise the labels are ignored ones. */
  readonly on: boolean;
  /** Labels of `group_left (...)` or `group_right (...)`, copied from the one side. */
  readonly include: readonly string[];
  /** `fill`, `fill_left`, `fill_right`: the value that stands in for a missing partner on that side. */
  readonly fillLeft: number | null;
  readonly fillRight: number | null;
}

export interface Binary {
  readonly kind: 'binary';
  readonly op: BinaryOp;
  readonly left: Expr;
  readonly right: Expr;
  /** null unless both sides are vectors. */
  readonly matching: VectorMatching | null;
  readonly returnBool: boolean;
  readonly position: PositionRange;
}

export interface Unary {
  readonly kind: 'unary';
  readonly op: '+' | '-';
  readonly expr: Expr;
  readonly position: PositionRange;
}

export interface Paren {
  readonly kind: 'paren';
  readonly expr: Expr;
  readonly position: PositionRange;
}

export type Expr =
  | NumberLiteral
  | StringLiteral
  | VectorSelector
  | MatrixSelector
  | Subquery
  | Call
  | Aggregate
  | Binary
  | Unary
  | Paren;
