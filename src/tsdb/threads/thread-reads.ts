import { ofFloats, type TimeRange } from '../../storage/query.ts';
import type { Block } from '../block/block.ts';
import type { BlockList } from '../block/block-list.ts';
import type { Head } from '../head/head.ts';
import type { HeadQuerier } from '../head/head-querier.ts';
import type { HeadSnapshot } from '../head/head-snapshot.ts';
import type { HeadSlabsSeen } from '../head/head-view.ts';
import type { Tombstones } from '../tombstones/tombstones-file.ts';
import type { ThreadAnswer, ThreadBlock, ThreadQuestion } from './thread-answer.ts';

/** What reading threads are told of. */
export interface ThreadSource {
  readonly head: Head;
  readonly blocks: BlockList;
  /** The directory of the head's chunk files. */
  readonly chunksHead: string;
}

/**
 * The main thread's side of one thread that reads the database by itself: knows what the thread was sent. Answers must
 * reach the thread in the order in which they were made.
 */
export class ThreadReads {
  readonly #source: ThreadSource;
  readonly #slabsSeen: HeadSlabsSeen = [];
  readonly #blocks: ThreadBlocksSent;

  constructor(source: ThreadSource) {
    this.#source = source;
    this.#blocks = new ThreadBlocksSent(source.blocks);
  }

  /** Where the thread finds the head's chunk files; to be told it at its start. */
  get chunksHead(): string {
    return this.#source.chunksHead;
  }

  /** Begins a query of the thread. */
  open(): ThreadRead {
    const { head } = this.#source;
    return new ThreadRead(this.#source, () => {
      return { slabs: head.newSlabs(this.#slabsSeen), blocks: this.#blocks.changed() };
    });
  }
}

/** What the answer to one question may come to. */
export interface AnswerLimits {
  /** Bytes of snapshots. */
  readonly bytesMax: number;
  /** A large question whose answer takes longer is answered in several turns. */
  readonly turnMs: number;
  /** Milliseconds, a clock that never jumps. */
  now(): number;
  /** Lets the event loop run once. */
  pause(): Promise<void>;
}

/** The answer to a question would be larger than it may. */
export class AnswerTooLarge extends Error {
  override readonly name = 'AnswerTooLarge';
}

/** After so much work, in rows, the clock is looked at. A select counts as so many rows, even where it chooses none. */
const ONE_TURN_WORK_MAX = 50_000;
const SELECT_WORK = 5000;

/** Of a row in a snapshot. */
const ROW_BYTES = 21;
/** Of one where its newest sample is noted. */
const NEWEST_BYTES = 16;

/** One query of a thread. What its answers lead to stays in place until `close`: to be called however the query ends. */
export class ThreadRead {
  readonly #source: ThreadSource;
  readonly #news: () => Pick<ThreadAnswer, 'slabs' | 'blocks'>;
  readonly #queriers: HeadQuerier[] = [];
  #isClosed = false;

  /** `news` gives what the thread does not know yet, and then counts as known. */
  constructor(source: ThreadSource, news: () => Pick<ThreadAnswer, 'slabs' | 'blocks'>) {
    this.#source = source;
    this.#news = news;
  }

  /**
   * Answers in one turn, which comes after others where patterns have many values to meet, or in several where one would hold
   * the event loop: all selects see the moment of the first. `give` gets the answer within the last turn, unless this is closed by then. Rejects with `RegexSyntaxError` and
   * `AnswerTooLarge`.
   */
  async answer(
    { range, requests }: ThreadQuestion,
    limits: AnswerLimits,
    give: (answer: ThreadAnswer) => void,
  ): Promise<void> {
    const querier = this.#source.head.querier(range);
    this.#queriers.push(querier);
    if (this.#isPlain(querier, range) && requests.some(({ floatMatchers }) => floatMatchers !== undefined)) {
      if (await this.#answered(querier, { range, requests: requests.map(ofFloats) }, true, limits, give)) return;
    }
    await this.#answered(querier, { range, requests }, false, limits, give);
  }

  /** There are neither histograms nor series with types. */
  #isPlain({ hasNoTypes }: HeadQuerier, range: TimeRange): boolean {
    const { blocks, head } = this.#source;
    return !head.hasHistograms && hasNoTypes && blocks.hasFloatsOnly(range) && blocks.hasNoTypes(range);
  }

