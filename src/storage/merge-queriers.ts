import type { Matcher } from '../model/matcher.ts';
import { mergeSeriesSets } from './merge-series.ts';
import type { MergeChunks, Querier, SelectRequest, SeriesSet } from './query.ts';
import { unionOf } from './union-texts.ts';

/**
 * Waits only where one of the queriers does. Where two have a sample of one series at one time, the earlier one's stays. Series
 * are read as chunks where all queriers' can be and `mergeChunks` is given.
 */
export function mergeQueriers(queriers: readonly Querier[], mergeChunks: MergeChunks | null = null): Querier {
  return queriers.length === 1 ? queriers[0]! : new MergedQuerier(queriers, mergeChunks);
}

class MergedQuerier implements Querier {
  readonly #queriers: readonly Querier[];
  readonly #mergeChunks: MergeChunks | null;

  constructor(queriers: readonly Querier[], mergeChunks: MergeChunks | null) {
    this.#queriers = queriers;
    this.#mergeChunks = mergeChunks;
  }

  select(request: SelectRequest): SeriesSet | Promise<SeriesSet> {
    return whenAll(
      this.#askAll((querier) => querier.select(request)),
      (sets) => mergeSeriesSets(sets, request.sorted, request.limit, this.#mergeChunks),
    );
  }

  labelNames(matchers: readonly Matcher[], limit: number): readonly string[] | Promise<readonly string[]> {
    return whenAll(
      this.#askAll((querier) => querier.labelNames(matchers, limit)),
      (lists) => unionOf(lists, limit),
    );
  }

  labelValues(
    name: string,
    matchers: readonly Matcher[],
    limit: number,
  ): readonly string[] | Promise<readonly string[]> {
    return whenAll(
      this.#askAll((querier) => querier.labelValues(name, matchers, limit)),
      (lists) => unionOf(lists, limit),
    );
  }

  close(): void {
    for (const querier of this.#queriers) querier.close();
  }

  #askAll<T>(ask: (querier: Querier) => T | Promise<T>): (T | Promise<T>)[] {
    const asked: (T | Promise<T>)[] = [];
    try {
      for (const querier of this.#queriers) asked.push(ask(querier));
    } catch (error) {
      // Nobody waits for those before it any more, which may fail too once they are closed.
      for (const answer of asked) if (answer instanceof Promise) answer.catch(() => {});
      throw error;
    }
    return asked;
  }
}

function whenAll<T, R>(parts: readonly (T | Promise<T>)[], then: (done: readonly T[]) => R): R | Promise<R> {
  const isDone = (part: T | Promise<T>): part is T => !(part instanceof Promise);
  return parts.every(isDone) ? then(parts) : Promise.all(parts).then(then);
}
