import { canceledError, QueryError, type QueryErrorKind, timeoutError } from '../../promql/exec/query-error.ts';
import type { Clock } from '../../std/clock.ts';
import type { Log } from '../../telemetry/log.ts';
import type { ThreadReads } from '../../tsdb/threads/thread-reads.ts';
import { failedReply, type QueryCost } from '../execute-query.ts';
import type { ThreadList } from '../lists/list-request.ts';
import type { ParsedForm } from '../parsed-text.ts';
import { QueryGate } from '../query-gate.ts';
import type { QueryErrorType, QueryObserver, QueryReply, QueryRequest, QueryRunner } from '../runner.ts';
import type { QuerySettings, ThreadTask } from './messages.ts';
import { type JobsLeft, QUERY_WORKER, QueryThread, type ThreadJob } from './query-thread.ts';
import { ReadChannel } from './read-channel.ts';
import type { ReadBatch, ReadWork } from './read-messages.ts';

export interface PoolRunnerOptions {
  readonly settings: QuerySettings;
  /** Step (ms) of subqueries that name none, now. */
  readonly subqueryStepMs: () => number;
  /** What a new thread reads from. Throws while there is no database. */
  readonly reads: () => ThreadReads;
  readonly clock: Clock;
  readonly log: Log;
  /** Queries that run at once; others wait their turn. */
  readonly concurrencyMax: number;
  /** Threads beside the main one. A thread is started when the others have something to do. */
  readonly threadsMax: number;
  /** The JavaScript heap at which a thread dies, well above what its queries may use: the second line. */
  readonly heapMegabytesMax: number;
  /** A query that goes on for so long after its end was asked for holds its thread: the thread is ended. */
  readonly graceMs: number;
  readonly observer: QueryObserver | null;
  /** Notes a query that runs, until what it gives is called. */
  readonly begin?: (text: string) => () => void;
  /** What threads run; tests have threads with faults. */
  readonly entry?: URL;
}

interface PoolJob extends ThreadJob {
  thread: QueryThread | null;
  /** Why the query has to end; null while it may go on. */
  verdict: QueryError | null;
  /** Its thread died while it had several queries: it runs alone, so that the one at fault fails and no other. */
  isSuspect: boolean;
  readonly settle: (reply: QueryReply, cost: QueryCost | null) => void;
}

/**
 * Runs queries in threads of their own, so that the main thread goes on with its work whatever is asked. Several queries
 * share a thread by turns.
 *
 * A thread that dies or is ended takes only the query at fault with it; what it had besides is run again elsewhere, which
 * changes nothing since queries only read.
 */
export class PoolRunner implements QueryRunner {
  readonly #options: PoolRunnerOptions;
  readonly #gate: QueryGate;
  readonly #readGate: QueryGate;
  readonly #threads = new Set<QueryThread>();
  /** Threads that this has ended, because one of their queries held them. */
  readonly #ended = new WeakSet<QueryThread>();
  /** Suspects run one after the other, each in a thread that nobody shares. */
  readonly #suspects: PoolJob[] = [];
  #suspect: PoolJob | null = null;
  #isClosed = false;

  constructor(options: PoolRunnerOptions) {
    this.#options = options;
    this.#gate = new QueryGate(options.concurrencyMax, options.clock);
    this.#readGate = new QueryGate(READS_MAX, options.clock);
  }

  /** Threads that there are now. */
  get threadCount(): number {
    return this.#threads.size;
  }

  async run(request: QueryRequest, signal: AbortSignal): Promise<QueryReply> {
    const { clock, observer } = this.#options;
    observer?.started();
    const began = clock.monotonic();
    const seconds = () => (clock.monotonic() - began) / 1000;
    let entered = false;
    let cost: QueryCost | null = null;
    try {
      await this.#gate.enter(request.priority, request.timeoutMs, signal);
      entered = true;
      const queueSeconds = seconds();
      const timeoutMs = request.timeoutMs - 1000 * queueSeconds;
      const subqueryStepMs = this.#options.subqueryStepMs();
      const task: ThreadTask = { kind: 'run', request: { ...request, timeoutMs }, queueSeconds, subqueryStepMs };
      const done = await this.#runJob(task, timeoutMs, signal, null);
      cost = done.cost;
      return done.reply;
    } catch (error) {
      return failedReply(error, 'internal');
    } finally {
      if (entered) this.#gate.leave();
      if (cost === null) observer?.dismissed();
      else observer?.finished({ ...cost.timing, total: seconds() }, cost.samplesTotal, cost.samplesRead);
    }
  }

