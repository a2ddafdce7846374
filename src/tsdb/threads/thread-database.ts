import type { SymbolTexts } from '../../memory/symbol-texts.ts';
import { TextColumn } from '../../memory/text-column.ts';
import type { Matcher } from '../../model/matcher.ts';
import type { FileSystem } from '../../std/file-system.ts';
import { runInTurns } from '../../std/turns.ts';
import { mergeSeriesSets } from '../../storage/merge-series.ts';
import {
  ofFloats,
  type Querier,
  type Queryable,
  type SelectRequest,
  type SeriesSet,
  type TimeRange,
} from '../../storage/query.ts';
import { SortedUnion } from '../../storage/union-texts.ts';
import type { BlockQuerier } from '../block/block-querier.ts';
import type { DecodedChunks } from '../chunk/decoded-chunks.ts';
import { chunkMerge } from '../chunk/merge-chunks.ts';
import { HeadReader } from '../head/head-reader.ts';
import { HeadSeriesSet } from '../head/head-series-set.ts';
import type { HeadSnapshot } from '../head/head-snapshot.ts';
import { HeadView } from '../head/head-view.ts';
import { orderByLabels } from '../head/sort-rows.ts';
import { sortByBytes } from './sort-by-bytes.ts';
import type { SymbolSet } from './symbol-rows.ts';
import type { AskedAnswer, ThreadAnswer, ThreadQuestion, ThreadRequest } from './thread-answer.ts';
import { BlockGone, ThreadBlocks } from './thread-blocks.ts';
import { ThreadSelections } from './thread-selections.ts';
import { unionColumns } from './union-columns.ts';

/** So often a query asks again because a block was replaced between the answer and the look at its files. */
const ASKS_MAX = 5;

/**
 * Asks the main thread. The answer must have been given to `ThreadDatabase.take` when the promise resolves, in the same turn. `check`
 * throws where it is not wanted any more.
 */
export type AskMainThread = (question: ThreadQuestion, check: () => void) => Promise<AskedAnswer>;

/**
 * The database as a thread beside the main one reads it: the head in place, in shared memory, and blocks by itself. Which
 * rows and blocks there are the main thread says, once for all selectors of a query.
 */
export class ThreadDatabase {
  readonly #view: HeadView;
  readonly #reader: HeadReader;
  readonly #blocks: ThreadBlocks;
  readonly #decoded: DecodedChunks;
  readonly #known = new ThreadSelections();

  /** `chunksHead`: the directory of the head's chunk files. */
  constructor(fileSystem: FileSystem, chunksHead: string, decoded: DecodedChunks) {
    this.#decoded = decoded;
    this.#view = new HeadView({ fileSystem, directory: chunksHead });
    this.#reader = new HeadReader(this.#view, decoded);
    this.#blocks = new ThreadBlocks(fileSystem, decoded);
  }

  /** Notes what an answer brings for all queries of the thread. Every answer comes here, in the order of their arrival. */
  take({ slabs, blocks }: ThreadAnswer): void {
    this.#view.attach(slabs);
    if (blocks !== null) this.#blocks.set(blocks);
  }

