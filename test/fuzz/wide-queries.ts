import { FUNCTION_SIGNATURES, type FunctionSignature } from '../../src/promql/syntax/signatures.ts';
import type { HostileQuery } from './hostile-queries.ts';

// Every function and aggregation over the data of `large-data.ts`, and texts as large as they may be.

const ONCE = { steps: 1, stepMs: 0 };
const RANGE = { steps: 11_000, stepMs: 1200 };

interface Inputs {
  readonly name: string;
  readonly vector: string;
  readonly matrix: string;
  readonly steps: number;
  readonly stepMs: number;
}

/** What functions and aggregations get: one series of millions, many series, 11,000 steps, histograms, long label values. */
const INPUTS: readonly Inputs[] = [
  { name: 'long', vector: 'long', matrix: 'long[4h]', ...ONCE },
  { name: 'wide', vector: 'wide', matrix: 'wide[5m]', ...ONCE },
  { name: 'steps', vector: 'long', matrix: 'long[30s]', ...RANGE },
  { name: 'native', vector: 'native', matrix: 'native[4h]', ...ONCE },
  { name: 'native steps', vector: 'native', matrix: 'native[1m]', ...RANGE },
  { name: 'texts', vector: 'texts', matrix: 'texts[5m]', ...ONCE },
];

/** Strings that a function takes, by its name and in order; others get numbers. */
const STRINGS: Readonly<Record<string, readonly string[]>> = {
  label_replace: ['"new"', '"$1$1"', '"id"', '"(.*)-?(.*)"'],
  label_join: ['"new"', '"-"', '"id"', '"text"', '"group"'],
  sort_by_label: ['"id"', '"text"'],
  sort_by_label_desc: ['"text"', '"id"'],
  histogram_quantiles: ['"q"'],
};

function call({ argTypes, name, variadic }: FunctionSignature, { matrix, vector }: Inputs): string {
  const strings = [...(STRINGS[name] ?? [])];
  const args = argTypes.map((type) => (type === 'vector' ? vector : type === 'matrix' ? matrix : null));
  if (name === 'info') args.length = 1;
  const filled = args.map((arg) => arg ?? strings.shift() ?? '0.5');
  if (variadic !== 0) filled.push(...strings);
  return `${name}(${filled.join(', ')})`;
}

function overEverything(inputs: Inputs): HostileQuery[] {
  const { name, steps, stepMs, vector } = inputs;
  const functions = FUNCTION_SIGNATURES.filter(({ argTypes }) => argTypes.some((type) => type !== 'scalar'));
  const folds = ['sum', 'avg', 'count', 'min', 'max', 'group', 'stddev', 'stdvar'];
  const ranked = ['topk', 'bottomk', 'limitk'].map((op) => `${op}(1000,`);
  const parameters = [...ranked, 'quantile(0.5,', 'limit_ratio(0.5,', 'count_values("v",'];
  const operators = ['+', 'atan2', '> bool', '==', 'and', 'or', 'unless', '% on (id, kind) group_left ()'];
  const texts = [
    ...functions.map((each) => call(each, inputs)),
    ...folds.map((op) => `${op} without (le) (${vector})`),
    ...parameters.map((begin) => `${begin} ${vector})`),
    ...operators.map((op) => `${vector} ${op} ${vector}`),
  ];
  return texts.map((text) => ({ name: `${name}: ${text}`, text, steps, stepMs }));
}

function once(queries: Readonly<Record<string, string>>): HostileQuery[] {
  return Object.entries(queries).map(([name, text]) => ({ name, text, ...ONCE }));
}

function list(count: number, separator: string, item: (i: number) => string): string {
  return Array.from({ length: count }, (_, i) => item(i)).join(separator);
}

const ALTERNATIVES = list(900, '|', (i) => `id-${i}\\\\d`);
const MEGABYTE = 2 ** 20;

