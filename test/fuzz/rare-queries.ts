import type { HostileQuery } from './hostile-queries.ts';
import { LONG_TEXT_QUERIES } from './long-text-queries.ts';
import { ODD_QUERIES } from './odd-queries.ts';

// What the language has beside selectors, functions and aggregations, and values at its edges, for the data of `rare-data.ts`.

const ONCE = { steps: 1, stepMs: 0 };
/** A minute apart: many series have values at the last five of them. */
const FEW = { steps: 20, stepMs: 15_000 };
const RANGE = { steps: 11_000, stepMs: 1200 };
/** Every step has a value of every series. */
const DENSE = { steps: 11_000, stepMs: 20 };

type Times = Pick<HostileQuery, 'steps' | 'stepMs'>;

function queries(times: Times, texts: readonly string[]): HostileQuery[] {
  return texts.map((text) => ({ name: `${shortened(text)} at ${times.steps}`, text, ...times }));
}

function shortened(text: string): string {
  return text.length > 70 ? `${text.slice(0, 60)}... (${text.length})` : text;
}

function list(count: number, separator: string, item: (i: number) => string): string {
  return Array.from({ length: count }, (_, i) => item(i)).join(separator);
}

/** `levels` calls around `inner`. */
function nest(levels: number, begin: string, inner: string, end: string): string {
  return begin.repeat(levels) + inner + end.repeat(levels);
}

const LONG_TEXT = 'x'.repeat(900);
/** 100,000 series with label values that are the same for 900 characters. */
const TEXTS = `label_replace(wide, "n", "${LONG_TEXT}$1", "id", "id-(.*)")`;
/** Or for 900 digits, which the natural order reads as numbers. */
const DIGITS = `label_replace(wide, "n", "${'7'.repeat(900)}$1", "id", "id-(.*)")`;
/** One classic histogram of 100,000 buckets. */
const CLASSIC = 'sum by (le) (label_replace(wide, "le", "$1", "id", "id-(.*)"))';
const GROUP = 'wide{group=~"7|8"}';

const INFO: readonly HostileQuery[] = [
  ...queries(ONCE, [
    'info(service)',
    'info(service, {data=~".+"})',
    'info(service, {data=~".*9.*x"})',
    'info(service, {__name__=~".+"})',
    'info(service, {__name__=~".+_info", data!="data-7"})',
    'sum by (data) (info(service, {data=~".+"}))',
    nest(100, 'info(', 'service', ', {data=~".+"})'),
    list(200, ' or ', (i) => `info(service, {data=~".+|${i}"})`),
    'max_over_time(info(service, {data=~".+"})[4h:15s])',
  ]),
  ...queries(FEW, ['info(service, {data=~".+"})', 'info(service{job="job-7"}, {data=~".+"})']),
  ...queries(DENSE, ['info(service{instance="host-7:80"}, {data=~".+"})', 'info(service{job="job-7"}, {data=~".+"})']),
];

const FILL: readonly HostileQuery[] = [
  ...queries(ONCE, [
    'wide + fill (0) wide{group="x"}',
    'wide{group="x"} + fill (0) wide',
    'wide{group="7"} + on (id) fill_left (1) fill_right (2) wide{group="8"}',
    'wide + on (group) group_left () fill (0) sum by (group) (wide{group=~"1.*"})',
    'sum by (group) (wide{group=~"1.*"}) + on (group) group_right () fill (0) wide',
    'wide == on (id) fill (0) wide{group="8"}',
    list(40, ' + fill (0) ', (i) => `wide{group="${i}"}`),
  ]),
  ...queries(DENSE, [
    'wide{group="7"} + on (id) fill_left (1) fill_right (2) wide{group="8"}',
    'wide{group="7"} + on (group) group_left () fill (0) sum by (group) (wide{group="8"})',
  ]),
];

