import { Labels } from '../../model/labels.ts';
import type { Matcher } from '../../model/matcher.ts';
import type { Clock } from '../../std/clock.ts';
import { mergeSeriesSets } from '../../storage/merge-series.ts';
import type {
  EncodedChunk,
  Querier,
  Queryable,
  SampleColumn,
  SelectRequest,
  SeriesSet,
  TimeRange,
} from '../../storage/query.ts';
import { unionOf } from '../../storage/union-texts.ts';
import type { ListLimits, ResidentBlocks } from '../../tsdb/block/resident-blocks.ts';
import type { HeadQuerier } from '../../tsdb/head/head-querier.ts';
import type { HeadSeriesSet } from '../../tsdb/head/head-series-set.ts';
import { NotResident } from '../../tsdb/not-resident.ts';
import type { HandedOn } from '../handed-on.ts';
import { LongList } from '../lists/list-request.ts';
import { unpackChunks } from './packed-chunks.ts';
import { unpackColumn } from './packed-columns.ts';
import type { ReadChannel } from './read-channel.ts';
import type { PackedChunks, PackedColumns, ReadBatch, ReadWork } from './read-messages.ts';

/** The part of a database that is read on the main thread, and what has to be asked before. */
export interface ResidentSource {
  /** Reads what is in the head. */
  headQuerier(range: TimeRange): HeadQuerier;
  /** What of blocks can be listed at once. */
  residentBlocks(range: TimeRange): ResidentBlocks;
  /** True where a block has samples of the range. */
  hasBlocks(range: TimeRange): boolean;
}

/** Starts a read in a thread. */
export type OpenRead = (work: ReadWork, signal: AbortSignal) => Promise<ReadChannel>;

/**
 * Lists of blocks that are larger are made by a thread. So many series and values take some milliseconds where nothing is known of
 * them yet, and handing them to a thread costs 0.3 ms and more where it has something to do.
 */
const LISTED_SERIES_MAX = 1024;
const LISTED_VALUES_MAX = 4096;
/** UTF-16 units of the matchers of a list; longer ones are left to a thread. */
const LISTED_KEY_MAX = 4096;
/** So many series of the head are looked at to find those few: some 100 us. */
const LISTED_ROWS_MAX = 16_384;
/** What making a list of blocks may hold the event loop for, ms; it ends soon after. */
const LISTED_MS_MAX = 5;

/**
 * A database for what no query asks: it looks into memory by itself and has samples that are in files read by a query thread, so that
 * the main thread waits for no file. Lists that are not short, or not at hand, it throws `LongList` for. Reads end when `signal` aborts.
 * `handedOn` is that of all queryables of the database.
 */
export function threadedQueryable(
  source: ResidentSource,
  openRead: OpenRead,
  signal: AbortSignal,
  handedOn: HandedOn,
  clock: Clock,
): Queryable {
  return { querier: (range) => new ThreadedQuerier(source, (work) => openRead(work, signal), range, handedOn, clock) };
}

function listLimits(clock: Clock): ListLimits {
  return {
    seriesMax: LISTED_SERIES_MAX,
    valuesMax: LISTED_VALUES_MAX,
    begin() {
      const end = clock.monotonic() + LISTED_MS_MAX;
      return () => {
        if (clock.monotonic() > end) throw new NotResident(`the list takes longer than ${LISTED_MS_MAX} ms`);
      };
    },
  };
}

class ThreadedQuerier implements Querier {
  readonly #source: ResidentSource;
  readonly #openRead: (work: ReadWork) => Promise<ReadChannel>;
  readonly #range: TimeRange;
  readonly #handedOn: HandedOn;
  readonly #limits: ListLimits;
  readonly #head: HeadQuerier;
  readonly #channels: ReadChannel[] = [];
  #blocks: ResidentBlocks | null = null;
  #isClosed = false;

  constructor(
    source: ResidentSource,
    openRead: (work: ReadWork) => Promise<ReadChannel>,
    range: TimeRange,
    handedOn: HandedOn,
    clock: Clock,
  ) {
    this.#handedOn = handedOn;
    this.#limits = listLimits(clock);
    this.#source = source;
    this.#openRead = openRead;
    this.#range = range;
    this.#head = source.headQuerier(range);
  }

  async select(request: SelectRequest): Promise<SeriesSet> {
    if (request.labelsOnly === true) return this.#labelSets(request);
    if (!this.#source.hasBlocks(this.#range)) {
      const set = await this.#head.select(request);
      if (!(set as HeadSeriesSet).readsFiles) return set;
    }
    const { check, ...asked } = request;
    const channel = await this.#open({ range: this.#range, request: asked });
    const found = await channel.first();
    if (found.kind !== 'found') throw unexpected(found);
    const labels: Labels[] = [];
    while (labels.length < found.length) {
      const batch = await channel.next('more');
      if (batch.kind !== 'labels') throw unexpected(batch);
      for (const pairs of batch.rows) labels.push(new Labels(pairs));
      check?.();
    }
    return new ThreadSeriesSet(channel, labels, found.warnings, request.asChunks === true);
  }

  labelNames(matchers: readonly Matcher[], limit: number): Promise<readonly string[]> {
    return this.#texts(null, matchers, limit);
  }

  labelValues(name: string, matchers: readonly Matcher[], limit: number): Promise<readonly string[]> {
    return this.#texts(name, matchers, limit);
  }

