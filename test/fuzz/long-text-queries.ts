import type { HostileQuery } from './hostile-queries.ts';

// Label values and names of up to a megabyte that a query makes itself, and lists of names without end, for the data of `rare-data.ts`.

const ONCE = { steps: 1, stepMs: 0 };
/** A minute apart: many series have values at the last five of them. */
const FEW = { steps: 20, stepMs: 15_000 };

function queries(
  times: Pick<HostileQuery, 'steps' | 'stepMs'>,
  texts: Readonly<Record<string, string>>,
): HostileQuery[] {
  return Object.entries(texts).map(([name, text]) => ({
    name: `long texts: ${name} at ${times.steps}`,
    text,
    ...times,
  }));
}

function list(count: number, item: (i: number) => string): string {
  return Array.from({ length: count }, (_, i) => item(i)).join(', ');
}

const MEGABYTE = 2 ** 20;
const X = 'x'.repeat(MEGABYTE - 100);
const DIGITS = '7'.repeat(MEGABYTE - 100);
const RUNS = 'a01'.repeat((MEGABYTE - 100) / 3);
/** One of a hundred values for each series, the same but for their ends. */
const ending = (text: string, label = 'n', of = 'wide') =>
  `label_replace(${of}, "${label}", "${text}$1", "group", "(.*)")`;
/** A value of its own for each of a thousand series. */
const own = (length: number) => `label_replace(wide{group="7"}, "n", "${'x'.repeat(length)}$1", "id", "id-(.*)")`;
/** A group of a pattern that matches nothing, by its name. */
const EMPTY = '$' + '{b}';
const NAMES = list(100_000, (i) => `l${i}`);
const OTHERS = list(80_000, (i) => `k${i}`);
const FEW_MATCHERS = list(900, (i) => `l${i}!="x"`);
const QUOTED = list(150_000, (i) => `"l${i}"`);

