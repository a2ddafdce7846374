import { getHeapStatistics } from 'node:v8';
import { QueryError } from '../../promql/exec/query-error.ts';
import { beginCollecting } from '../../std/begin-collecting.ts';
import { collectObjects } from '../../std/collect-garbage.ts';

/** So many looks of a query's budget, each after a tenth of a millisecond or more of work, make one look at memory: 1 µs. */
const LOOKS_PER_MEASURE = 8;
/** V8 is told to collect when twice as much is used as after its last collection, and at least so much more. */
const GROWTH_BYTES = 256 * 2 ** 20;
/** Or, where a thread has little, such a share of it. */
const GROWTH_SHARE = 1 / 4;
/** The second one finds buffers whose objects the first one has found. */
const COLLECTIONS_MAX = 2;
/** What is left after a collection must be this much below the limit, or collections would follow each other. */
const LIVE_SHARE_MAX = 7 / 8;

/**
 * Sees that the queries of a thread do not use more memory than they may: objects and buffers, shared memory excepted.
 *
 * Left to itself V8 lets garbage grow to four times what is used, and gives it back in one pause: 60 ms for a gigabyte of long texts. So
 * it is told to begin sooner, while it can go on beside the query. Waiting for a collection is left for where that was not enough.
 *
 * V8's own limit on a thread's heap is no help against all of it: it does not count buffers, and a single large piece
 * that goes beyond it ends the whole process instead of the thread. It stays as the second line, for what grows in small
 * pieces without a look in between.
 */
export class MemoryGuard {
  readonly #bytesMax: number;
  readonly #growthBytes: number;
  #looks = 0;
  /** The least that was used since V8 was told to collect. */
  #least = 0;
  #peak = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
    this.#growthBytes = Math.min(GROWTH_BYTES, GROWTH_SHARE * bytesMax);
  }

  /** What the query that asks has to end with; null while there is room. Nearly always answers without measuring. */
  look(): QueryError | null {
    if (++this.#looks % LOOKS_PER_MEASURE !== 0) return null;
    const before = usedBytes();
    if (before > this.#peak) this.#peak = before;
    if (before < this.#least) this.#least = before;
    else if (before > this.#least + Math.max(this.#least, this.#growthBytes)) {
      beginCollecting();
      this.#least = before;
    }
    if (before <= this.#bytesMax) return null;
    // What nobody needs any more counts until it is collected.
    let used = before;
    for (let i = 0; i < COLLECTIONS_MAX && used > LIVE_SHARE_MAX * this.#bytesMax; i++) {
      collectObjects();
      used = usedBytes();
    }
    this.#least = used;
    if (used <= LIVE_SHARE_MAX * this.#bytesMax) return null;
    return new QueryError(
      'execution',
      `query needs too much memory: its thread uses ${used} bytes, the limit is ${this.#bytesMax} bytes`,
    );
  }

  /** The most that was in use since this was called last, as far as looks have seen it. */
  takePeakBytes(): number {
    const peak = this.#peak;
    this.#peak = 0;
    return peak;
  }
}

/** Objects and buffers of this thread, bytes, whether or not anybody needs them. */
export function usedBytes(): number {
  const { used_heap_size, external_memory } = getHeapStatistics();
  return used_heap_size + external_memory;
}
