import { type Labels, METRIC_NAME } from '../../../model/labels.ts';
import type { Matcher } from '../../../model/matcher.ts';
import { matcherPredicate } from '../../../model/matcher-predicate.ts';
import { TextMap } from '../../../std/text-map.ts';
import type { QueryBudget } from '../budget.ts';
import { MAP_ENTRY_BYTES } from '../sizes.ts';
import { comparingTexts, UNITS_PER_WORK } from '../text-work.ts';

/** The labels by which info series belong to others. */
export const IDENTIFYING_LABELS = ['instance', 'job'] as const;

const DEFAULT_INFO: Matcher = { type: '=', name: METRIC_NAME, value: 'target_info' };
/** What counts as info metric where only names to leave out are given. */
const ANY_INFO: Matcher = { type: '=~', name: METRIC_NAME, value: '.+_info' };

/** Looking for a label takes as long as so many samples, and making a pattern of its value. */
const LOOKING_WORK = 20;
const QUOTING_WORK = 100;

/** More values, or longer ones together, make no pattern: it would be read in one piece, 50 ms for 100,000 of them. */
const PATTERN_VALUES_MAX = 50_000;
const PATTERN_UNITS_MAX = 2 ** 20;

/** What to ask the storage for, and which of what it answers. */
export interface InfoRequest {
  readonly matchers: readonly Matcher[];
  /** False of series that belong to none of those asked for; null where the matchers choose no such series. */
  readonly isWanted: ((labels: Labels) => boolean) | null;
}

/** What the second argument of `info` says: which info metrics to look at, and which of their labels to take. */
export class InfoSelector {
  readonly #nameMatchers: readonly Matcher[];
  readonly #dataMatchers: readonly Matcher[];
  readonly #dataLabels: ReadonlySet<string>;
  readonly #nameTests: readonly ((value: string) => boolean)[];
  /** A series without info series is left out if the selector asks for a label that must not be empty. */
  readonly requiresInfo: boolean;

  /** `matchers`: those of the second argument, or null where there is none. */
  constructor(matchers: readonly Matcher[] | null) {
    const given = matchers ?? [DEFAULT_INFO];
    this.#nameMatchers = effectiveNames(given.filter(({ name }) => name === METRIC_NAME));
    this.#dataMatchers = given.filter(({ name }) => name !== METRIC_NAME);
    this.#dataLabels = new Set(this.#dataMatchers.map(({ name }) => name));
    this.#nameTests = this.#nameMatchers.map(matcherPredicate);
    this.requiresInfo = this.#dataMatchers.some((matcher) => !matcherPredicate(matcher)(''));
  }

  isInfoName(name: string): boolean {
    return this.#nameTests.every((test) => test(name));
  }

  /** True for labels that are copied from info series. */
  takes(label: string): boolean {
    return label !== METRIC_NAME && (this.#dataLabels.size === 0 || this.#dataLabels.has(label));
  }

  /** Asks for the info series that belong to any of these series, of which there may be many; null where nothing identifies them. */
  requestFor(series: readonly Labels[], budget: QueryBudget): InfoRequest | null {
    const identifying: Matcher[] = [];
    const tests: ((labels: Labels) => boolean)[] = [];
    for (const name of IDENTIFYING_LABELS) {
      const { isIn, units, values } = valuesOf(name, series, budget);
      if (values.length === 0) continue;
      if (values.length > PATTERN_VALUES_MAX || units > PATTERN_UNITS_MAX)
        tests.push((labels) => isIn(labels.get(name)));
      else {
        const alternatives: string[] = [];
        for (const value of values) {
          budget.spend(QUOTING_WORK);
          alternatives.push(quoteMeta(value));
        }
        identifying.push({ type: '=~', name, value: alternatives.join('|') });
      }
    }
    if (identifying.length + tests.length === 0) return null;
    return {
      matchers: [...identifying, ...this.#dataMatchers, ...this.#nameMatchers],
      isWanted: tests.length === 0 ? null : (labels) => tests.every((test) => test(labels)),
    };
  }
}

/** The different values of a label, without the empty one, in the order of the series, and their UTF-16 units together. */
function valuesOf(
  name: string,
  series: readonly Labels[],
  budget: QueryBudget,
): { values: readonly string[]; units: number; isIn: (value: string) => boolean } {
  const known = new TextMap<true>(comparingTexts(budget));
  const values: string[] = [];
  let units = 0;
  for (const labels of series) {
    budget.spend(LOOKING_WORK);
    const value = labels.get(name);
    if (value === '' || known.get(value) === true) continue;
    budget.takeBytes(MAP_ENTRY_BYTES);
    budget.spend(value.length / UNITS_PER_WORK);
    known.set(value, true);
    values.push(value);
    units += value.length;
  }
  return { values, units, isIn: (value) => known.get(value) === true };
}

function effectiveNames(matchers: readonly Matcher[]): readonly Matcher[] {
  if (matchers.some(({ type }) => type === '=' || type === '=~')) return matchers;
  return matchers.length > 0 ? [ANY_INFO, ...matchers] : [DEFAULT_INFO];
}

/** Escapes what means something in an RE2 pattern. */
function quoteMeta(text: string): string {
  return text.replace(/[\\.+*?()|[\]{}^$]/g, '\\$&');
}
