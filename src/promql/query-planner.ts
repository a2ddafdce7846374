import type { FunctionFeatures, FunctionRegistry } from './functions/contracts.ts';
import { KnownQueries } from './known-queries.ts';
import { type ExplainedNode, type ExplainedPass, explainedTree } from './plan/explain.ts';
import type { Look } from './plan/fold-tree.ts';
import { checkDurations, planFromAst } from './plan/from-ast.ts';
import { keepHistogramStatistics } from './plan/histogram-statistics.ts';
import { ObservedTimes } from './plan/observed-times.ts';
import { PASSES, type Pass } from './plan/passes/passes.ts';
import type { Plan } from './plan/plan.ts';
import { type AskedTimes, PlanError, type QueryTimes } from './plan/resolve-duration.ts';
import type { Expr } from './syntax/ast.ts';
import { documentedType, exprType } from './syntax/expr-type.ts';
import type { ParserOptions } from './syntax/options.ts';
import { parseExpr } from './syntax/parse.ts';

const NO_NAMES: ReadonlySet<string> = new Set();

export interface PlannerOptions {
  /** Step (ms) of a subquery that names none: the global evaluation interval. */
  readonly defaultSubqueryStepMs: (rangeMs: number) => number;
  readonly parser: ParserOptions;
  readonly features: FunctionFeatures;
  readonly functions: FunctionRegistry;
  /** Names of passes that do not run. Default none. */
  readonly withoutPasses?: ReadonlySet<string>;
}

/** What a query asks beside its text. Times in ms. */
export interface QueryParameters {
  /** `instant`: one evaluation at `start`; then `end` equals `start` and `step` is 0. */
  readonly kind: 'instant' | 'range';
  readonly start: number;
  readonly end: number;
  readonly step: number;
  readonly lookbackMs: number;
  /** Absent where they are the same. */
  readonly asked?: AskedTimes | undefined;
}

/** A query whose text is right; it can run any number of times. */
export interface PreparedQuery {
  readonly text: string;
  readonly parameters: QueryParameters;
  readonly expr: Expr;
}

/** A plan after its passes, as it runs and as it is shown. */
export interface ExplainedPlan {
  readonly plan: Plan;
  readonly passes: readonly ExplainedPass[];
  readonly tree: ExplainedNode;
}

/** From a text to the plan that it runs by. Keeps the plans of the texts that were asked last. */
export class QueryPlanner {
  readonly #options: PlannerOptions;
  readonly #known = new KnownQueries();

  constructor(options: PlannerOptions) {
    this.#options = options;
  }

  /**
   * Parses and checks a query.
   *
   * @throws PromqlSyntaxError for mistakes in the text, PlanError where the expression does not fit a range query or a
   * duration has no usable value; and what `look` throws, which is called now and then
   */
  prepare(text: string, parameters: QueryParameters, look: Look): PreparedQuery {
    const known = this.#known.get(text);
    const expr = known === undefined ? parseExpr(text, this.#options.parser, look) : known.expr;
    const type = known === undefined ? exprType(expr) : known.type;
    if (parameters.kind === 'range' && type !== 'vector' && type !== 'scalar') {
      throw new PlanError(
        `invalid expression type "${documentedType(type)}" for range query, must be Scalar or instant Vector`,
      );
    }
    if (known === undefined) {
      const times = new ObservedTimes(parameters);
      checkDurations(expr, times, look);
      this.#known.add(text, { expr, type, hasFixedDurations: !times.wereLookedAt, plan: null, exactPlan: null });
    } else if (!known.hasFixedDurations) checkDurations(expr, timesOf(parameters), look);
    return { text, parameters, expr };
  }

  /** The plan that a query runs by. `exactCounts` leaves out passes that read less than the text asks for. */
  planned(query: PreparedQuery, exactCounts: boolean, look: Look): Plan {
    const known = this.#known.get(query.text);
    const ready = exactCounts ? known?.exactPlan : known?.plan;
    if (ready !== undefined && ready !== null) return ready;
    const { features } = this.#options;
    const times = new ObservedTimes(query.parameters);
    const passes = this.#passes(NO_NAMES).filter((pass) => !pass.readsLess || !exactCounts);
    const plan = passes.reduce((before, pass) => pass.run(before, look, features), this.#written(query, look, times));
    if (known === undefined || times.wereLookedAt) return plan;
    if (exactCounts) known.exactPlan = plan;
    else known.plan = plan;
    return plan;
  }

  /** The plan that a query would run by without some passes, and what each of the others did. */
  explained(query: PreparedQuery, without: ReadonlySet<string>, look: Look): ExplainedPlan {
    const { features } = this.#options;
    const written = this.#written(query, look);
    let tree = explainedTree(written, look);
    let treeText = JSON.stringify(tree);
    let plan = written;
    const passes = this.#passes(without).map(({ name, purpose, run }) => {
      plan = run(plan, look, features);
      const before = treeText;
      look();
      tree = explainedTree(plan, look);
      treeText = JSON.stringify(tree);
      return { name, purpose, applied: treeText !== before };
    });
    return { plan, passes, tree };
  }

  /** The passes that run, in their order. */
  #passes(without: ReadonlySet<string>): readonly Pass[] {
    const { withoutPasses = NO_NAMES } = this.#options;
    return PASSES.filter(({ name }) => !withoutPasses.has(name) && !without.has(name));
  }

  #written({ expr, parameters }: PreparedQuery, look: Look, times = new ObservedTimes(parameters)): Plan {
    const { functions } = this.#options;
    const defaultSubqueryStepMs = (rangeMs: number) => {
      // It follows the configuration.
      times.wereLookedAt = true;
      return this.#options.defaultSubqueryStepMs(rangeMs);
    };
    return keepHistogramStatistics(planFromAst(expr, { times, functions, defaultSubqueryStepMs, look }), look);
  }
}

function timesOf({ asked, start, end, step }: QueryParameters): QueryTimes {
  return { start, end, step, asked };
}