  /** What one query reads from. */
  queryable(ask: AskMainThread): ThreadQueryable {
    this.#decoded.begin();
    const series: HeadSeries = (request, range, snapshot, hasNoTypes) => {
      const known = this.#known.of(snapshot);
      if (!request.sorted) return new HeadSeriesSet(this.#reader, snapshot, range, hasNoTypes, null, known);
      const order = known?.order ?? this.#order(snapshot.rows);
      if (known !== null) known.order = order;
      return new HeadSeriesSet(this.#reader, snapshot, range, hasNoTypes, order, known);
    };
    return { querier: (range) => new ThreadQuerier(series, this.#blocks, ask, range) };
  }

  /**
   * Label names, or with a name the values of that label, that the head's `symbols` or a block with samples of the range have, sorted; `limit` 0 = all.
   * The head's the main thread knows: it keeps them pinned. `run` carries steps through.
   */
  async texts(
    { limit, matchers, name, range, symbols }: TextsWanted,
    ask: AskMainThread,
    reading: TextsReading,
  ): Promise<TextColumn> {
    const { check, run } = reading;
    const union = new SortedUnion(unionColumns);
    const blocks = await this.#askedBlocks(ask, range, check);
    try {
      for (const block of blocks) await run(union.add(await run(block.textColumn(name, matchers, limit, check))));
    } finally {
      for (const block of blocks) block.close();
    }
    await run(union.add(await run(sortByBytes(await run(columnOf(this.#view.symbols, symbols))))));
    return (await run(union.all())) ?? new TextColumn();
  }

  /** Queriers of the blocks that the main thread says there are. */
  async #askedBlocks(ask: AskMainThread, range: TimeRange, check: () => void): Promise<readonly BlockQuerier[]> {
    for (let asks = 1; ; asks++) {
      await ask({ range, requests: [] }, check);
      try {
        return this.#blocks.queriers(range);
      } catch (error) {
        if (!(error instanceof BlockGone) || asks === ASKS_MAX) throw error;
      }
    }
  }

  #order(rows: Uint32Array): Uint32Array {
    return runInTurns(orderByLabels(this.#view, rows), null) as Uint32Array;
  }
}

/** What names or values are asked for, and which symbols the head has of them, in any order. */
export interface TextsWanted {
  readonly name: string | null;
  readonly matchers: readonly Matcher[];
  readonly range: TimeRange;
  readonly limit: number;
  readonly symbols: Uint32Array;
}

export interface TextsReading {
  /** Throws where the list is not wanted any more. */
  check(): void;
  run<T>(steps: Generator<undefined, T>): Promise<T>;
}

/** Texts copied between two points at which the work may be interrupted: some 100 µs. */
const STEP_TEXTS = 2048;

function* columnOf(texts: SymbolTexts, symbols: Uint32Array): Generator<undefined, TextColumn> {
  const column = new TextColumn(symbols.length);
  for (let i = 0; i < symbols.length; i++) {
    texts.append(symbols[i]!, column);
    if (i % STEP_TEXTS === STEP_TEXTS - 1) yield;
  }
  return column;
}

/** The series of the head that a request finds, out of the snapshot that the main thread made for it. */
type HeadSeries = (
  request: ThreadRequest,
  range: TimeRange,
  snapshot: HeadSnapshot,
  hasNoTypes: boolean,
) => HeadSeriesSet;

/** What a thread reads from. */
export interface ThreadQueryable extends Queryable {
  querier(range: TimeRange): ThreadQuerier;
}

/** What a select found, apart for the head, which is the first, and for each block. */
interface Found {
  readonly parts: readonly (SeriesSet & SymbolSet)[];
  /** All of it as one set. */
  merged(): SeriesSet;
}

/** Selects of one turn go to the main thread together. */
class ThreadQuerier implements Querier {
  readonly #headSeries: HeadSeries;
  readonly #blocks: ThreadBlocks;
  readonly #ask: AskMainThread;
  readonly #range: TimeRange;
  readonly #open: Querier[] = [];
  #requests: ThreadRequest[] = [];
  #checks: (() => void)[] = [];
  #found: Promise<Found[]> | null = null;

  constructor(headSeries: HeadSeries, blocks: ThreadBlocks, ask: AskMainThread, range: TimeRange) {
    this.#headSeries = headSeries;
    this.#blocks = blocks;
    this.#ask = ask;
    this.#range = range;
  }

  async select(request: SelectRequest): Promise<SeriesSet> {
    const merged = (await this.#find(request)).merged();
    request.check?.();
    return merged;
  }

  /** As `select`, but what the head and each block have, by themselves: each in the order asked for, and within the limit. */
  async selectParts(request: SelectRequest): Promise<readonly SymbolSet[]> {
    return (await this.#find(request)).parts;
  }

  labelNames(): never {
    throw new Error('Cannot list label names here: the main thread knows them');
  }

  labelValues(): never {
    throw new Error('Cannot list label values here: the main thread knows them');
  }

  close(): void {
    for (const querier of this.#open) querier.close();
  }

  async #find({ check, ...request }: SelectRequest): Promise<Found> {
    const place = this.#requests.push(request) - 1;
    if (check !== undefined) this.#checks.push(check);
    this.#found ??= Promise.resolve().then(() => this.#findAll());
    const found = await this.#found;
    check?.();
    return found[place]!;
  }

  async #findAll(): Promise<Found[]> {
    const requests = this.#requests;
    // They are those of one query: any of them tells whether it goes on.
    const [check = () => {}] = this.#checks;
    this.#requests = [];
    this.#checks = [];
    this.#found = null;
    for (let asks = 1; ; asks++) {
      const answer = await this.#ask({ range: this.#range, requests }, check);
      let blocks: readonly BlockQuerier[];
      try {
        blocks = this.#blocks.queriers(this.#range);
      } catch (error) {
        if (!(error instanceof BlockGone) || asks === ASKS_MAX) throw error;
        continue;
      }
      this.#open.push(...blocks);
      return this.#foundByAll(requests, check, answer, blocks);
    }
  }

  /** Looks into blocks for one part of the answer before the next one comes. */
  async #foundByAll(
    requests: readonly ThreadRequest[],
    check: () => void,
    answer: AskedAnswer,
    blocks: readonly BlockQuerier[],
  ): Promise<Found[]> {
    const found: Found[] = [];
    for (let { snapshots } = answer; ; snapshots = await answer.more()) {
      for (const snapshot of snapshots) {
        check();
        found.push(this.#foundBy({ ...requests[found.length]!, check }, snapshot, answer, blocks));
      }
      if (found.length === requests.length) return found;
    }
  }

  #foundBy(
    given: SelectRequest,
    snapshot: HeadSnapshot,
    { headHasNoTypes, headMinTime, isPlain }: ThreadAnswer,
    blocks: readonly BlockQuerier[],
  ): Found {
    const request = isPlain ? ofFloats(given) : given;
    const range = {
      minTime: Math.max(request.range.minTime, this.#range.minTime, headMinTime),
      maxTime: Math.min(request.range.maxTime, this.#range.maxTime),
    };
    const { limit, sorted } = request;
    const parts: (SeriesSet & SymbolSet)[] = [this.#headSeries(request, range, snapshot, headHasNoTypes)];
    for (const block of blocks) parts.push(block.select(request));
    return { parts, merged: () => mergeSeriesSets(parts, sorted, limit, chunkMerge(snapshot.forms)) };
  }
}
