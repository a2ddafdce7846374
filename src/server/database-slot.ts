import type { Matcher } from '../model/matcher.ts';
import type { Appendable, Appender } from '../storage/append.ts';
import type { ExemplarQueryable, SeriesExemplars } from '../storage/exemplar.ts';
import type { Querier, Queryable, TimeRange } from '../storage/query.ts';
import type { ResidentBlocks } from '../tsdb/block/resident-blocks.ts';
import type { HeadQuerier } from '../tsdb/head/head-querier.ts';
import type { ThreadReads } from '../tsdb/threads/thread-reads.ts';
import type { Database } from '../tsdb/tsdb.ts';

/**
 * Stands for the database from the first moment on: the HTTP server listens while the log is still being replayed.
 * Until `put` every use is an error; the server's readiness keeps requests away.
 */
export class DatabaseSlot implements Appendable, Queryable, ExemplarQueryable {
  #database: Database | null = null;

  put(database: Database): void {
    this.#database = database;
  }

  /** The open database, or null before. */
  get opened(): Database | null {
    return this.#database;
  }

  appender(): Appender {
    return this.require().appender();
  }

  inSteps<T>(work: Generator<undefined, T>): Generator<undefined, T> {
    return this.require().inSteps(work);
  }

  settle(): Generator<undefined, void> {
    return this.require().settle();
  }

  settled(): Promise<void> | null {
    return this.require().settled();
  }

  querier(range: TimeRange): Querier {
    return this.require().querier(range);
  }

  exemplars(
    range: TimeRange,
    matcherSets: readonly (readonly Matcher[])[],
  ): SeriesExemplars[] | Promise<SeriesExemplars[]> {
    return this.require().exemplars(range, matcherSets);
  }

  residentQuerier(range: TimeRange, seriesMax: number): Querier {
    return this.require().residentQuerier(range, seriesMax);
  }

  residentBlocks(range: TimeRange): ResidentBlocks {
    return this.require().residentBlocks(range);
  }

  headQuerier(range: TimeRange): HeadQuerier {
    return this.require().headQuerier(range);
  }

  hasBlocks(range: TimeRange): boolean {
    return this.require().hasBlocks(range);
  }

  threadReads(): ThreadReads {
    return this.require().threadReads();
  }

  /** The open database; throws before. */
  require(): Database {
    if (this.#database === null) throw new Error('The database is not open yet');
    return this.#database;
  }
}
