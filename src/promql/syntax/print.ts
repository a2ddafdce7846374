import { formatDuration } from '../../model/duration.ts';
import { goFloatCompact, goFloatFixed, goFloatPlain } from '../../model/go-float.ts';
import { goQuote, isLegacyLabelName, METRIC_NAME } from '../../model/labels.ts';
import type { Matcher } from '../../model/matcher.ts';
import { compareUtf8 } from '../../model/utf8.ts';
import type {
  Aggregate,
  AtModifier,
  Binary,
  DurationExpr,
  DurationValue,
  Expr,
  NumberLiteral,
  Subquery,
  VectorMatching,
  VectorSelector,
} from './ast.ts';

/** The expression on one line, as the reference's `String()` writes it. Parsing the text gives an equal tree. */
export function printExpr(expr: Expr): string {
  let text = '';
  // What is still to be printed, the next piece on top: trees may be thousands of operators deep.
  const rest: (string | Expr)[] = [expr];
  for (let piece = rest.pop(); piece !== undefined; piece = rest.pop()) {
    if (typeof piece === 'string') {
      text += piece;
      continue;
    }
    const parts = pieces(piece);
    for (let i = parts.length - 1; i >= 0; i--) rest.push(parts[i]!);
  }
  return text;
}

/** The texts and the parts that an expression is printed from, in order. */
export function pieces(expr: Expr): readonly (string | Expr)[] {
  switch (expr.kind) {
    case 'number':
      return [printNumber(expr)];
    case 'string':
      return [goQuote(expr.value)];
    case 'vectorSelector':
      return [printSelector(expr)];
    case 'matrixSelector': {
      const { selector } = expr;
      const bare = { ...selector, offset: null, at: null, anchored: false, smoothed: false };
      const range = `[${printDuration(expr.range)}]`;
      return [printSelector(bare) + range + extension(selector) + printAt(selector.at) + printOffset(selector.offset)];
    }
    case 'subquery':
      return [expr.expr, subquerySuffix(expr)];
    case 'paren':
      return ['(', expr.expr, ')'];
    case 'unary':
      return [expr.op, expr.expr];
    case 'call':
      return [`${expr.func}(`, ...separated(expr.args), ')'];
    case 'aggregate': {
      const args = expr.param === null ? [expr.expr] : [expr.param, expr.expr];
      return [`${aggregateHead(expr)}(`, ...separated(args), ')'];
    }
    case 'binary':
      return [expr.left, ` ${binaryOperator(expr)} `, expr.right];
  }
}

/** `sum by (a, b) `; the space at the end only behind a clause. */
export function aggregateHead({ op, grouping, without }: Aggregate): string {
  if (without) return `${op} without (${printLabels(grouping)}) `;
  return grouping.length > 0 ? `${op} by (${printLabels(grouping)}) ` : op;
}

/** The operator with its modifiers: `== bool`, `* on (a) group_left (b)`. */
export function binaryOperator({ op, returnBool, matching }: Binary): string {
  return op + (returnBool ? ' bool' : '') + (matching === null ? '' : printMatching(matching));
}

/** `[5m:1m] @ 1.000 offset 1h`. */
export function subquerySuffix({ range, step, at, offset }: Subquery): string {
  const printedStep = step === null || (step.ms === 0 && step.expression === null) ? '' : printDuration(step);
  return `[${printDuration(range)}:${printedStep}]${printAt(at)}${printOffset(offset)}`;
}

function separated(args: readonly Expr[]): (string | Expr)[] {
  return args.flatMap((arg, i) => (i === 0 ? [arg] : [', ', arg]));
}

function printNumber({ value, isDuration }: NumberLiteral): string {
  if (!isDuration) return goFloatPlain(value);
  return value < 0 ? `-${printSeconds(-value)}` : printSeconds(value);
}

/** Whole milliseconds, cut toward zero as the reference does, twice: to nanoseconds first. */
function printSeconds(seconds: number): string {
  return formatDuration(Math.trunc(Math.trunc(seconds * 1e9) / 1e6));
}

function printSelector(selector: VectorSelector): string {
  const { name } = selector;
  const matchers = selector.matchers
    .filter((matcher) => !isMatcherOfName(matcher, name))
    .map(printMatcher)
    .sort(compareUtf8);
  const braces = matchers.length > 0 ? `{${matchers.join(',')}}` : '';
  return name + braces + printAt(selector.at) + extension(selector) + printOffset(selector.offset);
}

function isMatcherOfName(matcher: Matcher, name: string): boolean {
  return matcher.name === METRIC_NAME && matcher.type === '=' && matcher.value === name && name !== '';
}

/** One matcher as PromQL writes it: `name=~"value"`. */
export function printMatcher({ name, type, value }: Matcher): string {
  return `${printLabel(name)}${type}${goQuote(value)}`;
}

function extension({ anchored, smoothed }: VectorSelector): string {
  if (anchored) return ' anchored';
  return smoothed ? ' smoothed' : '';
}

function printAt(at: AtModifier | null): string {
  if (at === null) return '';
  // There is no negative zero among times.
  return at.kind === 'time' ? ` @ ${goFloatFixed(at.timestamp / 1000 + 0, 3)}` : ` @ ${at.kind}()`;
}

function printOffset(offset: DurationValue | null): string {
  return offset === null ? '' : ` offset ${printDuration(offset)}`;
}

function printDuration({ ms, expression }: DurationValue): string {
  if (expression !== null) return printDurationExpr(expression);
  return ms < 0 || Object.is(ms, -0) ? `-${formatDuration(-ms)}` : formatDuration(ms);
}

/** Durations nest no deeper than the parser lets them, so recursion is fine here. */
function printDurationExpr(expr: DurationExpr): string {
  if (expr.kind === 'number') {
    if (!expr.isDuration) return goFloatPlain(expr.seconds);
    return expr.seconds < 0 ? `-${printSeconds(-expr.seconds)}` : printSeconds(expr.seconds);
  }
  const text = printBareDurationExpr(expr);
  return expr.wrapped ? `(${text})` : text;
}

function printBareDurationExpr(expr: Exclude<DurationExpr, { readonly kind: 'number' }>): string {
  switch (expr.kind) {
    case 'call':
      return `${expr.name}()`;
    case 'minmax':
      return `${expr.name}(${printDurationExpr(expr.left)}, ${printDurationExpr(expr.right)})`;
    case 'unary':
      return `${expr.op === '-' ? '-' : ''}${printDurationExpr(expr.operand)}`;
    case 'binary':
      return `${printDurationExpr(expr.left)} ${expr.op} ${printDurationExpr(expr.right)}`;
  }
}

function printMatching({ card, matchingLabels, on, include, fillLeft, fillRight }: VectorMatching): string {
  let text = '';
  const grouped = card === 'many-to-one' || card === 'one-to-many';
  if (matchingLabels.length > 0 || on || grouped) text += ` ${on ? 'on' : 'ignoring'} (${printLabels(matchingLabels)})`;
  if (grouped) text += ` group_${card === 'many-to-one' ? 'left' : 'right'} (${printLabels(include)})`;
  if (fillLeft !== null && fillLeft === fillRight) return `${text} fill (${goFloatCompact(fillLeft)})`;
  if (fillLeft !== null) text += ` fill_left (${goFloatCompact(fillLeft)})`;
  if (fillRight !== null) text += ` fill_right (${goFloatCompact(fillRight)})`;
  return text;
}

function printLabels(labels: readonly string[]): string {
  return labels.map(printLabel).join(', ');
}

function printLabel(label: string): string {
  return isLegacyLabelName(label) ? label : goQuote(label);
}
