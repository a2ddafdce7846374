import { mergeSeriesSets } from '../storage/merge-series.ts';
import { ofFloats, type Querier, type SelectRequest, type SeriesSet } from '../storage/query.ts';
import type { ResidentBlocks } from './block/resident-blocks.ts';
import type { HeadQuerier } from './head/head-querier.ts';
import type { HeadSeriesSet } from './head/head-series-set.ts';
import { NotResident } from './not-resident.ts';

/** So many series are looked at to find those few: some 100 µs. */
const LOOKED_AT_MAX = 16_384;

/**
 * A querier of head and blocks that answers at once, of so few series and without a look at any file, or throws
 * `NotResident`; its series sets do as well, where a page of a block has left memory meanwhile.
 */
export class ResidentQuerier implements Querier {
  readonly #head: HeadQuerier;
  readonly #blocks: ResidentBlocks | null;
  readonly #seriesMax: number;
  readonly #isPlain: boolean;

  /** `blocks`: those with samples of the range; null where there are none. `isPlain`: neither histograms nor types are among them. */
  constructor(head: HeadQuerier, blocks: ResidentBlocks | null, seriesMax: number, isPlain: boolean) {
    this.#head = head;
    this.#blocks = blocks;
    this.#seriesMax = seriesMax;
    this.#isPlain = isPlain;
  }

  select(given: SelectRequest): SeriesSet {
    const request = this.#isPlain ? ofFloats(given) : given;
    const most = this.#head.seriesMax(request.matchers);
    if (most > LOOKED_AT_MAX) throw new NotResident(`as many as ${most} series are to be looked at`);
    const set = this.#head.select(request);
    if (set instanceof Promise) {
      set.catch(() => {});
      throw new NotResident('patterns have many values to meet');
    }
    if (set.length > this.#seriesMax) throw new NotResident(`${set.length} series are more than ${this.#seriesMax}`);
    if ((set as HeadSeriesSet).readsFiles) throw new NotResident('chunks are in files');
    if (this.#blocks === null) return set;
    const older = this.#blocks.select(request);
    if (older === null) throw new NotResident('blocks have too much to look at');
    return mergeSeriesSets([set, ...older], request.sorted, request.limit);
  }

  labelNames(): never {
    throw new NotResident('label names are not for queries');
  }

  labelValues(): never {
    throw new NotResident('label values are not for queries');
  }

  close(): void {
    this.#blocks?.close();
    this.#head.close();
  }
}
