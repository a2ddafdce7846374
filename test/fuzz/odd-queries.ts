import type { HostileQuery } from './hostile-queries.ts';

// What the other corpora lack: long lists where few are expected, texts of megabytes where labels name things, and calls in calls of
// them, for the data of `rare-data.ts`.

const ONCE = { steps: 1, stepMs: 0 };
/** Every step has a value of every series. */
const DENSE = { steps: 11_000, stepMs: 20 };

function queries(
  times: Pick<HostileQuery, 'steps' | 'stepMs'>,
  texts: Readonly<Record<string, string>>,
): HostileQuery[] {
  return Object.entries(texts).map(([name, text]) => ({ name: `odd: ${name} at ${times.steps}`, text, ...times }));
}

function list(count: number, separator: string, item: (i: number) => string): string {
  return Array.from({ length: count }, (_, i) => item(i)).join(separator);
}

function nest(levels: number, begin: string, inner: string, end: string): string {
  return begin.repeat(levels) + inner + end.repeat(levels);
}

const MEGABYTE = 2 ** 20;
const X = 'x'.repeat(MEGABYTE - 100);
const GROUP = 'wide{group=~"7|8"}';
/** A million services, of which each has an instance of its own. */
const SERVICES = list(30, ' or ', (i) => `label_replace(service, "instance", "${i}-$1", "instance", "(.*)")`);
/** Instances of a megabyte. */
const LONG_INSTANCES = `label_replace(wide, "instance", "${X}$1", "group", "(.*)")`;
const NAMES = list(100_000, ',', (i) => `l${i}`);
const NUMBERS = list(100_000, ',', (i) => String(i / 1e5));

