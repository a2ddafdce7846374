import { QueryError } from '../../promql/exec/query-error.ts';
import { endOfPart, endOfRequests, HISTOGRAM_ROWS, PART_ROWS_MAX } from '../../tsdb/threads/message-parts.ts';
import type { AskedAnswer, ThreadQuestion } from '../../tsdb/threads/thread-answer.ts';
import type { ThreadSelector } from '../lists/list-request.ts';
import type { FlatSeries, MessageFromThread, MessageToThread } from './messages.ts';

/** What the main thread says to a query that waits for it. */
export type Told = Extract<MessageToThread, { kind: 'answer' | 'next' | 'refusal' | 'selectors' | 'snapshots' }>;
type Given<Kind extends Told['kind']> = Extract<Told, { kind: Kind }>;

interface Waiting {
  resolve(told: Told): void;
  reject(error: Error): void;
}

/** How one query talks with the main thread. */
export interface Asking {
  readonly slot: number;
  /** Waits for the main thread, while other queries have their turns. */
  wait<T>(told: () => Promise<T>): Promise<T>;
  /** Throws where the query is not wanted any more. */
  check(): void;
}

/**
 * A query thread's side of questions: one of each query at a time. Questions, answers and series that are long go in parts, and each is
 * asked for when the one before has come: so neither thread has more of them to do in a row, and where a query ends in the middle
 * nothing of it is under way.
 */
export class Questions {
  readonly #send: (message: MessageFromThread) => void;
  readonly #waiting = new Map<number, Waiting>();

  constructor(send: (message: MessageFromThread) => void) {
    this.#send = send;
  }

  /** Resolves with the first part of the answer in the turn in which that came. */
  async ask({ range, requests }: ThreadQuestion, { check, slot, wait }: Asking): Promise<AskedAnswer> {
    let from = 0;
    let to = endOfRequests(requests, from);
    for (; to < requests.length; to = endOfRequests(requests, from)) {
      const question = { range, requests: requests.slice(from, to) };
      await wait(() => this.#told<'next'>(slot, { kind: 'question', slot, question, isWhole: false }));
      check();
      from = to;
    }
    const question = { range, requests: from === 0 ? requests : requests.slice(from) };
    const { answer } = await wait(() =>
      this.#told<'answer'>(slot, { kind: 'question', slot, question, isWhole: true }),
    );
    const more = async () => {
      check();
      return (await wait(() => this.#told<'snapshots'>(slot, { kind: 'more', slot }))).snapshots;
    };
    return { ...answer, more };
  }

  /** All selectors of a list, of which the first have come with it. */
  async selectors(
    { list, isWhole }: Extract<MessageToThread, { kind: 'list' }>,
    { check, slot, wait }: Asking,
  ): Promise<readonly ThreadSelector[]> {
    if (isWhole) return list.selectors;
    const all = [...list.selectors];
    for (;;) {
      const part = await wait(() => this.#told<'selectors'>(slot, { kind: 'next', slot }));
      check();
      all.push(...part.selectors);
      if (part.isWhole) return all;
    }
  }

  /** Gives the main thread the first parts of a reply's series; resolves with the last part, which goes with the reply. */
  async give(series: readonly FlatSeries[], { check, slot, wait }: Asking): Promise<readonly FlatSeries[]> {
    let from = 0;
    let to = endOfSeries(series, from);
    for (; to < series.length; to = endOfSeries(series, from)) {
      const part = series.slice(from, to);
      await wait(() => this.#told<'next'>(slot, { kind: 'series', slot, series: part }));
      check();
      from = to;
    }
    return from === 0 ? series : series.slice(from);
  }

  /** Passes on what came from the main thread. */
  hear(told: Told): void {
    const waiting = this.#waiting.get(told.slot)!;
    this.#waiting.delete(told.slot);
    if (told.kind !== 'refusal') waiting.resolve(told);
    else waiting.reject(told.isLimit ? new QueryError('execution', told.message) : new Error(told.message));
  }

  /** The main thread answers each message with one, of a kind that follows from it, or refuses. */
  #told<Kind extends Told['kind']>(slot: number, message: MessageFromThread): Promise<Given<Kind>> {
    return new Promise((resolve, reject) => {
      this.#waiting.set(slot, { resolve: resolve as Waiting['resolve'], reject });
      this.#send(message);
    });
  }
}

function endOfSeries(series: readonly FlatSeries[], from: number): number {
  return endOfPart(series, from, PART_ROWS_MAX, ({ column }) => {
    return column.values.length + HISTOGRAM_ROWS * (column.histograms?.length ?? 0);
  });
}
