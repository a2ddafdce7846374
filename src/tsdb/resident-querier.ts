import type { Querier, SelectRequest, SeriesSet } from '../storage/query.ts';
import type { HeadQuerier } from './head/head-querier.ts';
import type { HeadSeriesSet } from './head/head-series-set.ts';

/** What is asked for can not be had at once out of memory: another querier has to be asked. */
export class NotResident extends Error {
  override readonly name = 'NotResident';
}

/** So many series are looked at to find those few: some 100 µs. */
const LOOKED_AT_MAX = 16_384;

/** A querier of the head that answers at once, of so few series and without a look at any file, or throws `NotResident`. */
export class ResidentQuerier implements Querier {
  readonly #head: HeadQuerier;
  readonly #seriesMax: number;

  constructor(head: HeadQuerier, seriesMax: number) {
    this.#head = head;
    this.#seriesMax = seriesMax;
  }

  select(request: SelectRequest): SeriesSet {
    const most = this.#head.seriesMax(request.matchers);
    if (most > LOOKED_AT_MAX) throw new NotResident(`as many as ${most} series are to be looked at`);
    const set = this.#head.select(request);
    if (set instanceof Promise) {
      set.catch(() => {});
      throw new NotResident('patterns have many values to meet');
    }
    if (set.length > this.#seriesMax) throw new NotResident(`${set.length} series are more than ${this.#seriesMax}`);
    if ((set as HeadSeriesSet).readsFiles) throw new NotResident('chunks are in files');
    return set;
  }

  labelNames(): never {
    throw new NotResident('label names are not for queries');
  }

  labelValues(): never {
    throw new NotResident('label values are not for queries');
  }

  close(): void {
    this.#head.close();
  }
}