const RANGES: readonly HostileQuery[] = [
  ...queries(ONCE, [
    'wide smoothed',
    'wide anchored',
    'sum(increase(wide[5m] smoothed))',
    'rate(wide[5m] anchored)',
    'delta(wide[5m] smoothed)',
    'changes(wide[5m] anchored)',
    'resets(wide[5m] anchored)',
    'long[2h + 2h]',
    'rate(long[step() + 4h])',
    `rate(long[${list(400, ' + ', () => '36s')}])`,
    `rate(long[${nest(400, '(', '4h', ')')}])`,
    `rate(long[${nest(200, 'max_of(', '1h', ', 4h)')}])`,
    'sum_over_time(long[2 ^ 13])',
    'sum_over_time(long[10 ^ 300])',
    'sum_over_time(long[1h / 0])',
    'max_over_time(rate(long[10m] smoothed)[1h:100ms])',
    'max_over_time(increase(native[10m] smoothed)[4h:1s])',
    'sum_over_time(long[4h] offset -4h)',
    'sum_over_time(long[4h] offset 292y)',
    'sum_over_time(long[292y])',
    'sum_over_time(long[292y] offset -292y)',
    'sum_over_time(long[292y:1ms])',
    'sum_over_time(vector(1)[3h:1ms] offset 292y)',
    'sum_over_time(vector(1)[3h:1ms] offset -292y)',
    'sum_over_time(vector(1)[3h:1ms] @ 9.2e15)',
    'sum_over_time(vector(1)[3h:1ms] @ -9.2e15)',
    'sum_over_time(vector(time())[3h:1ms] @ 9223372036854774)',
    'wide @ 9.2e15',
    'wide @ -9.2e15',
    'rate(long[4h] @ 9.2e15 offset -292y)',
    'rate(long[292y:292y] @ 9.2e15 offset -292y)',
    'count_over_time(vector(1)[292y:14617ms])',
    'long offset 9223372036854775807ms',
    'long offset -9223372036854775807ms',
    'long offset -9223372036s',
    'long @ 1e308',
    `sum_over_time(long[9223372036s] offset ${'9'.repeat(300)}s)`,
  ]),
  ...queries(RANGE, [
    'long smoothed',
    'long anchored',
    'rate(long[step() * 100] smoothed)',
    'increase(long[1h] anchored)',
    'delta(long[1h] smoothed)',
    'rate(huge[1h] smoothed)',
    'rate(native[1h] anchored)',
    'sum_over_time(long[1h] @ end() offset -1h)',
    'long @ start() + long @ end()',
    'sum_over_time(long[1h:1m])',
    'avg_over_time(avg_over_time(long[1m:1s])[10m:1m])',
    'quantile_over_time(time() % 2, long[1h:10s])',
  ]),
];

const HISTOGRAMS: readonly HostileQuery[] = [
  ...queries(ONCE, [
    'huge',
    'huge[4h]',
    'rate(huge[4h])',
    'increase(huge{kind="custom"}[1h])',
    'sum_over_time(huge[4h])',
    'avg_over_time(huge[4h])',
    'sum(huge{kind=~"custom|other"})',
    'sum(huge{kind=~"exponential|scattered"})',
    'avg(huge)',
    'huge{kind="custom"} + ignoring (kind) huge{kind="other"}',
    'huge{kind="exponential"} + ignoring (kind) huge{kind="scattered"}',
    'huge{kind="exponential"} - ignoring (kind) native',
    'huge{kind="scattered"} == ignoring (kind) huge{kind="scattered"}',
    'huge </ 100',
    'huge >/ 100',
    'huge * 2',
    'count_values("v", huge)',
    'histogram_quantile(0.9, huge)',
    'histogram_fraction(0, 1e9, huge)',
    'histogram_stddev(huge)',
    'histogram_quantiles(huge, "q", 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1)',
    'max_over_time(histogram_quantile(0.9, huge)[1h:1s])',
    'sum_over_time((huge * 2)[1h:1s])',
    'last_over_time(huge[1h:1s])',
    'count_values("v", huge)[10m:1s]',
    `histogram_quantile(0.9, ${CLASSIC})`,
    `histogram_fraction(0, 1e9, ${CLASSIC})`,
    `histogram_quantiles(${CLASSIC}, "q", 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1)`,
    `histogram_quantile(0.9, sum by (group, le) (label_replace(wide, "le", "$1", "id", "id-(.*)")))`,
  ]),
  ...queries(FEW, [`histogram_quantile(0.9, ${CLASSIC})`, `histogram_fraction(0, 1e9, ${CLASSIC})`]),
  ...queries(RANGE, [
    'huge',
    'huge * 2',
    'huge + huge',
    'sum(huge{kind=~"custom|other"})',
    'avg(huge{kind=~"exponential|scattered"})',
    'huge{kind="custom"} + ignoring (kind) huge{kind="other"}',
    'rate(huge[1h])',
    'avg_over_time(huge[30m])',
    'histogram_quantile(0.9, huge)',
    'histogram_fraction(0, 1e9, huge)',
    'histogram_stddev(huge)',
    'histogram_quantile(0.9, rate(huge[10m]))',
    'huge </ 100',
    'topk(1, huge) or count_values("v", huge)',
  ]),
];