  close(): void {
    this.#isClosed = true;
    this.#blocks?.close();
    this.#head.close();
    for (const channel of this.#channels) channel.close();
  }

  /**
   * The series of head and blocks, in label order wherever a block has samples of the range: the reference merges what it finds. Throws
   * `LongList` where these are not few and at hand.
   */
  async #labelSets(given: SelectRequest): Promise<SeriesSet> {
    if (this.#head.seriesMax(given.matchers) > LISTED_ROWS_MAX) throw new LongList();
    if (!this.#source.hasBlocks(this.#range)) return this.#head.select(given);
    const request = { ...given, sorted: true };
    const key = `series ${JSON.stringify(request.matchers)}`;
    const ofBlocks = this.#atOnce(key, (blocks) => blocks.labelSets(request, this.#limits));
    const ofHead = await this.#head.select({ ...request, limit: 0 });
    if (ofHead.length > LISTED_SERIES_MAX) {
      this.#handedOn.note(key, true);
      throw new LongList();
    }
    return mergeSeriesSets([ofHead, ...ofBlocks], true, request.limit);
  }

  /** What can be had of blocks at once; throws `LongList` elsewhere, now and for a while where the same `key` comes again. */
  #atOnce<T>(key: string, list: (blocks: ResidentBlocks) => T): T {
    if (key.length > LISTED_KEY_MAX || this.#handedOn.again(key)) throw new LongList();
    this.#blocks ??= this.#source.residentBlocks(this.#range);
    try {
      const listed = list(this.#blocks);
      this.#handedOn.forget(key);
      return listed;
    } catch (error) {
      if (!(error instanceof NotResident)) throw error;
      this.#handedOn.note(key, false);
      throw new LongList();
    }
  }

  /** Label names, or with a name the values of that label. Throws `LongList` where these are not few and at hand. */
  async #texts(name: string | null, matchers: readonly Matcher[], limit: number): Promise<readonly string[]> {
    const lists: (readonly string[])[] = [];
    if (this.#source.hasBlocks(this.#range)) {
      const key = `${name === null ? 'names' : `values ${name}`} ${JSON.stringify(matchers)}`;
      lists.push(...this.#atOnce(key, (blocks) => blocks.texts(name, matchers, limit, this.#limits)));
    }
    const ofHead = await this.#head.fewTexts(name, matchers, limit, LISTED_VALUES_MAX);
    if (ofHead === null) throw new LongList();
    return unionOf([ofHead, ...lists], limit);
  }

  async #open(work: ReadWork): Promise<ReadChannel> {
    const channel = await this.#openRead(work);
    this.#channels.push(channel);
    if (this.#isClosed) channel.close();
    return channel;
  }
}

/** What a thread selected. Samples, or chunks, come in batches, ahead of the rows that are read, which rise. */
class ThreadSeriesSet implements SeriesSet {
  readonly warnings: readonly string[];
  readonly #channel: ReadChannel;
  readonly #labels: readonly Labels[];
  readonly #asChunks: boolean;
  #columns: PackedColumns | null = null;
  #chunks: PackedChunks | null = null;
  /** How many samples or chunks each row of the batch at hand has. */
  #lengths: Uint32Array = new Uint32Array(0);
  /** The first row of the batch at hand, and the next one with the place of its samples or chunks. */
  #first = 0;
  #row = 0;
  #at = 0;

  constructor(channel: ReadChannel, labels: readonly Labels[], warnings: readonly string[], asChunks: boolean) {
    this.#channel = channel;
    this.#labels = labels;
    this.warnings = warnings;
    this.#asChunks = asChunks;
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
    if (this.#columns === null) throw notAtHand(row);
    const from = this.#placeOf(row);
    unpackColumn(this.#columns, from, from + this.#lengths[row - this.#first]!, into);
  }

  readChunks(row: number, into: EncodedChunk[]): void {
    if (this.#chunks === null) throw notAtHand(row);
    const from = this.#placeOf(row);
    unpackChunks(this.#chunks, from, from + this.#lengths[row - this.#first]!, into);
  }

  #placeOf(row: number): number {
    if (row < this.#row || row >= this.#end) throw notAtHand(row);
    for (; this.#row < row; this.#row++) this.#at += this.#lengths[this.#row - this.#first]!;
    return this.#at;
  }

  get #end(): number {
    return this.#first + this.#lengths.length;
  }

  async #pull(row: number): Promise<void> {
    while (row >= this.#end) {
      const batch = await this.#channel.next(this.#asChunks ? 'chunks' : 'samples');
      const end = this.#end;
      if (batch.kind === 'samples') {
        this.#columns = batch.columns;
        this.#lengths = batch.columns.lengths;
      } else if (batch.kind === 'chunks') {
        this.#chunks = batch.chunks;
        this.#lengths = batch.chunks.counts;
      } else throw unexpected(batch);
      if (this.#lengths.length === 0) throw new Error(`Cannot read row ${row}: there are ${end}`);
      this.#first = end;
      this.#row = end;
      this.#at = 0;
    }
  }
}

function notAtHand(row: number): Error {
  return new Error(`Cannot read row ${row}: its samples are not at hand`);
}

function unexpected({ kind }: ReadBatch): Error {
  return new Error(`Cannot go on with a read: a batch of ${kind} came`);
}
