import type { ValueType } from '../../src/promql/syntax/ast.ts';
import { FUNCTION_SIGNATURES, type FunctionSignature } from '../../src/promql/syntax/signatures.ts';
import type { Random } from './random.ts';

const METRICS = ['counter', 'gauge', 'classic_bucket', 'native', 'custom_buckets', 'sparse', 'target_info', 'missing'];
const LABELS = ['job', 'instance', 'le', 'group', '__name__', 'nowhere', '"utf-8 name"'];
const VALUES = ['a', 'b', '0', '1', '', 'api', '10', '+Inf', '0.5', 'é'];
const PATTERNS = ['.*', '.+', 'a|b', '[0-9]+', '(a|b)?', '1.*|.*0', '^a$', '\\\\d', 'x{0,50}', '(?i:A)'];
const DURATIONS = ['1ms', '1s', '30s', '1m', '5m', '7m30s', '1h', '1d', '1y', '0.5', '90', '-1m', '0s', '292y'];
const NUMBERS = [
  '0',
  '1',
  '-1',
  '0.5',
  '2',
  '0.99',
  'NaN',
  'Inf',
  '-Inf',
  '1e308',
  '5e-324',
  '1e15',
  '9007199254740993',
];
const ARITHMETIC = ['+', '-', '*', '/', '%', '^', 'atan2'];
const COMPARISONS = ['==', '!=', '>', '<', '>=', '<='];
const SETS = ['and', 'or', 'unless'];
const TRIMS = ['</', '>/'];
const FOLDS = ['sum', 'avg', 'min', 'max', 'count', 'group', 'stddev', 'stdvar'];
const WITH_NUMBER = ['topk', 'bottomk', 'quantile', 'limitk', 'limit_ratio'];
const OF_TYPE = new Map<ValueType, FunctionSignature[]>();
for (const signature of FUNCTION_SIGNATURES) {
  OF_TYPE.set(signature.returnType, [...(OF_TYPE.get(signature.returnType) ?? []), signature]);
}

/** A query that mostly passes the type check, over every function, operator and modifier of the language. */
export function generateQuery(random: Random): string {
  const type = random.pick<ValueType>(['vector', 'vector', 'vector', 'vector', 'scalar', 'matrix']);
  return expression(random, type, 1 + random.below(5));
}

function expression(random: Random, type: ValueType, depth: number): string {
  switch (type) {
    case 'scalar':
      return scalar(random, depth);
    case 'matrix':
      return matrix(random, depth);
    case 'string':
      return `"${random.pick([...VALUES, ...PATTERNS, '$1', '\x241x', 'job', '__name__', 'le'])}"`;
    default:
      return vector(random, depth);
  }
}

function scalar(random: Random, depth: number): string {
  if (depth <= 0 || random.chance(0.4)) return random.pick([...NUMBERS, 'time()', 'pi()', 'step()', '5m', '(1)', '-2']);
  if (random.chance(0.5)) return `scalar(${vector(random, depth - 1)})`;
  const operator = random.chance(0.7) ? random.pick(ARITHMETIC) : `${random.pick(COMPARISONS)} bool`;
  return `(${scalar(random, depth - 1)} ${operator} ${scalar(random, depth - 1)})`;
}

function vector(random: Random, depth: number): string {
  if (depth <= 0) return selector(random) + extension(random, 0.03) + shift(random);
  const kind = random.below(10);
  if (kind < 4) return call(random, random.pick(OF_TYPE.get('vector')!), depth);
  if (kind < 6) return aggregation(random, depth);
  if (kind < 9) return binary(random, depth);
  return random.pick([
    `-${vector(random, depth - 1)}`,
    `(${vector(random, depth - 1)})`,
    `vector(${scalar(random, depth - 1)})`,
  ]);
}

function matrix(random: Random, depth: number): string {
  if (depth <= 1 || random.chance(0.7)) {
    return `${selector(random)}[${duration(random)}]${extension(random, 0.1)}${shift(random)}`;
  }
  const resolution = random.chance(0.5) ? duration(random) : '';
  return `(${vector(random, depth - 2)})[${duration(random)}:${resolution}]${shift(random)}`;
}