/** Patterns that take long to match, to compile, or to read. */
const PATTERNS: readonly HostileQuery[] = once({
  'pattern: nested repetitions on 100,000 values': 'wide{id=~"((i|d|-|[0-9])+)*x"}',
  'pattern: repeated alternatives on 100,000 values': 'wide{id=~"(i|d|-|0|1|2|3|4|5){1,1000}x?"}',
  'pattern: thousands of alternatives on 100,000 values': `wide{id=~"(${ALTERNATIVES})x?"}`,
  'pattern: thousands of gaps on 100,000 values': `wide{id=~"${list(5000, '|', (i) => `.*${i}x.*`)}"}`,
  'pattern: Unicode classes': 'wide{id=~"[\\\\pL\\\\pN-]{0,200}x"}',
  'pattern: a Unicode class without end': `wide{id=~"[${'\\\\pL\\\\pN'.repeat(50_000)}]x"}`,
  'pattern: a class without end': `wide{id=~"[${'ab'.repeat(400_000)}]x"}`,
  'pattern: gaps without end': `wide{id=~"${'.*a'.repeat(300_000)}"}`,
  'pattern: escapes without end': `wide{id=~"${'\\\\.'.repeat(300_000)}x?"}`,
  'pattern: groups without end': `wide{id=~"${'(a|'.repeat(300_000)}"}`,
  'pattern: empty alternatives': `wide{id=~"${'|'.repeat(1_000_000)}"}`,
  'pattern: a list of values': `wide{id=~"${list(90_000, '|', (i) => `id-${i}`)}"}`,
  'pattern: on values of 100 kB': 'texts{text=~"(a|b|w)*x"}',
  'pattern: gaps on values of 100 kB': `texts{text=~"${list(500, '|', (i) => `.*v${i}.*`)}"}`,
  'pattern: in label_replace': 'label_replace(wide, "a", "$1", "id", "((i|d|-|[0-9])+)*x|(.*)")',
  'pattern: alternatives in label_replace': `label_replace(wide, "a", "$1", "id", "(${ALTERNATIVES})*")`,
  'pattern: Unicode classes in label_replace': `label_replace(wide, "a", "$1", "id", "${'[\\\\pL\\\\pN-]{0,20}'.repeat(9)}")`,
  'pattern: label_replace in each other':
    'label_replace('.repeat(100) +
    'wide{id="id-1"}' +
    list(100, '', (i) => `, "a", "$1", "id", "(a|b{900}){1}${i}c{900}|(.*)")`),
  'pattern: label_replace on values of 100 kB': 'label_replace(texts, "a", "$1", "text", "(w*)")',
  'pattern: hundreds in one selector': `wide{${list(60, ', ', (i) => `id!~"(a|b{800}){1}${i}c{700}"`)}}`,
  'pattern: one in each of a thousand selectors': list(500, ' or ', (i) => `wide{id=~"(a|b{800}){1}${i}c{700}"}`),
});

/** Texts of a megabyte. */
const TEXTS: readonly HostileQuery[] = once({
  'text: labels to group by': `sum by (${list(100_000, ',', (i) => `l${i}`)}) (wide)`,
  'text: labels to match on': `wide * on (${list(100_000, ',', (i) => `l${i}`)}) wide`,
  'text: labels to join': `label_join(wide, "a", "-", ${list(100_000, ',', (i) => `"l${i}"`)})`,
  'text: 100,000 equal matchers': `wide{${list(100_000, ',', () => 'id!="1"')}}`,
  'text: 100,000 matchers': `wide{${list(100_000, ',', (i) => `id!="${i}"`)}}`,
  'text: a string': `"${'x'.repeat(MEGABYTE)}"`,
  'text: a string of escapes': `"${'\\u00e4'.repeat(MEGABYTE / 6)}"`,
  'text: a number': '9'.repeat(2 * MEGABYTE),
  'text: a hexadecimal number': `0x${'f'.repeat(2 * MEGABYTE - 2)}`,
  'text: a number with zeros': `0${'0'.repeat(MEGABYTE)}1`,
  'text: a number with underscores': `1${'_1'.repeat(MEGABYTE - 2)}`,
  'text: a number with a fraction': `0.${'1'.repeat(MEGABYTE)}`,
  'text: a duration': `wide[${'9'.repeat(MEGABYTE)}s]`,
  'text: a duration of units': `wide[${'1s'.repeat(MEGABYTE / 2)}]`,
  'text: a duration of sums': `wide[${'1s+'.repeat(400)}1s]`,
  'text: parentheses': `${'('.repeat(MEGABYTE / 2)}1${')'.repeat(MEGABYTE / 2)}`,
  'text: left parentheses': '('.repeat(MEGABYTE),
  'text: signs': '-'.repeat(MEGABYTE),
  'text: brackets': `wide${'[1m:1m]'.repeat(100_000)}`,
  'text: offsets': `wide${' offset 0s'.repeat(100_000)}`,
  'text: a name': 'x'.repeat(MEGABYTE),
  'text: a label name in quotes': `{"${'x'.repeat(MEGABYTE)}"="1"}`,
  'text: spaces': `${' '.repeat(MEGABYTE)}wide`,
  'text: comments': `${'#x\n'.repeat(MEGABYTE / 3)}wide{`,
  'text: lines and then a mistake': `${'\n'.repeat(2 * MEGABYTE - 2)})`,
  'text: a chain of powers': list(16_000, '^', () => '1'),
  'text: a chain of comparisons': list(16_000, ' == bool ', () => 'wide{id="id-1"}'),
  'text: numbers to a function': `histogram_quantiles(classic_bucket, "q", ${list(100_000, ',', (i) => String(i / 1e5))})`,
  'text: quantiles of a native histogram': `histogram_quantiles(native, "q", ${list(10_000, ',', (i) => String(i / 1e4))})`,
  'text: bytes that are no text': '\ufffd'.repeat(100_000),
  'text: an unknown function': `${'x'.repeat(MEGABYTE / 2)}(1)`,
  'text: too many arguments': `abs(${list(200_000, ',', () => '1')})`,
});

export const WIDE_QUERIES: readonly HostileQuery[] = [...PATTERNS, ...TEXTS, ...INPUTS.flatMap(overEverything)];