export const ODD_QUERIES: readonly HostileQuery[] = [
  ...queries(ONCE, {
    'info of a million instances': `info(${SERVICES})`,
    'info of long instances': `info(${LONG_INSTANCES})`,
    'info of long instances with data': `info(${LONG_INSTANCES}, {data=~".+"})`,
    'info by equal matchers': `info(service, {${list(100_000, ',', () => 'data!="1"')}})`,
    'info by patterns': `info(service, {${list(200, ',', (i) => `data!~".*${i}x.*"`)}})`,
    'info of info of everything': nest(50, 'info(', '{__name__=~".+"}', ', {data=~".+"})'),
    'names to take over': `wide * on (id) group_left (${NAMES}) wide{group="7"}`,
    'names to match on, many to one': `wide * on (${NAMES},group) group_left () sum by (group) (wide)`,
    'names to ignore, set operation': `wide unless ignoring (${NAMES}) wide{group="7"}`,
    'names to group in each other': nest(40, `sum by (${list(2000, ',', (i) => `l${i}`)}, id) (`, 'wide', ')'),
    'long names to group by': `sum by (${list(19, ',', (i) => `"${i}${'x'.repeat(100_000)}"`)}) (wide)`,
    'joins of many labels in each other': nest(
      20,
      'label_join(',
      'wide',
      `, "m", "-", ${list(2000, ',', (i) => (i % 2 === 0 ? '"id"' : '"group"'))})`,
    ),
    'a join of many equal labels': `label_join(wide, "m", "", ${list(300_000, ',', () => '"id"')})`,
    'replaced labels with long names': list(
      19,
      ' or ',
      (i) => `label_replace(wide, "${'x'.repeat(100_000)}${i}", "$1", "id", "(.*)")`,
    ),
    'limit_ratio of long values': `limit_ratio(0.5, label_replace(wide, "n", "${X}$1", "group", "(.*)"))`,
    'limit_ratio in each other': nest(400, 'limit_ratio(0.99, ', 'wide', ')'),
    'limitk in each other': nest(400, 'limitk(100000, ', 'wide', ')'),
    'a hundred thousand quantiles': `histogram_quantiles(huge, "q", ${NUMBERS})`,
    'a hundred thousand quantiles of a classic one': `histogram_quantiles(label_replace(wide{group="7"}, "le", "$1", "id", "id-(.*)"), "q", ${NUMBERS})`,
    'quantiles under a long name': `histogram_quantiles(huge, "${X}", 0.1, 0.2, 0.3)`,
    'fractions with odd bounds': 'histogram_fraction(-Inf, NaN, huge) or histogram_fraction(+Inf, -Inf, huge)',
    'a chain of fills': list(2000, ' + fill (1) ', (i) => `wide{id="id-${i}"}`),
    'a chain of fills of many': list(100, ' + on (id) fill (1) ', (i) => `wide{group=~"${i}|7"}`),
    'fills in each other': nest(240, 'wide{group="7"} + fill (0) (', 'wide{group="8"}', ')'),
    'signs and parentheses': nest(249, '-(', 'wide', ')'),
    'signs between powers': list(240, '^', () => '-1'),
    'durations of powers': `rate(long[${list(450, ' ^ ', () => '1')}])`,
    'durations of least ones': `rate(long[${nest(240, 'min_of(4h, ', '2h', ')')}])`,
    'durations of many steps': `rate(long[${list(100_000, '+', () => 'step()')}])`,
    'many offsets': list(5000, ' or ', (i) => `(long offset (${i}s + ${i}s))`),
    'strings in comparisons': list(2, ' == bool ', () => `count_values("${'v'.repeat(1000)}", wide)`),
    'a string of escapes': `"${'\\x41'.repeat(MEGABYTE / 4)}"`,
    'a string of octal escapes': `label_replace(wide, "n", "${'\\101'.repeat(MEGABYTE / 4)}", "id", ".*")`,
    'a raw string': `\`${'\n'.repeat(MEGABYTE)}\``,
    'a string of characters beyond ASCII': `"${'ä'.repeat(MEGABYTE - 10)}"`,
    'a matcher of characters beyond ASCII': `wide{id="${'ä'.repeat(MEGABYTE - 50)}"}`,
    'a text of other lines': `${'\r\n'.repeat(MEGABYTE - 10)}wide`,
    'one comment': `#${'x'.repeat(2 * MEGABYTE - 10)}\nwide`.slice(0, 2 * MEGABYTE),
    'equal patterns': `wide{${list(90_000, ',', () => 'id=~"(a|b)+c"')}}`,
    'different matchers in many selectors': list(
      100,
      ' or ',
      (j) => `wide{${list(900, ',', (i) => `id!="${i}-${j}"`)}}`,
    ),
    'absent of many matchers': list(
      100,
      ' or ',
      (j) => `absent(wide{id="y${j}",${list(900, ',', (i) => `l${i}="x"`)}})`,
    ),
    'absent of equal matchers': `absent(wide{${list(900, ',', (i) => `l${i}="x"`)},${list(90_000, ',', () => 'l0="x"')}})`,
    'a million sorted by a quantile': `quantile by (id) (0.5, ${list(10, ' or ', (i) => `label_replace(wide, "copy", "${i}", "", "")`)})`,
    'a million in a count': `count_values("v", ${list(10, ' or ', (i) => `label_replace(wide + ${i} / 10, "copy", "${i}", "", "")`)})`,
    'a million in topk': `topk(1000000, ${list(10, ' or ', (i) => `label_replace(wide, "copy", "${i}", "", "")`)})`,
    'a million in topk by id': `topk by (id) (5, ${list(10, ' or ', (i) => `label_replace(wide, "copy", "${i}", "", "")`)})`,
    'a million joined': `(${list(10, ' or ', (i) => `label_replace(wide, "copy", "${i}", "", "")`)}) * on (id) group_left () wide`,
    'a million grouped': `sum by (id, copy) (${list(10, ' or ', (i) => `label_replace(wide, "copy", "${i}", "", "")`)})`,
    'a histogram of odd bounds':
      'histogram_quantile(0.5, sum by (le) (label_replace(wide, "le", "-0x1p-$1", "id", "id-(.*)")))',
    'a million as a histogram': `histogram_quantile(0.5, ${list(10, ' or ', (i) => `label_replace(label_replace(wide, "copy", "${i}", "", ""), "le", "$1", "id", "id-(.*)")`)})`,
    'buckets that fall': 'histogram_quantile(0.5, sum by (le) (label_replace(-wide, "le", "$1", "id", "id-(.*)")))',
    'subqueries of many series': 'max_over_time(wide[5m:1s])',
    'a subquery of joins': 'max_over_time((wide{group="7"} * on (id) wide{group="7"})[5m:1s])',
    'a subquery of sorted ones': 'max_over_time(sort_by_label(wide{group="7"}, "id")[5m:1s])',
    'times of everything': 'timestamp(timestamp({__name__=~".+"}))',
    'many times': list(500, ' or ', (i) => `timestamp(wide{group="${i % 100}"} offset ${i}s)`),
    'one of each function of time': list(200, ' + ', (i) => ['minute()', 'day_of_year()', 'pi()', 'time()'][i % 4]!),
    'a chain of scalars': list(4000, ' + ', (i) => `scalar(wide{id="id-${i}"})`),
  }),
  ...queries(DENSE, {
    'fills at each step': `${GROUP} + on (id) fill (1) wide{group="9"}`,
    'limit_ratio of the time': `limit_ratio(time() % 2 - 1, ${GROUP})`,
    'quantiles of the time': `quantile by (id) (time() % 1, ${GROUP})`,
    'counted values of the time': 'count_values("v", vector(time() % 5000))',
    'info at each step': 'info(service{job="job-3"})',
    'quantiles by label at each step': 'histogram_quantiles(native, "q", time() % 1, time() % 2 / 2)',
    'sorting at each step': `sort_by_label(topk(5, ${GROUP}), "id")`,
    'comparisons of powers': '(long ^ 0.5 ^ long) > (long % 0.3)',
    'joins by group': `${GROUP} * on (group) group_left () avg by (group) (${GROUP})`,
  }),
];