export const LONG_TEXT_QUERIES: readonly HostileQuery[] = [
  ...queries(ONCE, {
    'values with equal beginnings': ending(X),
    'sort by equal beginnings': `sort_by_label(${ending(X)}, "n")`,
    'sort by digits': `sort_by_label(${ending(DIGITS)}, "n")`,
    'sort by runs of digits': `sort_by_label_desc(${ending(RUNS)}, "n")`,
    'sort by runs with and without zeros':
      `sort_by_label(${ending(RUNS, 'n', 'wide{group=~"7."}')} or ` +
      `${ending('a1'.repeat((MEGABYTE - 100) / 3), 'n', 'wide{group=~"8."}')}, "n")`,
    'sort by values of their own': `sort_by_label(${own(100_000)}, "n")`,
    'sort by what comes last': `sort_by_label(${ending(X)}, "nothing")`,
    'group by equal beginnings': `sum by (n) (${ending(X)})`,
    'group by values of their own': `sum by (n, id) (${own(100_000)})`,
    'join on equal beginnings': `${ending(X)} * on (n, id) ${ending(X)}`,
    'join that takes them over': `wide * on (id) group_left (n) ${ending(X)}`,
    'join that is wrong': `wide * on (group) ${ending(X)}`,
    'sets of them': `${ending(X)} unless on (n) (${ending(X, 'n', 'wide{group="7"}')})`,
    'topk by them': `topk by (n) (1, ${ending(X)})`,
    'limitk by them': `limitk by (n) (1, ${ending(X)})`,
    'limit_ratio of them': `limit_ratio(0.5, ${ending(X)})`,
    'quantile by them': `quantile by (n) (0.5, ${ending(X)})`,
    'count_values by them': `count_values by (n) ("v", ${ending(X)})`,
    'count_values under a long name': `count_values("${X}", wide)`,
    'count_values with names without end': `count_values by (${NAMES}) ("v", wide)`,
    'count_values without names without end': `count_values without (${NAMES}) ("v", wide)`,
    'a label with a long name': `label_replace(wide, "${X}", "$1", "id", "(.*)")`,
    'labels with long names': `label_replace(label_replace(wide, "${X}", "$1", "id", "(.*)"), "y", "$1", "id", "(.*)")`,
    'joined labels with a long name': `label_join(wide, "${X}", "-", "id", "group")`,
    'joined labels without end': `label_join(wide{group="7"}, "n", "", ${QUOTED})`,
    'joined long values': `label_join(${ending('x'.repeat(300_000))}, "m", "-", "n", "n", "n")`,
    'long buckets': `histogram_quantile(0.9, ${ending(DIGITS, 'le')})`,
    'long buckets with underscores': `histogram_quantile(0.9, ${ending('7_'.repeat(MEGABYTE / 2 - 100), 'le')})`,
    'long buckets that are none': `histogram_quantile(0.9, ${ending(`${DIGITS}x`, 'le')})`,
    'long buckets that are none, each its own': `histogram_quantile(0.9, label_replace(wide, "le", "${'7'.repeat(900)}x$1", "id", "id-(.*)"))`,
    'long bounds of fractions': `histogram_fraction(0, 1, ${ending(`0.${DIGITS.slice(2)}`, 'le')})`,
    'a template without end': `label_replace(wide, "n", "${'$1'.repeat(200_000)}", "nothing", "(.*)")`,
    'a template of names without end': `label_replace(wide, "n", "$1${EMPTY.repeat(200_000)}", "id", "(?P<a>.)(?P<b>x?).*")`,
    'sort by labels without end': `sort_by_label(wide, ${QUOTED})`,
    'group by labels without end': `sum by (${NAMES}) (wide)`,
    'group without labels without end': `sum without (${NAMES}) (wide)`,
    'quantiles by labels without end': `quantile by (${NAMES}) (0.5, wide)`,
    'join on labels without end': `wide * ignoring (${NAMES}) wide`,
    'join that takes over labels without end': `wide{group="7"} * on (id) group_left (${NAMES}) wide`,
    'join of groups by labels without end': `wide * ignoring (${NAMES}) sum by (${OTHERS}) (wide)`,
    'join of groups without labels without end': `wide * ignoring (${NAMES}) sum without (${OTHERS}) (wide)`,
    'join of what is joined on them': `wide * on (${OTHERS}) (wide * ignoring (${NAMES}) wide)`,
    'join on them of functions in functions': `${'abs('.repeat(300)}wide${')'.repeat(300)} * ignoring (${NAMES}) wide`,
    'matchers into groups by labels without end': `sum by (${NAMES}) (wide{${FEW_MATCHERS}}) * ignoring () sum by (${OTHERS}) (wide)`,
    'fill with labels without end': `wide + ignoring (${NAMES}) fill (0) wide{group="7"}`,
    'info with long values': `info(${ending(X, 'n', 'service')}, {data=~".+"})`,
    'info by many matchers': `info(service, {${list(900, (i) => `data!="${i}"`)}})`,
    'info with a list': `info(service, {data=~"${Array.from({ length: 30_000 }, (_, i) => `data-${i}`).join('|')}"})`,
    'absent of long values': `absent(wide{id="${X}"})`,
    'a name in quotes': `{"${X}"}`,
    'absent of many': Array.from({ length: 400 }, (_, i) => `absent(wide{id="x${i}", n="${'x'.repeat(2000)}"})`).join(
      ' or ',
    ),
    'an error that prints them': `label_replace(${ending(X)}, "id", "", "", "")`,
  }),
  ...queries(FEW, {
    'values with equal beginnings': ending(X),
    'values of their own': own(100_000),
    'count_values by them': `count_values by (n) ("v", ${ending(X, 'n', 'wide{group=~"7."}')})`,
    'labels with long names': `label_replace(wide{group=~"7."}, "${X}", "$1", "id", "(.*)")`,
    'long buckets': `histogram_quantile(0.9, ${ending(DIGITS, 'le')})`,
    'join on equal beginnings': `${ending(X)} * on (n, id) ${ending(X)}`,
  }),
];