  /**
   * Starts a read, which goes on until its channel is closed or it fails. Reads do not count as queries; so many run at once
   * as there are slots for them.
   */
  async openRead(work: ReadWork, signal: AbortSignal): Promise<ReadChannel> {
    await this.#readGate.enter('interactive', READ_TIMEOUT_MS, signal);
    let job: PoolJob | null = null;
    const channel = new ReadChannel((wish) => {
      if (job === null) return;
      if (wish === 'end') job.thread?.cancel(job);
      job.thread?.wish(job, wish);
    });
    const read = {
      take: (batch: ReadBatch) => channel.take(batch),
      started: (started: PoolJob) => {
        job = started;
      },
    };
    void this.#runJob({ kind: 'read', work }, READ_TIMEOUT_MS, signal, read).then(({ reply }) => {
      this.#readGate.leave();
      if (!reply.ok) channel.fail(new QueryError(kindOfFailure(reply.errorType), reply.message));
    });
    return channel;
  }

  /** Has a list written by a thread. Lists do not count as queries either. */
  list(list: ThreadList, signal: AbortSignal): Promise<QueryReply> {
    return this.#runBeside({ kind: 'list', list }, READ_TIMEOUT_MS, signal);
  }

  /** Parses a text in a thread: the body of the reply is what `parsedText` gives. */
  parse(text: string, form: ParsedForm, signal: AbortSignal): Promise<QueryReply> {
    return this.#runBeside({ kind: 'parse', text, form }, PARSE_TIMEOUT_MS, signal);
  }

  /** Ends all threads; queries that run fail. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all(Array.from(this.#threads, (thread) => this.#end(thread, false)));
  }

  /** Runs what is no query. */
  async #runBeside(task: ThreadTask, timeoutMs: number, signal: AbortSignal): Promise<QueryReply> {
    try {
      await this.#readGate.enter('interactive', timeoutMs, signal);
    } catch (error) {
      return failedReply(error, 'internal');
    }
    try {
      return (await this.#runJob(task, timeoutMs, signal, null)).reply;
    } finally {
      this.#readGate.leave();
    }
  }

  async #runJob(
    task: ThreadTask,
    timeoutMs: number,
    signal: AbortSignal,
    read: { take(batch: ReadBatch): void; started(job: PoolJob): void } | null,
  ): Promise<{ reply: QueryReply; cost: QueryCost | null }> {
    const { clock, graceMs } = this.#options;
    const done = Promise.withResolvers<{ reply: QueryReply; cost: QueryCost | null }>();
    const job: PoolJob = {
      task,
      ...(read === null ? {} : { onBatch: (batch: ReadBatch) => read.take(batch) }),
      thread: null,
      verdict: null,
      isSuspect: false,
      settle: (reply, cost) => done.resolve({ reply, cost }),
    };
    let stopGrace = (): void => {};
    const watch = (turns: number, graces: number) => {
      stopGrace = clock.after(graceMs, () => {
        const { thread } = job;
        if (thread === null) return;
        // A thread that is only slow, on a busy machine, comes to the query in time.
        const isHeld = thread.turns === turns;
        if (isHeld || graces === 0) void this.#end(thread, isHeld);
        else watch(thread.turns, graces - 1);
      });
    };
    const giveUp = (verdict: QueryError) => {
      if (job.verdict !== null) return;
      job.verdict = verdict;
      job.thread?.cancel(job);
      watch(job.thread?.turns ?? 0, GRACES_MAX);
    };
    const onAbort = () => giveUp(canceledError());
    // An error takes as long as all of this, and hardly any query comes to it.
    const stopTimer = clock.after(timeoutMs, () => giveUp(timeoutError(timeoutMs)));
    signal.addEventListener('abort', onAbort);
    const end = task.kind === 'run' ? this.#options.begin?.(task.request.text) : undefined;
    try {
      this.#dispatch(job);
      read?.started(job);
      return await done.promise;
    } finally {
      end?.();
      stopTimer();
      stopGrace();
      signal.removeEventListener('abort', onAbort);
    }
  }

  #dispatch(job: PoolJob): void {
    if (job.verdict !== null || this.#isClosed) {
      job.settle(failedReply(job.verdict ?? canceledError(), 'internal'), null);
      return;
    }
    if (job.isSuspect) {
      if (this.#suspect !== null) {
        this.#suspects.push(job);
        return;
      }
      this.#suspect = job;
    }
    try {
      job.thread = this.#threadFor(job);
      job.thread.run(job);
    } catch (error) {
      this.#release(job);
      job.settle(failedReply(error, 'internal'), null);
    }
  }

  /** An idle thread, a new one while there may be more, or the one with the fewest queries. */
  #threadFor(job: PoolJob): QueryThread {
    let best: QueryThread | null = null;
    for (const thread of this.#threads) {
      if (this.#ended.has(thread) || thread === this.#suspect?.thread) continue;
      if (best === null || thread.count < best.count) best = thread;
    }
    if (best?.count === 0) return best;
    if (best === null || job.isSuspect || this.#threads.size < this.#options.threadsMax) return this.#start();
    return best;
  }

  #start(): QueryThread {
    const { clock, settings, reads, concurrencyMax, heapMegabytesMax } = this.#options;
    const thread = new QueryThread({
      clock,
      settings,
      reads: reads(),
      entry: this.#options.entry ?? QUERY_WORKER,
      slots: concurrencyMax + READS_MAX,
      heapMegabytesMax,
      onDone: (job, reply, cost) => this.#done(job as PoolJob, reply, cost),
      onExit: (gone, left) => this.#lost(gone, left),
    });
    this.#threads.add(thread);
    return thread;
  }

  #done(job: PoolJob, reply: QueryReply, cost: QueryCost | null): void {
    const { thread } = job;
    this.#release(job);
    // One more was started for a suspect than there may be.
    if (thread?.count === 0 && this.#threads.size > this.#options.threadsMax) void this.#end(thread, false);
    job.settle(reply.ok || job.verdict === null ? reply : failedReply(job.verdict, 'internal'), cost);
  }

  #end(thread: QueryThread, isHeld: boolean): Promise<void> {
    this.#ended.add(thread);
    return thread.end(isHeld);
  }

  /** A thread is gone: settles the query that was at fault, and runs the others again. */
  #lost(thread: QueryThread, { jobs, holder, error }: JobsLeft): void {
    const { heapMegabytesMax, log } = this.#options;
    const wasEnded = this.#ended.has(thread);
    this.#threads.delete(thread);
    if (!wasEnded) log.error('A query thread ended by itself', { err: error, queries: jobs.length });
    for (const left of jobs) {
      const job = left as PoolJob;
      this.#release(job);
      // A read has given a part already.
      const isAtFault = job.task.kind === 'read' || (wasEnded ? job === holder : jobs.length === 1);
      if (job.verdict !== null || this.#isClosed) {
        job.settle(failedReply(job.verdict ?? canceledError(), 'internal'), null);
      } else if (isAtFault) {
        log.warn('A query was ended with its thread', { query: textOf(job.task) });
        job.settle(failedReply(wasEnded ? heldError() : lossError(error, heapMegabytesMax), 'internal'), null);
      } else {
        job.isSuspect = !wasEnded;
        this.#dispatch(job);
      }
    }
  }

  #release(job: PoolJob): void {
    job.thread = null;
    if (job !== this.#suspect) return;
    this.#suspect = null;
    const next = this.#suspects.shift();
    if (next !== undefined) this.#dispatch(next);
  }
}