  /** False where histograms or types have come between the turns, and there should be none. */
  async #answered(
    querier: HeadQuerier,
    { range, requests }: ThreadQuestion,
    isPlain: boolean,
    limits: AnswerLimits,
    give: (answer: ThreadAnswer) => void,
  ): Promise<boolean> {
    const preparing = querier.prepare(requests.map(({ matchers }) => matchers));
    if (preparing !== undefined) await preparing;
    if (this.#isClosed) return true;
    const snapshots = await this.#snapshots(querier, requests, limits);
    if (snapshots === null) return true;
    if (isPlain && !this.#isPlain(querier, range)) return false;
    const { hasNoTypes: headHasNoTypes, minTime: headMinTime } = querier;
    give({ ...this.#news(), headMinTime, isPlain, headHasNoTypes, snapshots });
    return true;
  }

  /** What the selects give, of one moment; null where this is closed meanwhile. */
  async #snapshots(
    querier: HeadQuerier,
    requests: ThreadQuestion['requests'],
    limits: AnswerLimits,
  ): Promise<HeadSnapshot[] | null> {
    const releaseMoment = querier.holdMoment();
    try {
      const snapshots: HeadSnapshot[] = [];
      let bytes = 0;
      let turnBegan = limits.now();
      let work = 0;
      for (const request of requests) {
        const taken = querier.snapshot({ ...request, limit: request.sorted ? 0 : request.limit });
        const snapshot = taken instanceof Promise ? await taken : taken;
        if (this.#isClosed) return null;
        bytes += (ROW_BYTES + (snapshot.newest === null ? 0 : NEWEST_BYTES)) * snapshot.rows.length;
        if (bytes > limits.bytesMax) {
          const message = `query needs too much memory: it selects so many series that they take ${bytes} bytes`;
          throw new AnswerTooLarge(`${message}, the limit is ${limits.bytesMax} bytes`);
        }
        snapshots.push(snapshot);
        work += SELECT_WORK + snapshot.rows.length;
        if (work <= ONE_TURN_WORK_MAX || limits.now() - turnBegan <= limits.turnMs) continue;
        await limits.pause();
        if (this.#isClosed) return null;
        work = 0;
        turnBegan = limits.now();
      }
      return snapshots;
    } finally {
      releaseMoment();
    }
  }

  close(): void {
    this.#isClosed = true;
    for (const querier of this.#queriers) querier.close();
    this.#queriers.length = 0;
  }
}

/** What a thread knows of the blocks. */
class ThreadBlocksSent {
  readonly #list: BlockList;
  #blocks: readonly Block[] | null = null;
  #tombstones: readonly Tombstones[] = [];
  #version = 0;
  #versions = new Map<Tombstones, number>();

  constructor(list: BlockList) {
    this.#list = list;
  }

  /** All blocks, null where the thread knows them as they are. */
  changed(): readonly ThreadBlock[] | null {
    const { blocks } = this.#list;
    const isKnown = blocks === this.#blocks && blocks.every((block, i) => block.tombstones === this.#tombstones[i]);
    if (isKnown) return null;
    this.#blocks = blocks;
    this.#tombstones = blocks.map(({ tombstones }) => tombstones);
    this.#versions = new Map(this.#tombstones.map((one) => [one, this.#versions.get(one) ?? ++this.#version]));
    return blocks.map(({ directory, meta: { minTime, maxTime }, tombstones }) => {
      return { directory, minTime, maxTime, tombstonesVersion: this.#versions.get(tombstones)! };
    });
  }
}
