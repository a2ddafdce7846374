import { Worker } from 'node:worker_threads';
import { RegexSyntaxError } from '../../model/regex.ts';
import type { Clock } from '../../std/clock.ts';
import { turnsOf } from '../../std/turns.ts';
import { workerEntry } from '../../std/worker-entry.ts';
import { youngGeneration } from '../../std/young-generation.ts';
import type { HeadSnapshot } from '../../tsdb/head/head-snapshot.ts';
import { endOfSelectors, endOfSnapshots } from '../../tsdb/threads/message-parts.ts';
import { type PackedSnapshots, packSnapshots } from '../../tsdb/threads/pack-snapshots.ts';
import type { ThreadQuestion, ThreadRequest } from '../../tsdb/threads/thread-answer.ts';
import { AnswerTooLarge, type ThreadRead, type ThreadReads } from '../../tsdb/threads/thread-reads.ts';
import type { QueryCost } from '../execute-query.ts';
import type { ThreadList, ThreadSelector } from '../lists/list-request.ts';
import type { ColumnSeries, QueryReply } from '../runner.ts';
import {
  type MessageFromThread,
  type MessageToThread,
  type QuerySettings,
  type QueryThreadSettings,
  replyFromFlat,
  seriesFromFlat,
  type ThreadTask,
} from './messages.ts';
import type { ReadBatch, ReadWish } from './read-messages.ts';
import { ThreadControl } from './thread-control.ts';

/**
 * Half of a thread's young generation. V8 ends a collection when the young generation is full, marked or not: with a smaller one than this more of
 * it is done in the pause.
 */
const YOUNG_MEBIBYTES = 16;
/** An answer to many selects or with many series that takes the main thread longer is made in several turns, ms. */
const ANSWER_TURN_MS = 20;

/** What a question of a canceled query is refused with. */
const CANCELED = 'the query was canceled';

/** The file that query threads run. */
export const QUERY_WORKER = workerEntry('query/pool/query-worker.ts');

export interface QueryThreadOptions {
  readonly clock: Clock;
  readonly settings: QuerySettings;
  readonly reads: ThreadReads;
  /** What the thread runs; the program itself always `QUERY_WORKER`. */
  readonly entry: URL;
  /** Queries that it may have at once. */
  readonly slots: number;
  /** The JavaScript heap that it may grow to; beyond it the thread dies. */
  readonly heapMegabytesMax: number;
  /** Hears once of each job, unless `onExit` does. `cost` is null where it counts as no query. */
  readonly onDone: (job: ThreadJob, reply: QueryReply, cost: QueryCost | null) => void;
  /** The thread is gone, by itself or because it was ended. */
  readonly onExit: (thread: QueryThread, left: JobsLeft) => void;
}

/** A task as a thread gets it. */
export interface ThreadJob {
  readonly task: ThreadTask;
  /** Hears of the batches of a read. */
  readonly onBatch?: (batch: ReadBatch) => void;
}

/** What a thread leaves behind that is gone. */
export interface JobsLeft {
  readonly jobs: readonly ThreadJob[];
  /** Which of them held the thread when it was ended; null: none, or it ended by itself. */
  readonly holder: ThreadJob | null;
  readonly error: Error | null;
}

interface RunningJob {
  readonly job: ThreadJob;
  readonly read: ThreadRead;
  /** It waits for an answer of the main thread. */
  isAsking: boolean;
  /** What it asks for, as far as that has come. */
  asked: ThreadRequest[];
  /** What it was answered, of which so many were given to it. */
  snapshots: readonly HeadSnapshot[];
  given: number;
  /** Of its list so many selectors were given to it. */
  listed: number;
  /** The first series of its reply. */
  readonly series: ColumnSeries[];
}

/**
 * The main thread's side of one query thread: hands it queries, answers its questions, and keeps what it reads pinned
 * until the query is done or the thread is gone.
 */
export class QueryThread {
  readonly #options: QueryThreadOptions;
  readonly #control: ThreadControl;
  readonly #worker: Worker;
  readonly #running: (RunningJob | null)[];
  #count = 0;
  #slotAtEnd: number | null = null;
  #endsHeld = false;
  #error: Error | null = null;
  readonly #exited = Promise.withResolvers<void>();

