import { type Labels, labelsFromPairs, METRIC_NAME } from '../../src/model/labels.ts';
import { matcherPredicate } from '../../src/model/matcher-predicate.ts';
import type { MemorySeries } from '../../src/promql/script/memory-queryable.ts';
import type { Aggregate, Binary, Expr, VectorSelector } from '../../src/promql/syntax/ast.ts';

/** An instant vector: what a query means at one moment, straight from the definition. */
export type Vector = readonly { readonly labels: Labels; readonly value: number }[];

const LOOKBACK_MS = 300_000;

/** Evaluates a small part of the language (floats only) one step at a time, with no regard to speed. */
export function naiveVector(expr: Expr, series: readonly MemorySeries[], time: number): Vector {
  const vector = evaluate(expr, series, time);
  if (new Set(vector.map(({ labels }) => labels.key)).size < vector.length) throw new Error('same labelset');
  return vector;
}

function evaluate(expr: Expr, series: readonly MemorySeries[], time: number): Vector {
  switch (expr.kind) {
    case 'paren':
      return naiveVector(expr.expr, series, time);
    case 'vectorSelector':
      return select(expr, series, time);
    case 'unary':
      return naiveVector(expr.expr, series, time).map(({ labels, value }) => ({
        labels: nameless(labels),
        value: -value,
      }));
    case 'aggregate':
      return aggregate(expr, naiveVector(expr.expr, series, time));
    case 'binary':
      return binary(expr, series, time);
    default:
      throw new TypeError(`The naive evaluation knows no ${expr.kind}`);
  }
}

function select(selector: VectorSelector, series: readonly MemorySeries[], time: number): Vector {
  const tests = selector.matchers.map((matcher) => ({ name: matcher.name, passes: matcherPredicate(matcher) }));
  const at = time - (selector.offset?.ms ?? 0);
  return series.flatMap(({ labels, samples }) => {
    if (!tests.every(({ name, passes }) => passes(labels.get(name)))) return [];
    const newest = samples.findLast((sample) => sample.time <= at);
    if (newest === undefined || newest.stale || newest.time <= at - LOOKBACK_MS) return [];
    return [{ labels, value: newest.value }];
  });
}

function aggregate({ op, grouping, without }: Aggregate, vector: Vector): Vector {
  const groups = new Map<string, { labels: Labels; values: number[] }>();
  for (const { labels, value } of vector) {
    const kept = keep(labels, (name) =>
      without ? name !== METRIC_NAME && !grouping.includes(name) : grouping.includes(name),
    );
    const group = groups.get(kept.key) ?? { labels: kept, values: [] };
    groups.set(kept.key, group);
    group.values.push(value);
  }
  return [...groups.values()].map(({ labels, values }) => ({ labels, value: reduce(op, values) }));
}

function reduce(op: Aggregate['op'], values: readonly number[]): number {
  const sum = values.reduce((a, b) => a + b, 0);
  switch (op) {
    case 'sum':
      return sum;
    case 'avg':
      return sum / values.length;
    case 'min':
      return Math.min(...values);
    case 'max':
      return Math.max(...values);
    case 'count':
      return values.length;
    case 'group':
      return 1;
    default:
      throw new TypeError(`The naive evaluation knows no ${op}`);
  }
}

function binary(expr: Binary, series: readonly MemorySeries[], time: number): Vector {
  if (expr.right.kind === 'number') return withNumber(expr, naiveVector(expr.left, series, time), expr.right.value);
  const left = naiveVector(expr.left, series, time);
  const right = naiveVector(expr.right, series, time);
  const { on, matchingLabels } = expr.matching!;
  const signature = (labels: Labels) =>
    keep(labels, (name) =>
      on ? matchingLabels.includes(name) : name !== METRIC_NAME && !matchingLabels.includes(name),
    );
  const has = (vector: Vector, key: string) => vector.some(({ labels }) => signature(labels).key === key);
  switch (expr.op) {
    case 'and':
      return left.filter(({ labels }) => has(right, signature(labels).key));
    case 'unless':
      return left.filter(({ labels }) => !has(right, signature(labels).key));
    case 'or':
      return [...left, ...right.filter(({ labels }) => !has(left, signature(labels).key))];
    default:
      return join(expr, left, right, signature);
  }
}

function join(expr: Binary, left: Vector, right: Vector, signature: (labels: Labels) => Labels): Vector {
  if (left.length === 0 || right.length === 0) return [];
  const partners = new Map<string, number>();
  for (const { labels, value } of right) {
    const { key } = signature(labels);
    if (partners.has(key)) throw new Error('found duplicate series');
    partners.set(key, value);
  }
  const seen = new Set<string>();
  return left.flatMap(({ labels, value }) => {
    const matched = signature(labels);
    const partner = partners.get(matched.key);
    if (partner === undefined) return [];
    if (seen.has(matched.key)) throw new Error('multiple matches');
    seen.add(matched.key);
    const result = calculate(expr, value, partner);
    return result === null ? [] : [{ labels: matched, value: result }];
  });
}

function withNumber(expr: Binary, vector: Vector, number: number): Vector {
  return vector.flatMap(({ labels, value }) => {
    const result = calculate(expr, value, number);
    if (result === null) return [];
    return [{ labels: isFilter(expr) ? labels : nameless(labels), value: result }];
  });
}

/** null: filtered out. */
function calculate(expr: Binary, left: number, right: number): number | null {
  switch (expr.op) {
    case '+':
      return left + right;
    case '*':
      return left * right;
    case '>':
      if (expr.returnBool) return left > right ? 1 : 0;
      return left > right ? left : null;
    default:
      throw new TypeError(`The naive evaluation knows no ${expr.op}`);
  }
}

function isFilter(expr: Binary): boolean {
  return expr.op === '>' && !expr.returnBool;
}

function nameless(labels: Labels): Labels {
  return labels.without(METRIC_NAME);
}

function keep(labels: Labels, passes: (name: string) => boolean): Labels {
  const { pairs } = labels;
  return labelsFromPairs(pairs.filter((_, i) => passes(pairs[i - (i % 2)]!)));
}