const LABELS: readonly HostileQuery[] = [
  ...queries(ONCE, [
    TEXTS,
    `sort_by_label(${TEXTS}, "n")`,
    `sort_by_label_desc(${DIGITS}, "n", "id")`,
    `sort_by_label(${DIGITS}, "n")`,
    `sum by (n) (${TEXTS})`,
    `count_values("v", ${TEXTS})`,
    `count_values by (n) ("v", ${TEXTS})`,
    `${TEXTS} * on (n) ${TEXTS}`,
    `${TEXTS} and on (n) wide`,
    `${TEXTS} or on (n) ${DIGITS}`,
    `limit_ratio(0.5, ${TEXTS})`,
    `limitk by (n) (1, ${TEXTS})`,
    `topk by (n) (1, ${TEXTS})`,
    `quantile by (n) (0.5, ${TEXTS})`,
    `histogram_quantile(0.9, label_replace(${TEXTS}, "le", "$1", "id", "id-(.*)"))`,
    `label_replace(${TEXTS}, "m", "$1", "n", "(x+)(.*)")`,
    `label_replace(wide, "m", "${list(99, '', (i) => `$${i % 9}`)}", "id", "(i)(d)(-)(.*)")`,
    `label_replace(texts, "m", "${list(500, '', (i) => `$${i}`)}", "text", "${'(w)'.repeat(200)}.*|(.*)")`,
    `label_replace(wide, "m", "${list(900, '', (i) => `\${n${i}}`)}", "id", "${list(300, '', (i) => `(?P<n${i}>.?)`)}")`,
    `label_join(wide, "m", "${LONG_TEXT}", "id", "group", "le", "id")`,
    nest(100, 'label_join(', 'wide', ', "m", "-", "m", "id")'),
    nest(450, 'label_replace(', 'wide', ', "m", "$1", "id", "(.*)")'),
    'sort_by_label(wide, "group", "le", "id")',
    'sort_by_label_desc(wide, "nothing", "id")',
    `sort_by_label(wide, ${list(1000, ', ', (i) => `"l${i}"`)}, "id")`,
    `sum by (${list(2000, ', ', (i) => `l${i}`)}, id) (wide)`,
    `wide * ignoring (${list(20_000, ', ', (i) => `l${i}`)}) wide`,
    `wide * on (id) group_left (${list(20_000, ', ', (i) => `l${i}`)}) wide`,
  ]),
  ...queries(FEW, [`sum by (n) (${TEXTS})`, `count_values by (n) ("v", ${TEXTS})`]),
];

const PARAMETERS: readonly HostileQuery[] = queries(DENSE, [
  `topk(scalar(sum(${GROUP})) % 100, ${GROUP})`,
  `quantile(time() % 1, ${GROUP})`,
  `limitk(time() % 1000, ${GROUP})`,
  `limit_ratio(time() % 1, ${GROUP})`,
  `count_values("v", ${GROUP} * 0 + time())`,
  'clamp(long, time(), time() + 1)',
  'round(long, time() % 7)',
  'histogram_quantile(time() % 1, native)',
  'label_replace(vector(time()), "a", "b", "", "")',
]);

