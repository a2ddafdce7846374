import { Labels } from '../../model/labels.ts';
import type { Matcher } from '../../model/matcher.ts';
import { mergeTexts } from '../../storage/merge-queriers.ts';
import type { Querier, Queryable, SampleColumn, SelectRequest, SeriesSet, TimeRange } from '../../storage/query.ts';
import type { HeadSeriesSet } from '../../tsdb/head/head-series-set.ts';
import { unpackColumn } from './packed-columns.ts';
import type { ReadChannel } from './read-channel.ts';
import type { PackedColumns, ReadBatch, ReadWork } from './read-messages.ts';

/** The part of a database that is read on the main thread, and what has to be asked before. */
export interface ResidentSource {
  /** Reads what is in the head. */
  headQuerier(range: TimeRange): Querier;
  /** True where a block has samples of the range. */
  hasBlocks(range: TimeRange): boolean;
}

/** Starts a read in a thread. */
export type OpenRead = (work: ReadWork, signal: AbortSignal) => Promise<ReadChannel>;

/**
 * A database for what no query asks: it looks into memory by itself and has whatever is in files read by a query thread, so
 * that the main thread waits for no file. Reads end when `signal` aborts.
 */
export function threadedQueryable(source: ResidentSource, openRead: OpenRead, signal: AbortSignal): Queryable {
  return { querier: (range) => new ThreadedQuerier(source, (work) => openRead(work, signal), range) };
}

class ThreadedQuerier implements Querier {
  readonly #source: ResidentSource;
  readonly #openRead: (work: ReadWork) => Promise<ReadChannel>;
  readonly #range: TimeRange;
  readonly #head: Querier;
  readonly #channels: ReadChannel[] = [];
  #isClosed = false;

  constructor(source: ResidentSource, openRead: (work: ReadWork) => Promise<ReadChannel>, range: TimeRange) {
    this.#source = source;
    this.#openRead = openRead;
    this.#range = range;
    this.#head = source.headQuerier(range);
  }

  async select(request: SelectRequest): Promise<SeriesSet> {
    if (!this.#source.hasBlocks(this.#range)) {
      const set = await this.#head.select(request);
      if (request.labelsOnly === true || !(set as HeadSeriesSet).readsFiles) return set;
    }
    const { check, ...asked } = request;
    const channel = await this.#open({ kind: 'select', range: this.#range, request: asked });
    const found = await channel.first();
    if (found.kind !== 'found') throw unexpected(found);
    const labels: Labels[] = [];
    while (labels.length < found.length) {
      const batch = await channel.next('more');
      if (batch.kind !== 'labels') throw unexpected(batch);
      for (const pairs of batch.rows) labels.push(new Labels(pairs));
      check?.();
    }
    return new ThreadSeriesSet(channel, labels, found.warnings);
  }

  async labelNames(matchers: readonly Matcher[], limit: number): Promise<string[]> {
    const [own, others] = await Promise.all([
      this.#head.labelNames(matchers, limit),
      this.#blockTexts(null, matchers, limit),
    ]);
    return mergeTexts([own, others], limit);
  }

  async labelValues(name: string, matchers: readonly Matcher[], limit: number): Promise<string[]> {
    const [own, others] = await Promise.all([
      this.#head.labelValues(name, matchers, limit),
      this.#blockTexts(name, matchers, limit),
    ]);
    return mergeTexts([own, others], limit);
  }

  close(): void {
    this.#isClosed = true;
    this.#head.close();
    for (const channel of this.#channels) channel.close();
  }

  async #blockTexts(name: string | null, matchers: readonly Matcher[], limit: number): Promise<string[]> {
    if (!this.#source.hasBlocks(this.#range)) return [];
    const channel = await this.#open({ kind: 'texts', range: this.#range, name, matchers, limit });
    const texts: string[] = [];
    for (let batch = await channel.first(); ; batch = await channel.next('more')) {
      if (batch.kind !== 'texts') throw unexpected(batch);
      if (batch.texts.length === 0) return texts;
      for (const text of batch.texts) texts.push(text);
    }
  }

  async #open(work: ReadWork): Promise<ReadChannel> {
    const channel = await this.#openRead(work);
    this.#channels.push(channel);
    if (this.#isClosed) channel.close();
    return channel;
  }
}

/** What a thread selected. Samples come in batches, ahead of the rows that are read, which rise. */
class ThreadSeriesSet implements SeriesSet {
  readonly warnings: readonly string[];
  readonly #channel: ReadChannel;
  readonly #labels: readonly Labels[];
  #columns: PackedColumns | null = null;
  /** The rows of the batch at hand, and the place of the next one's samples. */
  #first = 0;
  #row = 0;
  #at = 0;

  constructor(channel: ReadChannel, labels: readonly Labels[], warnings: readonly string[]) {
    this.#channel = channel;
    this.#labels = labels;
    this.warnings = warnings;
  }

  get length(): number {
    return this.#labels.length;
  }

  labels(row: number): Labels {
    return this.#labels[row]!;
  }

  ahead(row: number): Promise<void> | null {
    return row < this.#end ? null : this.#pull(row);
  }

  read(row: number, into: SampleColumn): void {
    if (row < this.#row || row >= this.#end) throw new Error(`Cannot read row ${row}: its samples are not at hand`);
    const { lengths } = this.#columns!;
    for (; this.#row < row; this.#row++) this.#at += lengths[this.#row - this.#first]!;
    unpackColumn(this.#columns!, this.#at, this.#at + lengths[row - this.#first]!, into);
  }

  get #end(): number {
    return this.#first + (this.#columns?.lengths.length ?? 0);
  }

  async #pull(row: number): Promise<void> {
    while (row >= this.#end) {
      const batch = await this.#channel.next('samples');
      if (batch.kind !== 'samples') throw unexpected(batch);
      if (batch.columns.lengths.length === 0) throw new Error(`Cannot read row ${row}: there are ${this.#end}`);
      this.#first = this.#end;
      this.#row = this.#first;
      this.#at = 0;
      this.#columns = batch.columns;
    }
  }
}

function unexpected({ kind }: ReadBatch): Error {
  return new Error(`Cannot go on with a read: a batch of ${kind} came`);
}
