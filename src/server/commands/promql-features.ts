import { closest } from '../../config/closest.ts';
import { DEFAULT_PARSER_OPTIONS, type ParserOptions } from '../../promql/syntax/options.ts';
import { featureNames } from '../flags/feature-table.ts';
import { type Given, valueFlag } from './command-tree.ts';
import { UsageError } from './run-command.ts';

const FEATURES = [
  'promql-binop-fill-modifiers',
  'promql-delayed-name-removal',
  'promql-duration-expr',
  'promql-experimental-functions',
  'promql-extended-range-selectors',
] as const;

/** What of PromQL is on, as the server's flag of the same name says it. */
export const FEATURE_FLAG = valueFlag(
  'enable-feature',
  'NAMES',
  `Comma separated names of PromQL features to enable: ${FEATURES.join(', ')}.`,
  {
    repeatable: true,
  },
);

export interface PromqlFeatures {
  readonly parser: ParserOptions;
  readonly delayedNameRemoval: boolean;
}

/** Throws UsageError for a name that is no feature of PromQL. */
export function featuresFrom(given: Given): PromqlFeatures {
  const names = featureNames(given.flags(FEATURE_FLAG.name)).filter((name) => name !== '');
  for (const name of names) {
    if (FEATURES.some((feature) => feature === name)) continue;
    const near = closest(name, FEATURES);
    throw new UsageError(
      `'${name}' is no feature of PromQL`,
      near === null ? `there are ${FEATURES.join(', ')}` : `did you mean ${near}?`,
    );
  }
  const has = (feature: (typeof FEATURES)[number]) => names.includes(feature);
  return {
    parser: {
      ...DEFAULT_PARSER_OPTIONS,
      experimentalFunctions: has('promql-experimental-functions'),
      extendedRangeSelectors: has('promql-extended-range-selectors'),
      binopFillModifiers: has('promql-binop-fill-modifiers'),
    },
    delayedNameRemoval: has('promql-delayed-name-removal'),
  };
}
