import type { Matcher } from '../../model/matcher.ts';
import type { TimeRange } from '../../storage/query.ts';
import type { QueryReply } from '../runner.ts';
import { type ListRequest, storageLimit, type ThreadList } from './list-request.ts';

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

  constructor(head: ListedHead, runThere: (list: ThreadList, signal: AbortSignal) => Promise<QueryReply>) {
    this.#head = head;
    this.#runThere = runThere;
  }

  async list(request: ListRequest, signal: AbortSignal): Promise<QueryReply> {
    const { limit, matcherSets, range, what } = request;
    if (what === 'series') {
      const sorted = request.sorted || this.#head.hasBlocks(range);
      return this.#runThere({ ...request, sorted, headSymbols: [] }, signal);
    }
    const name = what === 'names' ? null : what.valuesOf;
    const head = this.#head.headQuerier(range);
    // As long as it is open no other text gets one of the symbols.
    try {
      const headSymbols: Uint32Array[] = [];
      for (const matchers of matcherSets.length === 0 ? [[]] : matcherSets) {
        headSymbols.push(await head.textSymbols(name, matchers, storageLimit(limit)));
      }
      return await this.#runThere({ ...request, headSymbols }, signal);
    } finally {
      head.close();
    }
  }
}
