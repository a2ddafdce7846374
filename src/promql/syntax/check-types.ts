import { goQuote, METRIC_NAME } from '../../model/labels.ts';
import { matchesEmpty } from '../../model/matcher-predicate.ts';
import type {
  Aggregate,
  Binary,
  BinaryOp,
  Call,
  Expr,
  PositionRange,
  ValueType,
  VectorMatching,
  VectorSelector,
} from './ast.ts';
import { DEFAULT_MATCHING, DEFAULT_SET_MATCHING } from './default-matching.ts';
import { PromqlSyntaxError } from './error.ts';
import { documentedType, exprType } from './expr-type.ts';
import { type FunctionSignature, functionSignature } from './signatures.ts';

/**
 * Checks that every part of the tree has the type that its place asks for, and completes the tree: the matching of a
 * binary expression becomes null unless both sides are vectors, and that of a set operator many-to-many.
 *
 * `source` is the query, one character a byte; `look` is called now and then. Throws `PromqlSyntaxError` for the first
 * mistake, children before parents.
 */
export function checkTypes(expr: Expr, source: string, look: () => void): ValueType {
  return new TypeCheck(source, look).check(expr);
}

/** Parts of the tree between two looks. */
const PARTS_PER_LOOK = 64;

class TypeCheck {
  readonly #source: string;
  readonly #look: () => void;
  #parts = 0;

  constructor(source: string, look: () => void) {
    this.#source = source;
    this.#look = look;
  }

  check(expr: Expr): ValueType {
    if (++this.#parts % PARTS_PER_LOOK === 0) this.#look();
    switch (expr.kind) {
      case 'number':
      case 'string':
        break;
      case 'vectorSelector':
        this.#selector(expr);
        break;
      case 'matrixSelector':
        this.#selector(expr.selector);
        break;
      case 'paren':
        this.check(expr.expr);
        break;
      case 'unary': {
        const type = this.check(expr.expr);
        if (type !== 'scalar' && type !== 'vector') {
          const allowed = 'unary expression only allowed on expressions of type scalar or instant vector';
          this.#fail(`${allowed}, got "${documentedType(type)}"`, expr.position);
        }
        break;
      }
      case 'subquery': {
        const type = this.check(expr.expr);
        if (type !== 'vector') {
          this.#fail(`subquery is only allowed on instant vector, got ${type} instead`, expr.position);
        }
        break;
      }
      case 'aggregate':
        this.#aggregate(expr);
        break;
      case 'call':
        this.#call(expr);
        break;
      case 'binary':
        this.#binaryChain(expr);
        break;
    }
    return exprType(expr);
  }

  #selector(selector: VectorSelector): void {
    if (selector.name === '') {
      if (!selector.matchers.some((matcher) => !matchesEmpty(matcher))) {
        this.#fail('vector selector must contain at least one non-empty matcher', selector.position);
      }
      return;
    }
    // The last matcher is the one made from the name before the braces.
    const other = selector.matchers.slice(0, -1).find((matcher) => matcher.name === METRIC_NAME);
    if (other !== undefined) {
      const names = `${goQuote(selector.name)} or ${goQuote(other.value)}`;
      this.#fail(`metric name must not be set twice: ${names}`, selector.position);
    }
  }

