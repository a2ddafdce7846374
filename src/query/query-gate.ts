import { QueryError } from '../promql/exec/query-error.ts';
import type { Clock } from '../std/clock.ts';
import type { QueryRequest } from './runner.ts';

interface Waiting {
  readonly enter: () => void;
}

/**
 * Lets so many queries in at once. Others wait in order of arrival; rules go before people, since they must keep their
 * beat. A query that waits longer than its timeout, or is given up, leaves the queue.
 */
export class QueryGate {
  readonly #clock: Clock;
  readonly #queues: Readonly<Record<QueryRequest['priority'], Waiting[]>> = { rule: [], interactive: [] };
  #free: number;

  constructor(concurrencyMax: number, clock: Clock) {
    this.#free = concurrencyMax;
    this.#clock = clock;
  }

  /** Resolves when the query may run; it must `leave` afterwards. Rejects with a `QueryError` when it may not. */
  enter(priority: QueryRequest['priority'], timeoutMs: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.reject(new QueryError('canceled', 'query was canceled in query queue'));
    if (this.#free > 0) {
      this.#free--;
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const queue = this.#queues[priority];
      const settle = (finish: () => void) => {
        stopTimer();
        signal.removeEventListener('abort', onAbort);
        finish();
      };
      const giveUp = (error: QueryError) => {
        queue.splice(queue.indexOf(waiting), 1);
        settle(() => reject(error));
      };
      const onAbort = () => giveUp(new QueryError('canceled', 'query was canceled in query queue'));
      const waiting: Waiting = { enter: () => settle(resolve) };
      const stopTimer = this.#clock.after(timeoutMs, () => {
        giveUp(new QueryError('timeout', 'query timed out in query queue'));
      });
      signal.addEventListener('abort', onAbort);
      queue.push(waiting);
    });
  }

  leave(): void {
    const next = this.#queues.rule.shift() ?? this.#queues.interactive.shift();
    if (next === undefined) this.#free++;
    else next.enter();
  }
}