function call(random: Random, { argTypes, name, variadic }: FunctionSignature, depth: number): string {
  let count = argTypes.length;
  if (variadic !== 0) count = argTypes.length - 1 + random.below(variadic < 0 ? 4 : variadic + 2);
  const args = Array.from({ length: count }, (_, i) =>
    expression(random, argTypes[Math.min(i, argTypes.length - 1)]!, depth - 1),
  );
  return `${name}(${args.join(', ')})`;
}

function aggregation(random: Random, depth: number): string {
  const by = random.chance(0.6) ? ` ${random.pick(['by', 'without'])} (${labelList(random)})` : '';
  const operand = vector(random, depth - 1);
  if (random.chance(0.1)) return `count_values${by} ("${random.pick(['v', 'job', 'le'])}", ${operand})`;
  if (random.chance(0.3)) return `${random.pick(WITH_NUMBER)}${by} (${scalar(random, depth - 2)}, ${operand})`;
  return `${random.pick(FOLDS)}${by} (${operand})`;
}

function binary(random: Random, depth: number): string {
  const left = vector(random, depth - 1);
  if (random.chance(0.3)) {
    const operator = random.pick([
      ...ARITHMETIC,
      ...COMPARISONS,
      ...COMPARISONS.map((text) => `${text} bool`),
      ...TRIMS,
    ]);
    const right = scalar(random, depth - 1);
    return random.chance(0.7) ? `(${left} ${operator} ${right})` : `(${right} ${operator} ${left})`;
  }
  const isSet = random.chance(0.3);
  let operator = random.pick(isSet ? SETS : [...ARITHMETIC, ...COMPARISONS, ...TRIMS]);
  if (COMPARISONS.includes(operator) && random.chance(0.3)) operator += ' bool';
  if (random.chance(0.5)) operator += ` ${random.pick(['on', 'ignoring'])} (${labelList(random)})`;
  if (!isSet && operator.includes('(') && random.chance(0.5)) {
    operator += ` ${random.pick(['group_left', 'group_right'])}${random.chance(0.5) ? ` (${labelList(random)})` : ''}`;
  }
  if (!isSet && random.chance(0.1)) operator += ` ${random.pick(['fill(0)', 'fill_left(NaN)', 'fill_right(-1)'])}`;
  return `(${left} ${operator} ${vector(random, depth - 1)})`;
}

function selector(random: Random): string {
  const metric = random.chance(0.9) ? random.pick(METRICS) : '';
  const matchers = Array.from({ length: random.below(3) }, () => matcher(random));
  if (metric === '' && matchers.length === 0) return '{__name__=~".+"}';
  return matchers.length === 0 ? metric : `${metric}{${matchers.join(', ')}}`;
}

function matcher(random: Random): string {
  const isPattern = random.chance(0.5);
  const operator = random.pick(isPattern ? ['=~', '!~'] : ['=', '!=']);
  return `${random.pick(LABELS)}${operator}"${random.pick(isPattern ? PATTERNS : VALUES)}"`;
}

function labelList(random: Random): string {
  return Array.from({ length: random.below(3) }, () => random.pick(LABELS)).join(', ');
}

function duration(random: Random): string {
  if (random.chance(0.9)) return random.pick(DURATIONS);
  return `${random.pick(['step()', 'range()', '5m', '1'])} ${random.pick(['+', '-', '*', '/', '%', '^'])} ${random.pick(DURATIONS)}`;
}

function shift(random: Random): string {
  if (random.chance(0.8)) return '';
  const at = random.pick(['', ' @ start()', ' @ end()', ' @ 0', ' @ 1600000000', ' @ -9e15', ' @ NaN']);
  return random.chance(0.5) ? ` offset ${random.pick(DURATIONS)}${at}` : at;
}

function extension(random: Random, probability: number): string {
  return random.chance(probability) ? random.pick([' anchored', ' smoothed']) : '';
}