  #aggregate(aggregate: Aggregate): void {
    this.#expectType(aggregate.expr, 'vector', 'aggregation expression');
    if (aggregate.param === null) return;
    this.#expectType(aggregate.param, aggregate.op === 'count_values' ? 'string' : 'scalar', 'aggregation parameter');
  }

  #call(call: Call): void {
    const signature = functionSignature(call.func)!;
    this.#argumentCount(call, signature);
    if (call.func === 'info' && call.args.length > 1) this.#infoSelector(call);
    const { argTypes } = signature;
    for (const [i, arg] of call.args.entries()) {
      // The selector of info is a list of label matchers, which may be empty.
      const free = call.func === 'info' && i === 1 && arg.kind === 'vectorSelector';
      const type = free ? 'vector' : this.check(arg);
      const wanted = argTypes[Math.min(i, argTypes.length - 1)]!;
      if (type !== wanted) this.#wrongType(arg.position, wanted, `call to function ${goQuote(call.func)}`, type);
    }
  }

  #argumentCount(call: Call, { argTypes, variadic }: FunctionSignature): void {
    const name = goQuote(call.func);
    const count = call.args.length;
    const least = variadic === 0 ? argTypes.length : argTypes.length - 1;
    const most = least + variadic;
    if (variadic === 0 && count !== least) {
      this.#fail(`expected ${least} argument(s) in call to ${name}, got ${count}`, call.position);
    }
    if (count < least) {
      this.#fail(`expected at least ${least} argument(s) in call to ${name}, got ${count}`, call.position);
    }
    if (variadic > 0 && count > most) {
      this.#fail(`expected at most ${most} argument(s) in call to ${name}, got ${count}`, call.position);
    }
  }

  #infoSelector(call: Call): void {
    const selector = call.args[1]!;
    const type = exprType(selector);
    if (type !== 'vector') this.#wrongType(call.position, 'vector', 'call to function "info"', type);
    if (selector.kind !== 'vectorSelector') this.#fail('expected label selectors only', selector.position);
    if (selector.name !== '') {
      this.#fail('expected label selectors only, got vector selector instead', selector.position);
    }
  }

  /** Follows a left-deep chain in a loop: chains are far longer than anything else is deep. */
  #binaryChain(binary: Binary): void {
    const chain: Binary[] = [];
    let at: Expr = binary;
    while (at.kind === 'binary') {
      chain.push(at);
      at = at.left;
    }
    let leftType = this.check(at);
    for (const link of chain.reverse()) {
      this.#binary(link, leftType, this.check(link.right));
      leftType = exprType(link);
    }
  }

  #binary(binary: Binary, leftType: ValueType, rightType: ValueType): void {
    const { op, matching } = binary;
    const bothScalar = leftType === 'scalar' && rightType === 'scalar';
    if (binary.returnBool && !isComparison(op)) {
      this.#fail('bool modifier can only be used on comparison operators', this.#operatorPosition(binary));
    }
    if (isComparison(op) && !binary.returnBool && bothScalar) {
      this.#fail('comparisons between scalars must use BOOL modifier', this.#operatorPosition(binary));
    }
    const twice = matching?.on ? matching.matchingLabels.find((label) => matching.include.includes(label)) : undefined;
    if (twice !== undefined) {
      const clash = `label ${goQuote(twice)} must not occur in ON and GROUP clause at once`;
      this.#fail(clash, this.#operatorPosition(binary));
    }
    for (const [side, type] of [[binary.left, leftType] as const, [binary.right, rightType] as const]) {
      if (type !== 'scalar' && type !== 'vector') {
        this.#fail('binary expression must contain only scalar and instant vector types', side.position);
      }
    }
    if (matching !== null) complete(binary, this.#matching(binary, matching, leftType, rightType));
    if (isSetOperator(op) && (leftType === 'scalar' || rightType === 'scalar')) {
      this.#fail(`set operator "${op}" not allowed in binary scalar expression`, binary.position);
    }
  }

  /** The matching as it counts. */
  #matching(
    { op, position }: Binary,
    matching: VectorMatching,
    leftType: ValueType,
    rightType: ValueType,
  ): VectorMatching | null {
    const fills = matching.fillLeft !== null || matching.fillRight !== null;
    if (leftType !== 'vector' || rightType !== 'vector') {
      if (matching.matchingLabels.length > 0) {
        this.#fail('vector matching only allowed between instant vectors', position);
      }
      if (fills) this.#fail('filling in missing series only allowed between instant vectors', position);
      return null;
    }
    if (!isSetOperator(op)) return matching;
    if (matching.card !== 'one-to-one') this.#fail(`no grouping allowed for "${op}" operation`, position);
    if (fills) this.#fail('filling in missing series not allowed for set operators', position);
    return matching === DEFAULT_MATCHING ? DEFAULT_SET_MATCHING : { ...matching, card: 'many-to-many' };
  }

  #expectType(expr: Expr, wanted: ValueType, context: string): void {
    const type = this.check(expr);
    if (type !== wanted) this.#wrongType(expr.position, wanted, context, type);
  }

  #wrongType(position: PositionRange, wanted: ValueType, context: string, type: ValueType): never {
    this.#fail(`expected type ${documentedType(wanted)} in ${context}, got ${documentedType(type)}`, position);
  }

  /** The operator with its modifiers, without the spaces around. */
  #operatorPosition({ left, right }: Binary): PositionRange {
    let start = left.position.end;
    while (isSpace(this.#source, start)) start++;
    let end = right.position.start;
    while (isSpace(this.#source, end - 1)) end--;
    return { start, end };
  }

  #fail(detail: string, position: PositionRange): never {
    throw new PromqlSyntaxError(detail, position, this.#source);
  }
}

/** The only place that changes a tree, before anybody else has seen it. */
function complete(binary: Binary, matching: VectorMatching | null): void {
  (binary as { matching: VectorMatching | null }).matching = matching;
}

function isComparison(op: BinaryOp): boolean {
  return op === '==' || op === '!=' || op === '<' || op === '<=' || op === '>' || op === '>=';
}

function isSetOperator(op: BinaryOp): boolean {
  return op === 'and' || op === 'or' || op === 'unless';
}

function isSpace(source: string, at: number): boolean {
  return at < source.length && ' \t\n\r'.includes(source[at]!);
}
