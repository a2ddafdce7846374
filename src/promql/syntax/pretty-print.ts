import type { Expr } from './ast.ts';
import { byteText } from './byte-text.ts';
import { aggregateHead, binaryOperator, pieces, printExpr, subquerySuffix } from './print.ts';

/** Expressions whose one-line form takes more bytes are split over lines. */
const LINE_BYTES_MAX = 100;

/**
 * Every operator of a long chain is indented one step deeper than the next, so the text grows with the square of the
 * chain. Past this many characters formatting stops with an error.
 */
export const PRETTY_TEXT_MAX = 16 * 1024 * 1024;

const INDENT = '  ';

/**
 * The expression over several lines with indentation, as `/api/v1/format_query` gives it. Throws `RangeError` where the
 * text would exceed `PRETTY_TEXT_MAX`, and what `look` throws, which is called now and then.
 */
export function prettyPrint(expr: Expr, look: () => void = () => {}): string {
  return new Pretty(look).print(expr);
}

/** Parts printed between two looks. */
const PARTS_PER_LOOK = 64;

class Pretty {
  readonly #lengths = new Map<Expr, number>();
  readonly #look: () => void;
  #written = 0;
  #parts = 0;

  constructor(look: () => void) {
    this.#look = look;
  }

  print(expr: Expr): string {
    return this.#lines(expr, 0);
  }

  /** Recursion ends at the parser's nesting limit, but for chains of operators, which are taken in a loop. */
  #lines(expr: Expr, level: number): string {
    const indent = this.#indent(level);
    if (expr.kind === 'unary') return `${indent}${expr.op}${this.#lines(expr.expr, level).trim()}`;
    const isLong = this.#length(expr) > LINE_BYTES_MAX;
    // A short subquery is not indented: so it is in the reference.
    if (expr.kind === 'subquery') {
      return isLong ? this.#lines(expr.expr, level) + subquerySuffix(expr) : this.#count(printExpr(expr));
    }
    if (!isLong) return this.#count(indent + printExpr(expr));
    switch (expr.kind) {
      case 'aggregate': {
        const args = expr.param === null ? [expr.expr] : [expr.param, expr.expr];
        return `${indent}${aggregateHead(expr)}(\n${this.#list(args, level + 1)}\n${indent})`;
      }
      case 'call':
        return `${indent}${expr.func}(\n${this.#list(expr.args, level + 1)}\n${indent})`;
      case 'paren':
        return `${indent}(\n${this.#lines(expr.expr, level + 1)}\n${indent})`;
      case 'binary':
        return this.#chain(expr, level);
      default:
        return this.#count(indent + printExpr(expr));
    }
  }

  #list(args: readonly Expr[], level: number): string {
    return args.map((arg) => this.#lines(arg, level)).join(',\n');
  }

  /** The left-hand side stands one level deeper than its operator. */
  #chain(binary: Expr, level: number): string {
    const behind: string[] = [];
    let at = binary;
    let depth = level;
    while (at.kind === 'binary' && this.#length(at) > LINE_BYTES_MAX) {
      behind.push(`\n${this.#indent(depth)}${binaryOperator(at)}\n${this.#lines(at.right, depth + 1)}`);
      at = at.left;
      depth++;
    }
    return this.#lines(at, depth) + behind.reverse().join('');
  }

  /** Bytes of the one-line form, found bottom-up once for every part. */
  #length(expr: Expr): number {
    const stack: Expr[] = [expr];
    for (let at = stack.at(-1); at !== undefined; at = stack.at(-1)) {
      const parts = this.#lengths.has(at) ? [] : pieces(at);
      const open = parts.filter((part) => typeof part !== 'string' && !this.#lengths.has(part)) as Expr[];
      if (open.length > 0) {
        stack.push(...open);
        continue;
      }
      stack.pop();
      if (parts.length > 0) this.#lengths.set(at, this.#sum(parts));
    }
    return this.#lengths.get(expr)!;
  }

  #sum(parts: readonly (string | Expr)[]): number {
    let total = 0;
    for (const part of parts) total += typeof part === 'string' ? byteText(part).length : this.#lengths.get(part)!;
    return total;
  }

  #indent(level: number): string {
    return this.#count(INDENT.repeat(level));
  }

  #count(text: string): string {
    if (++this.#parts % PARTS_PER_LOOK === 0) this.#look();
    this.#written += text.length;
    if (this.#written > PRETTY_TEXT_MAX) {
      throw new RangeError(`formatted expression is longer than ${PRETTY_TEXT_MAX} characters`);
    }
    return text;
  }
}
