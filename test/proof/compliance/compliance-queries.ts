import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

const ARITHMETIC = ['+', '-', '*', '/', '%', '^'];
const COMPARISONS = ['==', '!=', '<', '>', '<=', '>='];
const QUANTILES = ['-0.5', '0.1', '0.5', '0.75', '0.90', '0.95', '0.99', '1', '1.5'];
const SIMPLE_AGGREGATIONS = ['sum', 'avg', 'max', 'min', 'count', 'stddev', 'stdvar'];

/** What stands for each name in the suite's templates: all that PromQL has of its kind. */
const VARIANTS: Readonly<Record<string, readonly string[]>> = {
  arithBinOp: ARITHMETIC,
  binOp: [...ARITHMETIC, ...COMPARISONS],
  clampFunc: ['clamp_min', 'clamp_max'],
  compBinOp: COMPARISONS,
  dateFunc: ['day_of_month', 'day_of_week', 'day_of_year', 'days_in_month', 'hour', 'minute', 'month', 'year'],
  extrapolatedRateFunc: ['rate', 'increase', 'delta'],
  instantRateFunc: ['irate', 'idelta'],
  offset: ['1m', '5m', '10m'],
  quantile: QUANTILES,
  range: ['1s', '15s', '1m', '5m', '15m', '1h'],
  simpleAggrOp: SIMPLE_AGGREGATIONS,
  simpleMathFunc: ['abs', 'ceil', 'floor', 'exp', 'sqrt', 'ln', 'log2', 'log10', 'round', 'sgn', 'sin', 'atanh', 'deg'],
  simpleTimeAggrOp: [...SIMPLE_AGGREGATIONS, 'absent', 'last', 'present'],
  topBottomOp: ['topk', 'bottomk'],
};

/**
 * Every query of the suite's file, templates with all of their variants. Which of them shall fail is left out: the suite is older than
 * UTF-8 label names.
 */
export function complianceQueries(file: URL): string[] {
  const { test_cases } = parse(readFileSync(file, 'utf8')) as { test_cases: readonly TestCase[] };
  return test_cases.flatMap(({ query, variant_args = [] }) =>
    variant_args.reduce((some, name) => some.flatMap((text) => filled(text, name)), [String(query)]),
  );
}

interface TestCase {
  readonly query: string | number;
  readonly variant_args?: readonly string[];
}

function filled(template: string, name: string): string[] {
  const values = VARIANTS[name];
  if (values === undefined) throw new Error(`the suite has a kind of variant that is not known here: ${name}`);
  return values.map((value) => template.replaceAll(`{{.${name}}}`, value));
}
