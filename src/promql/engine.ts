import type { Clock } from '../std/clock.ts';
import type { Querier, Queryable } from '../storage/query.ts';
import { type CancelSignal, checkWanted, QueryBudget } from './exec/budget.ts';
import { buildOperators } from './exec/build.ts';
import type { QueryContext, Selection } from './exec/context.ts';
import { Probe } from './exec/probe.ts';
import { timeoutAtStartError } from './exec/query-error.ts';
import { SampleCounts } from './exec/sample-counts.ts';
import type { Scope } from './exec/scope.ts';
import { checked, noteWarnings, queryRange, selectAll, workOf } from './exec/select-all.ts';
import { TooMuchWork } from './exec/too-much-work.ts';
import { writeAnswer } from './exec/write-answer.ts';
import { type Analysis, type Explanation, explainedSelector, explainedTree } from './plan/explain.ts';
import type { Look } from './plan/fold-tree.ts';
import type { Plan } from './plan/plan.ts';
import { type PlannerOptions, type PreparedQuery, type QueryParameters, QueryPlanner } from './query-planner.ts';
import { CountingSink, type ResultSink } from './result.ts';
import { Annotations } from './steps/annotations.ts';
import { type Grid, gridBetween } from './steps/grid.ts';

const BYTES_MAX_DEFAULT = 2 ** 30;
const NO_NAMES: ReadonlySet<string> = new Set();

const NEVER_ENDED: Look = () => {};
/** Work, as budgets count it, in several times what a step of an operator should take. */
const SPENT_PER_STEP = 64;

export interface EngineOptions extends PlannerOptions {
  /** Samples that one query may hold; see `QueryBudget`. */
  readonly samplesMax: number;
  /** Bytes that one query may allocate; see `QueryBudget`. Default 1 GiB. */
  readonly bytesMax?: number;
  readonly clock: Clock;
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
  /**
   * Ends with `TooMuchWork` where more is to be done, in steps of operators: before anything is calculated where that shows by
   * then, else when it has taken several times as long as so many should. Default: no limit.
   */
  readonly workMax?: number;
}

export interface QueryOutcome {
  readonly annotations: Annotations;
  readonly counts: SampleCounts;
  readonly peakSamples: number;
  /** The most memory that it had, as the budget counts it. */
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
  readonly #planner: QueryPlanner;
  /**
   * What running queries are made of. V8 marks bit by bit, beside the query, what objects of its heap lead to, but what the call stack alone
   * leads to only in the pause that ends a collection (docs/decisions/0046). A list, as a set would have the queries before still
   * in tables that it has left, until these are collected.
   */
  readonly #running: (readonly object[] | null)[] = [];

  constructor(options: EngineOptions) {
    this.#options = options;
    this.#planner = new QueryPlanner(options);
  }

