import { Labels } from '../model/labels.ts';
import type { Clock } from '../std/clock.ts';
import type { Querier, Queryable } from '../storage/query.ts';
import { Annotations } from './exec/annotations.ts';
import { type CancelSignal, checkWanted, QueryBudget } from './exec/budget.ts';
import { buildOperators } from './exec/build.ts';
import type { QueryContext, Selection } from './exec/context.ts';
import { EqualRanges } from './exec/equal-ranges.ts';
import { FinishNames, finishedLabels } from './exec/finish-names.ts';
import { type Grid, gridBetween } from './exec/grid.ts';
import { samplesWeight } from './exec/histogram-weight.ts';
import type { Operators } from './exec/operator.ts';
import { Probe } from './exec/probe.ts';
import { timeoutAtStartError } from './exec/query-error.ts';
import { SampleCounts } from './exec/sample-counts.ts';
import type { Scope } from './exec/scope.ts';
import { extendFloats } from './exec/select/extend-floats.ts';
import { checked, noteWarnings, selectAll, widestRange, workOf } from './exec/select-all.ts';
import type { FunctionFeatures, FunctionRegistry } from './functions/contracts.ts';
import { KnownQueries } from './known-queries.ts';
import { type Analysis, type Explanation, explainedSelector, explainedTree } from './plan/explain.ts';
import type { Look } from './plan/fold-tree.ts';
import { checkDurations, planFromAst } from './plan/from-ast.ts';
import { keepHistogramStatistics } from './plan/histogram-statistics.ts';
import { ObservedTimes } from './plan/observed-times.ts';
import { PASSES, type Pass } from './plan/passes/passes.ts';
import { isRangePlan, isScalarPlan, type Plan } from './plan/plan.ts';
import { PlanError, type QueryTimes } from './plan/resolve-duration.ts';
import { CountingSink, type ResultSink } from './result.ts';
import type { Expr } from './syntax/ast.ts';
import { documentedType, exprType } from './syntax/expr-type.ts';
import type { ParserOptions } from './syntax/options.ts';
import { parseExpr } from './syntax/parse.ts';

const BYTES_MAX_DEFAULT = 2 ** 30;
const NO_NAMES: ReadonlySet<string> = new Set();
/** Writing a sample takes as long as looking at so many. */
const WRITING_WORK = 10;

/** Giving a series and writing its labels takes as long as looking at so many samples, at least. */
const ROW_WORK = 20;
/** And writing a byte of long labels. */
const WRITTEN_WORK = 1 / 16;

const NEVER_ENDED: Look = () => {};

export interface EngineOptions {
  /** Samples that one query may hold; see `QueryBudget`. */
  readonly samplesMax: number;
  /** Bytes that one query may allocate; see `QueryBudget`. Default 1 GiB. */
  readonly bytesMax?: number;
  /** Step (ms) of a subquery that names none: the global evaluation interval. */
  readonly defaultSubqueryStepMs: (rangeMs: number) => number;
  readonly parser: ParserOptions;
  readonly features: FunctionFeatures;
  readonly functions: FunctionRegistry;
  readonly clock: Clock;
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
}

export interface RunOptions {
  readonly timeoutMs: number;
  readonly signal: CancelSignal;
  /**
   * Lets the event loop run; a worker that serves one query at a time may resolve at once. `bytes`: what the query has
   * allocated so far.
   */
  readonly pause: (bytes: number) => Promise<void>;
  /** The query pauses after running so long. */
  readonly pauseAfterMs: number;
  /** Count samples for every step, not only in sum. */
  readonly countSteps: boolean;
  /** The counts of samples are to be those of the query as it is written: passes that read less do not run. */
  readonly exactCounts?: boolean;
  /** Ends with `TooMuchWork` before anything is calculated where more is to be done, in steps of operators. Default: no limit. */
  readonly workMax?: number;
}

/** More is to be done than was allowed for; nothing was. */
export class TooMuchWork extends Error {
  override readonly name = 'TooMuchWork';
}

/** A query whose text is right; it can run any number of times. */
export interface PreparedQuery {
  readonly text: string;
  readonly parameters: QueryParameters;
  readonly expr: Expr;
}