const OPERATORS: readonly HostileQuery[] = [
  ...queries(DENSE, [
    ...['+', '-', '*', '/', '%', '^', 'atan2', '==', '!=', '> bool', 'and', 'or', 'unless'].map(
      (op) => `${GROUP} ${op} ${GROUP}`,
    ),
    ...['%', '^', 'atan2'].map((op) => list(40, ` ${op} `, () => 'long')),
    list(40, ' or ', (i) => `wide{group="${i}"} > ${i}`),
    `${GROUP} * on (group) group_left () sum by (group) (${GROUP})`,
    'wide{group="7"} unless on (id) (wide{group="7"} > 5)',
    list(400, ' + ', () => 'long'),
    list(400, ' ^ ', () => 'time()'),
    nest(400, '-(', 'long', ')'),
    nest(400, '(1 + ', 'long', ')'),
    nest(400, 'abs(', 'long', ')'),
    nest(400, 'sum by (kind) (', 'long', ')'),
    nest(400, 'round(', 'long', ', 3)'),
    nest(160, 'max_over_time(', 'long', '[1s:1s])'),
    nest(499, '(', 'long', ')'),
    nest(499, 'scalar(vector(', 'time()', '))').slice(0, 4000),
  ]),
  ...queries(ONCE, [
    nest(160, 'max_over_time(', 'wide', '[1s:1s])'),
    nest(12, 'max_over_time(', 'long', '[2m:1s])'),
    nest(400, '-(', 'wide', ')'),
    nest(400, 'sum by (id) (', 'wide', ')'),
    nest(400, 'sort(', 'wide', ')'),
    nest(200, 'topk(5, ', 'wide', ' or wide)'),
    list(16_000, ' + ', (i) => `wide{id="id-${i}"}`),
    list(16_000, ' or ', (i) => `rate(wide{id=~"id-${i}.?"}[5m])`),
    list(3000, ' or ', (i) => `wide{id=~".*-${i}.*"}`),
    list(2000, ' or ', (i) => `(wide{group="${i % 100}"} offset ${i}ms)`),
    list(2000, ' and ', (i) => `wide{le!="${i}"}`),
    list(2000, ' unless ', (i) => `wide{le="${i}"}`),
    list(500, ' or ', (i) => `sum_over_time(long[4h] @ ${i})`),
    list(500, ' + ', (i) => `absent(wide{id="x${i}"})`),
    `absent(wide{${list(900, ', ', (i) => `l${i}="x"`)}})`,
    `wide{${list(900, ', ', (i) => `id!~".*${i}x"`)}}`,
    `wide{${list(900, ', ', (i) => `l${i}=""`)}}`,
    `wide{id=~"${list(100_000, '|', (i) => `id-${i}`)}"}`,
    `wide{id!~"${list(100_000, '|', (i) => `id-${i}x`)}"}`,
    `wide{id=~"(?i:${list(500, '|', (i) => `ID-${i}`)})"}`,
    `wide{id=~"(?i)${list(5000, '|', (i) => `ID-${i}`)}"}`,
    `wide{id=~"${nest(500, '(', 'id-1', ')?')}"}`,
    `wide{id=~"${nest(100_000, '(', '', ')')}"}`,
    `wide{id=~"${list(3000, '', (i) => `[^${String.fromCharCode(97 + (i % 26))}]?`)}"}`,
    `texts{text=~"${list(100, '', () => '.*w')}"}`,
    `texts{text=~"(.*)(.*)(.*)(.*)(.*)x"}`,
    `texts{text=~".*(ww|www|wwww)+x"}`,
    `texts{text!~".*(0|1|2|3|4|5|6|7|8|9)w+"}`,
    '{__name__=~"(?s).*", id=~"(?s).*", group=~"(?s).+"}',
    'count by (__name__, id, group, le) ({__name__=~".+"})',
  ]),
];

/** A million series: ten copies of each wide one. */
const MILLION = list(10, ' or ', (i) => `label_replace(wide, "copy", "${i}", "", "")`);
/** Minutes of zeros of both signs, by turns. */
const ZEROS = '(vector(0) * ((time() % 240 < bool 120) * -2 + 1))';

const EXTREMES: readonly HostileQuery[] = [
  ...queries(ONCE, [
    `sort(${MILLION})`,
    `sort_by_label(${MILLION}, "copy", "id")`,
    `quantile(0.5, ${MILLION})`,
    'quantile(0.5, wide * 0 * ((wide % 2 < bool 1) * 2 - 1))',
    `quantile_over_time(0.5, ${ZEROS}[3h:1ms])`,
    `sort_by_label(wide, ${list(690_000, ',', () => '""')})`,
  ]),
  ...queries(RANGE, [`quantile_over_time(0.5, ${ZEROS}[1h:1s])`]),
];

export const RARE_QUERIES: readonly HostileQuery[] = [
  ...INFO,
  ...FILL,
  ...RANGES,
  ...HISTOGRAMS,
  ...LABELS,
  ...PARAMETERS,
  ...OPERATORS,
  ...LONG_TEXT_QUERIES,
  ...EXTREMES,
  ...ODD_QUERIES,
];