  /** As `QueryPlanner.prepare`. */
  prepare(text: string, parameters: QueryParameters, look: Look = NEVER_ENDED): PreparedQuery {
    return this.#planner.prepare(text, parameters, look);
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
    const plan = this.#planner.planned(query, options.exactCounts === true, this.#lookOf(options));
    return (await this.#run(query, plan, queryable, sink, annotations, options, null)).outcome;
  }

  /** Runs a plan of a query, whose operators are measured where that is asked for. */
  async #run(
    query: PreparedQuery,
    plan: Plan,
    queryable: Queryable,
    sink: ResultSink,
    annotations: Annotations,
    options: RunOptions,
    measured: 'measured' | null,
  ): Promise<{ outcome: QueryOutcome; probe: Probe | null }> {
    const { bytesMax = BYTES_MAX_DEFAULT, clock, features, samplesMax } = this.#options;
    const { timeoutMs, signal, pauseAfterMs, workMax = Number.POSITIVE_INFINITY } = options;
    const { parameters } = query;
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
      spentMax: SPENT_PER_STEP * workMax,
    });
    annotations.onBytes = (bytes) => budget.takeBytes(bytes);
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
      dropped: { typesOrUnits: false, unread: new WeakSet() },
      laterRanges: [],
      selectLater: async (request) => noteWarnings(await querier!.select(checked(request, budget)), annotations),
    };
    const timings: QueryTimings = { preparation: 0, evaluation: 0, sorting: 0 };
    const parts: object[] = [query, plan, context, sink];
    const place = this.#freePlace();
    this.#running[place] = parts;
    try {
      const operators = buildOperators(plan, scope, context);
      parts.push(operators);
      if (context.size.steps > workMax || (context.laterRanges.length > 0 && options.workMax !== undefined)) {
        throw new TooMuchWork(`${context.size.steps} steps of operators`);
      }
      querier = queryable.querier(queryRange(context));
      await selectAll(querier, selections, annotations, budget);
      if (workOf(context) > workMax) throw new TooMuchWork('too many series');
      const evaluated = clock.monotonic();
      timings.preparation = (evaluated - began) / 1000;
      await writeAnswer(plan, operators, { scope, context, isRangeQuery: parameters.kind === 'range', sink });
      const sorted = clock.monotonic();
      timings.evaluation = (sorted - evaluated) / 1000;
      sink.end(budget.spending);
      timings.sorting = (clock.monotonic() - sorted) / 1000;
    } finally {
      querier?.close();
      this.#running[place] = null;
      parts.length = 0;
    }
    counts.collect(budget.spending);
    return { outcome: { annotations, counts, peakSamples: budget.peak, bytes: budget.bytesPeak, timings }, probe };
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
    // Its time was enough for the answer.
    const tree = explainedTree(plan, () => checkWanted(options.signal), probe!.costs);
    return { explanation: { ...explanation, analysis, plan: tree }, outcome };
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
    const { plan, passes, tree } = this.#planner.explained(query, without, look);
    look();
    const selections = this.#selections(plan, parameters, look);
    const selectors = selections.map(({ request }) => {
      look();
      return explainedSelector(request.matchers, request.range);
    });
    look();
    return { plan, explanation: { query: text, start, end, step, passes, selectors, analysis: null, plan: tree } };
  }

  /** The selections that a plan would make: its operators are built, but not run. */
  #selections(plan: Plan, parameters: QueryParameters, look: Look): readonly Selection[] {
    const { bytesMax = BYTES_MAX_DEFAULT, clock, features, samplesMax } = this.#options;
    const grid = gridOf(parameters);
    const context: QueryContext = {
      annotations: new Annotations(),
      budget: new QueryBudget({
        samplesMax,
        bytesMax,
        timeoutMs: Number.POSITIVE_INFINITY,
        clock,
        signal: lookingSignal(look),
        pause: () => Promise.resolve(),
        pauseAfterMs: Number.POSITIVE_INFINITY,
      }),
      lookbackMs: parameters.lookbackMs,
      features,
      selections: [],
      size: { operators: 0, steps: 0 },
      shared: new Map(),
      probe: null,
      dropped: { typesOrUnits: false, unread: new WeakSet() },
      laterRanges: [],
      selectLater: () => Promise.reject(new Error('an explained query selects nothing')),
    };
    const isInstant = parameters.start === parameters.end;
    buildOperators(plan, { grid, isInstant, counts: new SampleCounts(grid, 'sums') }, context);
    return context.selections;
  }

  #freePlace(): number {
    const free = this.#running.indexOf(null);
    return free === -1 ? this.#running.length : free;
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
}

/** Never aborts by itself, but calls `look` where it is asked. */
function lookingSignal(look: Look): CancelSignal {
  return {
    get aborted() {
      look();
      return false;
    },
    reason: undefined,
  };
}

function gridOf({ kind, start, end, step }: QueryParameters): Grid {
  return kind === 'instant' ? { start, step: 1, count: 1 } : gridBetween(start, end, step);
}