/** Reads at once; they mostly wait for whoever wants them. */
const READS_MAX = 64;
/** No client takes longer over a read; one that does not take anything is cut off earlier. */
const READ_TIMEOUT_MS = 3_600_000;
const PARSE_TIMEOUT_MS = 60_000;
/** A query that should have ended gets so many more graces while others of its thread take turns. */
const GRACES_MAX = 10;
/** UTF-16 units of a query's text in the log. */
const LOGGED_UNITS_MAX = 1000;

function textOf(task: ThreadTask): string {
  switch (task.kind) {
    case 'read':
      return 'a read of series';
    case 'list':
      return 'a list of series, label names or values';
    case 'run':
      return task.request.text.slice(0, LOGGED_UNITS_MAX);
    case 'parse':
      return task.text.slice(0, LOGGED_UNITS_MAX);
  }
}

function kindOfFailure(type: QueryErrorType): QueryErrorKind {
  return type === 'canceled' || type === 'timeout' ? type : 'execution';
}

function heldError(): QueryError {
  return new QueryError('execution', 'query was ended: it held its thread for too long without a pause');
}

function lossError(error: Error | null, heapMegabytesMax: number): QueryError {
  const code = error === null ? undefined : (error as NodeJS.ErrnoException).code;
  if (code === 'ERR_WORKER_OUT_OF_MEMORY') {
    return new QueryError('execution', `query needs too much memory: its thread ended at ${heapMegabytesMax} MiB`);
  }
  return new QueryError('internal', `the thread of the query ended: ${error?.message ?? 'no reason is known'}`);
}
