import { getHeapStatistics } from 'node:v8';
import { QueryError } from '../../promql/exec/query-error.ts';
import { collectGarbage } from '../../std/collect-garbage.ts';

/** So many looks of a query's budget, each after a tenth of a millisecond or more of work, make one look at memory: 1 µs. */
const LOOKS_PER_MEASURE = 8;
/** What is left after a collection must be this much below the limit, or collections would follow each other. */
const LIVE_SHARE_MAX = 7 / 8;

/**
 * Sees that the queries of a thread do not use more memory than they may: objects and buffers, shared memory excepted.
 *
 * V8's own limit on a thread's heap is no help against all of it: it does not count buffers, and a single large piece
 * that goes beyond it ends the whole process instead of the thread. It stays as the second line, for what grows in small
 * pieces without a look in between.
 */
export class MemoryGuard {
  readonly #bytesMax: number;
  #looks = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** What the query that asks has to end with; null while there is room. Nearly always answers without measuring. */
  look(): QueryError | null {
    if (++this.#looks % LOOKS_PER_MEASURE !== 0 || usedBytes() <= this.#bytesMax) return null;
    // What nobody needs any more counts until it is collected.
    collectGarbage();
    const used = usedBytes();
    if (used <= LIVE_SHARE_MAX * this.#bytesMax) return null;
    return new QueryError(
      'execution',
      `query needs too much memory: its thread uses ${used} bytes, the limit is ${this.#bytesMax} bytes`,
    );
  }
}

/** Objects and buffers of this thread, bytes, whether or not anybody needs them. */
export function usedBytes(): number {
  const { used_heap_size, external_memory } = getHeapStatistics();
  return used_heap_size + external_memory;
}
