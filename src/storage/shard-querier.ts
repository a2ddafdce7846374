import { assertShard, type LabelShard, shardOfLabels } from '../model/label-shard.ts';
import type { Labels } from '../model/labels.ts';
import type { Matcher } from '../model/matcher.ts';
import type { EncodedChunk, Querier, SampleColumn, SelectRequest, SeriesSet } from './query.ts';

/** A querier whose selects give the series of one shard. Names and values of labels are those of all. Throws a `RangeError`. */
export function shardQuerier(querier: Querier, shard: LabelShard): Querier {
  assertShard(shard);
  return shard.count === 1 ? querier : new ShardQuerier(querier, shard);
}

class ShardQuerier implements Querier {
  readonly #querier: Querier;
  readonly #shard: LabelShard;

  constructor(querier: Querier, shard: LabelShard) {
    this.#querier = querier;
    this.#shard = shard;
  }

  select(request: SelectRequest): SeriesSet | Promise<SeriesSet> {
    const choose = (set: SeriesSet) => new ShardOfSet(set, rowsOfShard(set, this.#shard, request));
    // Which series are the first ones is known only where the others are gone.
    const set = this.#querier.select({ ...request, limit: 0 });
    return set instanceof Promise ? set.then(choose) : choose(set);
  }

  labelNames(matchers: readonly Matcher[], limit: number): readonly string[] | Promise<readonly string[]> {
    return this.#querier.labelNames(matchers, limit);
  }

  labelValues(
    name: string,
    matchers: readonly Matcher[],
    limit: number,
  ): readonly string[] | Promise<readonly string[]> {
    return this.#querier.labelValues(name, matchers, limit);
  }

  close(): void {
    this.#querier.close();
  }
}

const CHECKED_ROWS = 1024;

function rowsOfShard(set: SeriesSet, { index, count }: LabelShard, { limit, check }: SelectRequest): number[] {
  const rows: number[] = [];
  for (let row = 0; row < set.length && (limit === 0 || rows.length < limit); row++) {
    if (row % CHECKED_ROWS === 0) check?.();
    if (shardOfLabels(set.labels(row), count) === index) rows.push(row);
  }
  return rows;
}

class ShardOfSet implements SeriesSet {
  readonly length: number;
  readonly append?: (row: number, into: SampleColumn) => boolean;
  readonly ahead?: (row: number) => Promise<void> | null;
  readonly readChunks?: (row: number, into: EncodedChunk[]) => void;
  readonly #set: SeriesSet;
  readonly #rows: readonly number[];

  constructor(set: SeriesSet, rows: readonly number[]) {
    this.length = rows.length;
    this.#set = set;
    this.#rows = rows;
    if (set.append !== undefined) this.append = (row, into) => set.append!(rows[row]!, into);
    if (set.ahead !== undefined) this.ahead = (row) => set.ahead!(rows[row]!);
    if (set.readChunks !== undefined) this.readChunks = (row, into) => set.readChunks!(rows[row]!, into);
  }

  labels(row: number): Labels {
    return this.#set.labels(this.#rows[row]!);
  }

  read(row: number, into: SampleColumn): void {
    this.#set.read(this.#rows[row]!, into);
  }

  get warnings(): readonly string[] {
    return this.#set.warnings;
  }
}