  constructor(options: QueryThreadOptions) {
    this.#options = options;
    this.#control = ThreadControl.create(options.slots);
    this.#running = new Array<null>(options.slots).fill(null);
    const { chunksHead } = options.reads;
    const workerData: QueryThreadSettings = { ...options.settings, chunksHead, control: this.#control.buffer };
    this.#worker = new Worker(options.entry, {
      name: 'query',
      workerData,
      resourceLimits: { maxOldGenerationSizeMb: options.heapMegabytesMax, ...youngGeneration(YOUNG_MEBIBYTES) },
    });
    this.#worker.on('message', (message: MessageFromThread) => this.#hear(message));
    this.#worker.on('error', (error: Error) => {
      this.#error = error;
    });
    this.#worker.on('exit', () => this.#leave());
    this.#worker.unref();
  }

  /** Queries that it has. */
  get count(): number {
    return this.#count;
  }

  run(job: ThreadJob): void {
    const slot = this.#running.indexOf(null);
    if (slot < 0) throw new Error('Cannot hand a query to a thread that has as many as it may');
    const read = this.#options.reads.open();
    this.#running[slot] = { job, read, isAsking: false, asked: [], snapshots: [], given: 0, listed: 0, series: [] };
    this.#count++;
    this.#control.setCanceled(slot, false);
    // A running query keeps the process alive, an idle thread does not.
    this.#worker.ref();
    const { task } = job;
    if (task.kind !== 'list') this.#send({ ...task, slot });
    else {
      const { isWhole, selectors } = nextSelectors(this.#running[slot], task.list);
      this.#send({ kind: 'list', slot, list: { ...task.list, selectors }, isWhole });
    }
  }

  /** Says what a read is to give next. */
  wish(job: ThreadJob, wish: ReadWish): void {
    const slot = this.#running.findIndex((running) => running?.job === job);
    if (slot >= 0) this.#send({ kind: 'wish', slot, wish });
  }

  /** Asks a query to end; it is done in its own time. */
  cancel(job: ThreadJob): void {
    const slot = this.#running.findIndex((running) => running?.job === job);
    if (slot < 0) return;
    this.#control.setCanceled(slot, true);
    if (this.#running[slot]!.isAsking) this.#refuse(slot, CANCELED, false);
  }

  /** Changes as long as its queries take turns. */
  get turns(): number {
    return this.#control.turns;
  }

  /** Ends the thread with all its queries, whatever it is doing. `isHeld`: by the query at work. Resolves when it is gone. */
  end(isHeld: boolean): Promise<void> {
    this.#endsHeld = isHeld;
    this.#slotAtEnd ??= this.#control.atWork;
    void this.#worker.terminate();
    return this.#exited.promise;
  }

  #hear(message: MessageFromThread): void {
    const running = this.#running[message.slot];
    if (running === null || running === undefined) return;
    switch (message.kind) {
      case 'question':
        this.#take(message, running);
        break;
      case 'next': {
        const { task } = running.job;
        if (task.kind === 'list')
          this.#send({ kind: 'selectors', slot: message.slot, ...nextSelectors(running, task.list) });
        break;
      }
      case 'more': {
        const { moved, snapshots } = nextSnapshots(running);
        this.#send({ kind: 'snapshots', slot: message.slot, snapshots }, moved);
        break;
      }
      case 'series':
        running.series.push(...seriesFromFlat(message.series));
        this.#send({ kind: 'next', slot: message.slot });
        break;
      case 'batch':
        running.job.onBatch?.(message.batch);
        break;
      case 'done':
        this.#running[message.slot] = null;
        this.#count--;
        if (this.#count === 0) this.#worker.unref();
        running.read.close();
        this.#options.onDone(running.job, replyFromFlat(message.reply, running.series), message.cost);
        break;
    }
  }

  #take({ isWhole, question, slot }: Extract<MessageFromThread, { kind: 'question' }>, running: RunningJob): void {
    const { range, requests } = question;
    if (!isWhole) {
      running.asked.push(...requests);
      this.#send({ kind: 'next', slot });
      return;
    }
    const asked = running.asked.length === 0 ? requests : [...running.asked, ...requests];
    running.asked = [];
    // It was canceled while the question was on its way.
    if (this.#control.isCanceled(slot)) this.#refuse(slot, CANCELED, false);
    else void this.#answer(slot, running, { range, requests: asked });
  }

  async #answer(slot: number, running: RunningJob, question: ThreadQuestion): Promise<void> {
    running.isAsking = true;
    try {
      const { clock, settings } = this.#options;
      const { now, pause, pieceMs } = turnsOf(clock, ANSWER_TURN_MS);
      const limits = { bytesMax: settings.bytesMax, turnMs: pieceMs, now, pause };
      await running.read.answer(question, limits, (answer) => {
        running.isAsking = false;
        running.snapshots = answer.snapshots;
        running.given = 0;
        // The slabs go with the first part, whose turn this is: all that the others lead to is there then.
        const { moved, snapshots } = nextSnapshots(running);
        this.#send({ kind: 'answer', slot, answer: { ...answer, snapshots } }, moved);
      });
    } catch (error) {
      if (!running.isAsking) return;
      const isLimit = error instanceof AnswerTooLarge || error instanceof RegexSyntaxError;
      this.#refuse(slot, error instanceof Error ? error.message : String(error), isLimit);
    }
  }

  /** The query ends with it, so what was being looked for is not needed. */
  #refuse(slot: number, message: string, isLimit: boolean): void {
    const running = this.#running[slot]!;
    running.isAsking = false;
    running.read.close();
    this.#send({ kind: 'refusal', slot, isLimit, message });
  }

  #send(message: MessageToThread, moved: readonly ArrayBuffer[] = []): void {
    this.#worker.postMessage(message, moved);
  }

  #leave(): void {
    const left = this.#running.filter((running) => running !== null);
    const holder = this.#endsHeld ? (this.#running[this.#slotAtEnd!]?.job ?? null) : null;
    this.#running.fill(null);
    this.#count = 0;
    for (const { read } of left) read.close();
    this.#exited.resolve();
    this.#options.onExit(this, { jobs: left.map(({ job }) => job), holder, error: this.#error });
  }
}

/** The next part of the selectors of a list, and whether it is the last. */
function nextSelectors(
  running: RunningJob,
  { selectors }: ThreadList,
): { readonly selectors: readonly ThreadSelector[]; readonly isWhole: boolean } {
  const { listed } = running;
  const end = endOfSelectors(selectors, listed);
  running.listed = end;
  return { selectors: selectors.slice(listed, end), isWhole: end === selectors.length };
}

/** The next part of an answer. */
function nextSnapshots(running: RunningJob): PackedSnapshots {
  const { given, snapshots } = running;
  const end = endOfSnapshots(snapshots, given);
  const part = packSnapshots(snapshots.slice(given, end));
  running.given = end;
  if (end === snapshots.length) running.snapshots = [];
  return part;
}
