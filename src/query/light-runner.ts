import type { Engine } from '../promql/engine.ts';
import { TooMuchWork } from '../promql/exec/too-much-work.ts';
import type { Clock } from '../std/clock.ts';
import type { Querier, TimeRange } from '../storage/query.ts';
import { NotResident } from '../tsdb/not-resident.ts';
import { answerBlocks } from './answer-buffers.ts';
import { createQueryCost, executeQuery, explainQuery, prepareQuery, type QueryExecutor } from './execute-query.ts';
import { HandedOn } from './handed-on.ts';
import { isParsedSoon } from './parsed-text.ts';
import type { QueryObserver, QueryReply, QueryRequest, QueryRunner } from './runner.ts';

export interface LightRunnerOptions {
  readonly engine: Engine;
  /** Of a database, what can be read at once. Throws `NotResident`, as the querier's selects do. */
  readonly residentQuerier: (range: TimeRange, seriesMax: number) => Querier;
  readonly clock: Clock;
  readonly perStepStats: boolean;
  /** Lets the event loop run once. */
  readonly pause: () => Promise<void>;
  readonly observer: QueryObserver | null;
  /** What is more runs there. */
  readonly heavy: QueryRunner;
}

/**
 * So much, in steps of operators, is done within some 3 to 8 ms: a third of what one turn of the event loop may
 * take, and most of what dashboards ask at one moment. Handing a query to another thread and getting its answer costs 0.3 ms
 * and the other thread's caches.
 */
const WORK_MAX = 64_000;
const SERIES_MAX = 4096;
/** Longer texts are not even parsed here: what a text can ask of the parser grows with it. */
const TEXT_LENGTH_MAX = 4096;
/** So long, ms, small queries may hold one turn of the event loop; those that come on top go to a thread. */
const TURN_MS_MAX = 4;
/** The end of a turn is not waited for before that much: it would cost each of the smallest queries one more system call. */
const TURN_MS_UNWATCHED = 1;

/**
 * Runs small queries over what is in memory on the calling thread, at once, and hands the others on. Which a query is shows
 * when its series are known and nothing was calculated; where samples are far denser than was assumed, while it runs.
 */
export class LightRunner implements QueryRunner {
  readonly #options: LightRunnerOptions;
  readonly #executor: QueryExecutor;
  readonly #handedOn = new HandedOn();
  /** What queries took in this turn of the event loop, ms; up to `TURN_MS_UNWATCHED` more of turns before. */
  #turnMs = 0;
  /** Whether the end of this turn sets it back. */
  #isWatched = false;

  constructor(options: LightRunnerOptions) {
    const { engine, clock, perStepStats } = options;
    this.#options = options;
    this.#executor = { engine, clock, perStepStats, blocks: answerBlocks(clock) };
  }

  async run(request: QueryRequest, signal: AbortSignal): Promise<QueryReply> {
    const { clock, engine, heavy, observer } = this.#options;
    const isSoon = this.#turnMs <= TURN_MS_MAX && isParsedSoon(request.text, TEXT_LENGTH_MAX);
    if (!isSoon) return heavy.run(request, signal);
    const query = prepareQuery(engine, request);
    if ('ok' in query) return query;
    if (request.form === 'explain') return explainQuery(engine, query, request.withoutPasses);
    if (request.form === 'analyze' || this.#handedOn.again(keyOf(request))) return heavy.run(request, signal);
    const { pause, residentQuerier } = this.#options;
    const cost = createQueryCost();
    const began = clock.monotonic();
    observer?.started();
    try {
      const queryable = { querier: (range: TimeRange) => residentQuerier(range, SERIES_MAX) };
      const execution = { queryable, signal, pause, cost, workMax: WORK_MAX };
      const reply = await executeQuery(this.#executor, query, request, execution);
      cost.timing.total = (clock.monotonic() - began) / 1000;
      observer?.finished(cost.timing, cost.samplesTotal, cost.samplesRead);
      this.#handedOn.forget(keyOf(request));
      return reply;
    } catch (error) {
      observer?.dismissed();
      if (!(error instanceof TooMuchWork || error instanceof NotResident)) throw error;
      this.#handedOn.note(keyOf(request), error instanceof TooMuchWork && !error.isByClock);
    } finally {
      this.#noteTime(clock.monotonic() - began);
    }
    return heavy.run(request, signal);
  }

  #noteTime(ms: number): void {
    this.#turnMs += ms;
    if (this.#turnMs < TURN_MS_UNWATCHED || this.#isWatched) return;
    this.#isWatched = true;
    setImmediate(() => {
      this.#isWatched = false;
      this.#turnMs = 0;
    });
  }
}

function keyOf({ kind, text }: QueryRequest): string {
  return `${kind} ${text}`;
}
