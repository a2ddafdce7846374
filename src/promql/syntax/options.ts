/** Parts of the language that are experiments; where one is off, using it is an error that says so. */
export interface ParserOptions {
  /** `--enable-feature=promql-experimental-functions` */
  readonly experimentalFunctions: boolean;
  /** `--enable-feature=promql-extended-range-selectors`: `anchored` and `smoothed`. */
  readonly extendedRangeSelectors: boolean;
  /** `--enable-feature=promql-binop-fill-modifiers`: `fill`, `fill_left` and `fill_right`. */
  readonly binopFillModifiers: boolean;
  /** Arithmetic in durations, `[5m * 2]`; on by default since 3.14. */
  readonly durationExpressions: boolean;
}

/** What a server without feature flags understands. */
export const DEFAULT_PARSER_OPTIONS: ParserOptions = {
  experimentalFunctions: false,
  extendedRangeSelectors: false,
  binopFillModifiers: false,
  durationExpressions: true,
};

/** Everything, as the test scripts need it. */
export const ALL_PARSER_OPTIONS: ParserOptions = {
  experimentalFunctions: true,
  extendedRangeSelectors: true,
  binopFillModifiers: true,
  durationExpressions: true,
};