export interface QueryOutcome {
  readonly annotations: Annotations;
  readonly counts: SampleCounts;
  readonly peakSamples: number;
  /** Memory taken, as the budget counts it. */
  readonly bytes: number;
  readonly timings: QueryTimings;
}

/** Seconds. */
export interface QueryTimings {
  preparation: number;
  evaluation: number;
  sorting: number;
}

/** Turns PromQL into answers over any storage. Keeps nothing between queries but the plans of texts asked last. */
export class Engine {
  readonly #options: EngineOptions;
  readonly #known = new KnownQueries();

  constructor(options: EngineOptions) {
    this.#options = options;
  }

  /**
   * Parses and checks a query.
   *
   * @throws PromqlSyntaxError for mistakes in the text, PlanError where the expression does not fit a range query or a
   * duration has no usable value; and what `look` throws, which is called now and then
   */
  prepare(text: string, parameters: QueryParameters, look: Look = NEVER_ENDED): PreparedQuery {
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

  /**
   * Runs a query and hands its answer to `sink`. What is gathered in `annotations` is there after a failure too.
   *
   * @throws QueryError, and EvaluationError for what only the evaluation can refuse
   */
  async run(
    query: PreparedQuery,
    queryable: Queryable,
    sink: ResultSink,
    annotations: Annotations,
    options: RunOptions,
  ): Promise<QueryOutcome> {
    const plan = this.#planned(query, options.exactCounts === true, this.#lookOf(options));
    return (await this.#run(query, plan, queryable, sink, annotations, options, null)).outcome;
  }

  /** Runs a plan of a query, whose operators are measured where that is asked for. */
  async #run(
    { parameters }: PreparedQuery,
    plan: Plan,
    queryable: Queryable,
    sink: ResultSink,
    annotations: Annotations,
    options: RunOptions,
    measured: 'measured' | null,
  ): Promise<{ outcome: QueryOutcome; probe: Probe | null }> {
    const { bytesMax = BYTES_MAX_DEFAULT, clock, features, samplesMax } = this.#options;
    const { timeoutMs, signal, pauseAfterMs } = options;
    let probe: Probe | null = null;
    const pauseOnce = () => options.pause(budget.bytes);
    const pause = () => (probe === null ? pauseOnce() : probe.duringPause(pauseOnce));
    const budget: QueryBudget = new QueryBudget({
      samplesMax,
      bytesMax,
      timeoutMs,
      clock,
      signal,
      pause,
      pauseAfterMs,
    });
    if (measured !== null) probe = new Probe(clock, budget);
    budget.check();
    const began = clock.monotonic();
    const grid = gridOf(parameters);
    const counts = new SampleCounts(grid, options.countSteps ? 'perStep' : 'sums');
    const scope: Scope = { grid, isInstant: parameters.start === parameters.end, counts };
    const selections: Selection[] = [];
    let querier: Querier | null = null;
    const context: QueryContext = {
      annotations,
      budget,
      lookbackMs: parameters.lookbackMs,
      features,
      selections,
      size: { operators: 0, steps: 0 },
      shared: new Map(),
      probe,
      dropped: { typesOrUnits: false },
      laterRanges: [],
      selectLater: async (request) => noteWarnings(await querier!.select(checked(request, budget)), annotations),
    };
    const operators = buildOperators(plan, scope, context);
    const { workMax = Number.POSITIVE_INFINITY } = options;
    if (context.size.steps > workMax || (context.laterRanges.length > 0 && options.workMax !== undefined)) {
      throw new TooMuchWork(`${context.size.steps} steps of operators`);
    }
    const timings: QueryTimings = { preparation: 0, evaluation: 0, sorting: 0 };
    try {
      querier = queryable.querier(
        widestRange([...selections.map(({ request }) => request.range), ...context.laterRanges]),
      );
      await selectAll(querier, selections, annotations, budget);
      if (workOf(context) > workMax) throw new TooMuchWork('too many series');
      const evaluated = clock.monotonic();
      timings.preparation = (evaluated - began) / 1000;
      await this.#evaluate(plan, operators, parameters, scope, context, sink);
      const sorted = clock.monotonic();
      timings.evaluation = (sorted - evaluated) / 1000;
      sink.end(budget.spending);
      timings.sorting = (clock.monotonic() - sorted) / 1000;
    } finally {
      querier?.close();
    }
    counts.collect(budget.spending);
    return { outcome: { annotations, counts, peakSamples: budget.peak, bytes: budget.bytes, timings }, probe };
  }

  /**
   * Runs a query as `explain` shows it, and tells what every step of it gave and took. The answer itself is counted only.
   *
   * @throws as `run` and `explain` do
   */
  async analyze(
    query: PreparedQuery,
    queryable: Queryable,
    annotations: Annotations,
    options: RunOptions,
    without: ReadonlySet<string> = NO_NAMES,
  ): Promise<{ explanation: Explanation; outcome: QueryOutcome }> {
    const { plan, explanation } = this.#explained(query, without, this.#lookOf(options));
    const sink = new CountingSink();
    const { outcome, probe } = await this.#run(query, plan, queryable, sink, annotations, options, 'measured');
    const { counts, peakSamples, bytes, timings } = outcome;
    const analysis: Analysis = {
      series: sink.series,
      samples: sink.samples,
      samplesLookedAt: counts.total,
      samplesRead: counts.read,
      samplesPeak: peakSamples,
      bytes,
      preparationMilliseconds: 1000 * timings.preparation,
      evaluationMilliseconds: 1000 * timings.evaluation,
    };
    return { explanation: { ...explanation, analysis, plan: explainedTree(plan, probe!.costs) }, outcome };
  }

  /**
   * Tells how a query would be computed, and reads nothing. `without` names passes that are left out.
   *
   * @throws EvaluationError for what can not be evaluated, or is too deep to be shown
   */
  explain(query: PreparedQuery, without: ReadonlySet<string> = NO_NAMES, look: Look = NEVER_ENDED): Explanation {
    return this.#explained(query, without, look).explanation;
  }

  #explained(query: PreparedQuery, without: ReadonlySet<string>, look: Look): { plan: Plan; explanation: Explanation } {
    const { text, parameters } = query;
    const { start, end, step } = parameters;
    const { features } = this.#options;
    const written = this.#written(query, look);
    let tree = explainedTree(written);
    let plan = written;
    const passes = this.#passes(without).map(({ name, purpose, run }) => {
      plan = run(plan, look, features);
      const before = JSON.stringify(tree);
      tree = explainedTree(plan);
      return { name, purpose, applied: JSON.stringify(tree) !== before };
    });
    const selectors = this.#selections(plan, parameters).map(({ request }) =>
      explainedSelector(request.matchers, request.range),
    );
    return { plan, explanation: { query: text, start, end, step, passes, selectors, analysis: null, plan: tree } };
  }

  /** The selections that a plan would make: its operators are built, but not run. */
  #selections(plan: Plan, parameters: QueryParameters): readonly Selection[] {
    const { bytesMax = BYTES_MAX_DEFAULT, clock, features, samplesMax } = this.#options;
    const grid = gridOf(parameters);
    const context: QueryContext = {
      annotations: new Annotations(),
      budget: new QueryBudget({
        samplesMax,
        bytesMax,
        timeoutMs: Number.POSITIVE_INFINITY,
        clock,
        signal: new AbortController().signal,
        pause: () => Promise.resolve(),
        pauseAfterMs: Number.POSITIVE_INFINITY,
      }),
      lookbackMs: parameters.lookbackMs,
      features,
      selections: [],
      size: { operators: 0, steps: 0 },
      shared: new Map(),
      probe: null,
      dropped: { typesOrUnits: false },
      laterRanges: [],
      selectLater: () => Promise.reject(new Error('an explained query selects nothing')),
    };
    const isInstant = parameters.start === parameters.end;
    buildOperators(plan, { grid, isInstant, counts: new SampleCounts(grid, 'sums') }, context);
    return context.selections;
  }

  /** The passes that run, in their order. */
  #passes(without: ReadonlySet<string> = NO_NAMES): readonly Pass[] {
    const { withoutPasses = NO_NAMES } = this.#options;
    return PASSES.filter(({ name }) => !withoutPasses.has(name) && !without.has(name));
  }

  /** Ends what is done before anything is read, as a budget ends what comes after. */
  #lookOf({ signal, timeoutMs }: RunOptions): Look {
    const { clock } = this.#options;
    const deadline = clock.monotonic() + timeoutMs;
    return () => {
      checkWanted(signal);
      if (clock.monotonic() > deadline) throw timeoutAtStartError();
    };
  }

  /** The plan that a query runs by. */
  #planned(query: PreparedQuery, exactCounts: boolean, look: Look): Plan {
    const known = this.#known.get(query.text);
    const ready = exactCounts ? known?.exactPlan : known?.plan;
    if (ready !== undefined && ready !== null) return ready;
    const { features } = this.#options;
    const times = new ObservedTimes(query.parameters);
    const passes = this.#passes().filter((pass) => !pass.readsLess || !exactCounts);
    const plan = passes.reduce((before, pass) => pass.run(before, look, features), this.#written(query, look, times));
    if (known === undefined || times.wereLookedAt) return plan;
    if (exactCounts) known.exactPlan = plan;
    else known.plan = plan;
    return plan;
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

  async #evaluate(
    plan: Plan,
    operators: Operators,
    parameters: QueryParameters,
    scope: Scope,
    context: QueryContext,
    sink: ResultSink,
  ): Promise<void> {
    const { grid } = scope;
    const { budget } = context;
    const isRange = parameters.kind === 'range';
    if (plan.kind === 'string') {
      sink.begin('string', grid);
      sink.setString(plan.value);
    } else if (isScalarPlan(plan)) {
      const values = await operators.scalar!.read();
      sink.begin(isRange ? 'matrix' : 'scalar', grid);
      if (isRange)
        sink.addColumn(Labels.EMPTY, { values, present: new Uint8Array(grid.count).fill(1), histograms: null });
      else sink.setScalar(values[0]!);
    } else if (isRangePlan(plan)) {
      const range = operators.range!;
      sink.begin('matrix', grid);
      const heads = await range.series();
      const labels = context.features.delayedNameRemoval ? finishedLabels(heads, budget) : heads.labels;
      // A sample takes some 100 ns to write.
      const writing = (written: number) => {
        budget.noteAnswer(sink.byteLength);
        budget.spend(WRITING_WORK * written);
      };
      const samples = budget.samples();
      const equal = labels === heads.labels ? null : new EqualRanges(labels, budget);
      for (let row = 0; range.next(samples); row++) {
        if (plan.kind === 'rangeSelect' && plan.extension !== 'none')
          extendFloats(samples, range.window, plan.extension);
        const weight = samplesWeight(samples, budget.spending);
        if (range.isRead) scope.counts.addAt(0, weight);
        budget.hold(weight);
        if (equal === null || !equal.take(row, samples)) sink.addSamples(labels[row]!, samples, writing);
        budget.noteAnswer(sink.byteLength);
        budget.spend(samples.length);
        if (budget.pauseDue) await budget.pause();
      }
      for (const [shared, merged] of equal?.merged() ?? []) sink.addSamples(shared, merged, writing);
    } else {
      const vector = operators.vector!;
      const root = context.features.delayedNameRemoval ? new FinishNames(vector, scope.isInstant, budget) : vector;
      sink.begin(isRange ? 'matrix' : 'vector', grid);
      const { labels } = await root.series();
      for (let column = root.next(), row = 0; column !== null; column = root.next(), row++) {
        const before = sink.byteLength;
        sink.addColumn(labels[row]!, column, budget.spending);
        const written = sink.byteLength - before;
        budget.noteAnswer(before + written);
        budget.spend(ROW_WORK + grid.count + WRITTEN_WORK * written);
        if (budget.pauseDue) await budget.pause();
      }
    }
    budget.check();
  }
}

function timesOf({ start, end, step }: QueryParameters): QueryTimes {
  return { start, end, step };
}

function gridOf({ kind, start, end, step }: QueryParameters): Grid {
  return kind === 'instant' ? { start, step: 1, count: 1 } : gridBetween(start, end, step);
}
