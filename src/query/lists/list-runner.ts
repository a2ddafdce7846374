import type { Matcher } from '../../model/matcher.ts';
import { canceledError } from '../../promql/exec/query-error.ts';
import type { Clock } from '../../std/clock.ts';
import { turnsOf } from '../../std/turns.ts';
import type { TimeRange } from '../../storage/query.ts';
import { failedReply } from '../execute-query.ts';
import type { QueryReply } from '../runner.ts';
import { type ListRequest, storageLimit, type ThreadList, type ThreadSelector } from './list-request.ts';
import { ToldSymbols } from './told-symbols.ts';

/** What finding the head's names or values may hold the event loop for where there are many selectors, ms. */
const TURN_MS = 5;

/** Writes the whole answer with a list, whatever its length. */
export interface ListRunner {
  /** The body is the whole response. Failures are replies, but for `RegexSyntaxError`, with which it rejects. */
  list(request: ListRequest, signal: AbortSignal): Promise<QueryReply>;
}

/** What of lists only the main thread knows. */
export interface ListedHead {
  /** True where a block has samples of the range. */
  hasBlocks(range: TimeRange): boolean;
  headQuerier(range: TimeRange): HeadSymbols;
}

export interface HeadSymbols {
  /** The symbols of what `labelValues` lists, or without a name `labelNames`, in any order; they stay what they are until `close`. */
  textSymbols(name: string | null, matchers: readonly Matcher[], limit: number): Uint32Array | Promise<Uint32Array>;
  close(): void;
}

/** Has lists written by a thread, which `runThere` hands them to. */
export class ThreadLists implements ListRunner {
  readonly #head: ListedHead;
  readonly #runThere: (list: ThreadList, signal: AbortSignal) => Promise<QueryReply>;
  readonly #clock: Clock;

  constructor(
    head: ListedHead,
    runThere: (list: ThreadList, signal: AbortSignal) => Promise<QueryReply>,
    clock: Clock,
  ) {
    this.#head = head;
    this.#runThere = runThere;
    this.#clock = clock;
  }

  async list(request: ListRequest, signal: AbortSignal): Promise<QueryReply> {
    const { limit, matcherSets, range, what } = request;
    if (what === 'series') {
      const sorted = request.sorted || this.#head.hasBlocks(range);
      const selectors = matcherSets.map((matchers) => ({ matchers, headSymbols: null }));
      return this.#runThere({ what, range, selectors, sorted, limit }, signal);
    }
    const name = what === 'names' ? null : what.valuesOf;
    const head = this.#head.headQuerier(range);
    // As long as it is open no other text gets one of the symbols.
    try {
      const { now, pause, pieceMs } = turnsOf(this.#clock, TURN_MS);
      const selectors: ThreadSelector[] = [];
      const told = new ToldSymbols();
      let end = now() + pieceMs;
      for (const matchers of matcherSets.length === 0 ? [[]] : matcherSets) {
        const found = await head.textSymbols(name, matchers, storageLimit(limit));
        // What one found before comes from there, also where each list ends at the limit: it is among the first of that one, too.
        selectors.push({ matchers, headSymbols: told.fresh(found) });
        if (now() < end) continue;
        await pause();
        if (signal.aborted) return failedReply(canceledError(), 'internal');
        end = now() + pieceMs;
      }
      return await this.#runThere({ what, range, selectors, sorted: request.sorted, limit }, signal);
    } finally {
      head.close();
    }
  }
}
