import type { Spend } from '../../../kernels/blocks.ts';
import { type Labels, METRIC_NAME } from '../../../model/labels.ts';
import type { Matcher } from '../../../model/matcher.ts';
import { matcherPredicate } from '../../../model/matcher-predicate.ts';

/** The labels by which info series belong to others. */
export const IDENTIFYING_LABELS = ['instance', 'job'] as const;

const DEFAULT_INFO: Matcher = { type: '=', name: METRIC_NAME, value: 'target_info' };
/** What counts as info metric where only names to leave out are given. */
const ANY_INFO: Matcher = { type: '=~', name: METRIC_NAME, value: '.+_info' };

/** Looking for a label takes as long as so many samples, and making a pattern of its value. */
const LOOKING_WORK = 20;
const QUOTING_WORK = 100;

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

  /** Matchers for the info series that belong to any of these series, of which there may be many; null where nothing identifies them. */
  matchersFor(series: readonly Labels[], spend: Spend): readonly Matcher[] | null {
    const identifying: Matcher[] = [];
    for (const name of IDENTIFYING_LABELS) {
      const values = new Set<string>();
      for (const labels of series) {
        spend(LOOKING_WORK);
        values.add(labels.get(name));
      }
      values.delete('');
      if (values.size === 0) continue;
      const alternatives: string[] = [];
      for (const value of values) {
        spend(QUOTING_WORK);
        alternatives.push(quoteMeta(value));
      }
      identifying.push({ type: '=~', name, value: alternatives.join('|') });
    }
    return identifying.length === 0 ? null : [...identifying, ...this.#dataMatchers, ...this.#nameMatchers];
  }
}

function effectiveNames(matchers: readonly Matcher[]): readonly Matcher[] {
  if (matchers.some(({ type }) => type === '=' || type === '=~')) return matchers;
  return matchers.length > 0 ? [ANY_INFO, ...matchers] : [DEFAULT_INFO];
}

/** Escapes what means something in an RE2 pattern. */
function quoteMeta(text: string): string {
  return text.replace(/[\\.+*?()|[\]{}^$]/g, '\\$&');
}
