import { setImmediate } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { Engine } from '../../promql/engine.ts';
import { type CancelSignal, checkWanted } from '../../promql/exec/budget.ts';
import type { QueryError } from '../../promql/exec/query-error.ts';
import { functionImplementations } from '../../promql/functions/registry.ts';
import { beginReducing } from '../../std/begin-reducing.ts';
import { systemClock } from '../../std/clock.ts';
import { nodeFiles } from '../../std/node-files.ts';
import { lowerThreadPriority } from '../../std/thread-priority.ts';
import { turnsOf } from '../../std/turns.ts';
import { DecodedChunks } from '../../tsdb/chunk/decoded-chunks.ts';
import { type AskMainThread, ThreadDatabase } from '../../tsdb/threads/thread-database.ts';
import { answerBlocks } from '../answer-buffers.ts';
import {
  createQueryCost,
  executeQuery,
  explainQuery,
  failedReply,
  prepareQuery,
  type QueryExecutor,
} from '../execute-query.ts';
import { writeList } from '../lists/write-list.ts';
import { parsedText } from '../parsed-text.ts';
import type { QueryReply } from '../runner.ts';
import { IdleThread } from './idle-thread.ts';
import { LargeQueries } from './large-queries.ts';
import { MemoryGuard, usedBytes } from './memory-guard.ts';
import {
  type FlatReply,
  flatReply,
  type MessageFromThread,
  type MessageToThread,
  ownBuffersOf,
  type QueryThreadSettings,
} from './messages.ts';
import { type Asking, Questions } from './questions.ts';
import { buffersOfBatch, type ReadWish } from './read-messages.ts';
import { serveRead } from './serve-read.ts';
import { NO_SLOT, ThreadControl } from './thread-control.ts';

// A query thread: evaluates queries over the database that the main thread has, several by turns, and writes the answers.

/** Where rules run in the thread, other queries let so many turns pass for each of theirs: these keep no beat. */
const TURNS_FOR_RULES = 4;
/** A list gives way to the queries of its thread after so long, as they do. */
const LIST_TURN_MS = 20;
/** Scrapes and writes get a core at once; the maintenance thread stands back by 10. */
const NICE = 5;

lowerThreadPriority(NICE);

const settings = workerData as QueryThreadSettings;
const port = parentPort!;
const control = new ThreadControl(settings.control);
const decoded = new DecodedChunks(settings.decodedBytesMax, systemClock);
const database = new ThreadDatabase(nodeFiles, settings.chunksHead, decoded);
const guard = new MemoryGuard(settings.memoryBytesMax);
const idle = new IdleThread(
  systemClock,
  { used: usedBytes, takePeak: () => guard.takePeakBytes(), giveBack: beginReducing },
  () => executor.blocks.dropSpare(),
);
const largeQueries = new LargeQueries(systemClock);
const questions = new Questions(send);
let subqueryStepMs = 0;

const executor: QueryExecutor = {
  engine: new Engine({
    samplesMax: settings.samplesMax,
    bytesMax: settings.bytesMax,
    defaultSubqueryStepMs: () => subqueryStepMs,
    parser: settings.parser,
    features: settings.features,
    functions: functionImplementations,
    clock: systemClock,
  }),
  clock: systemClock,
  perStepStats: settings.perStepStats,
  blocks: answerBlocks(systemClock),
};

port.on('message', (message: MessageToThread) => {
  switch (message.kind) {
    case 'run':
      void atWork(() => run(message));
      break;
    case 'read':
      void atWork(() => read(message));
      break;
    case 'list':
      void atWork(() => list(message));
      break;
    case 'parse':
      void atWork(() => parse(message));
      break;
    case 'wish':
      tellWish(message.slot, message.wish);
      break;
    case 'answer':
      database.take(message.answer);
      questions.hear(message);
      break;
    case 'next':
    case 'refusal':
    case 'selectors':
    case 'snapshots':
      questions.hear(message);
      break;
  }
});

async function atWork(task: () => void | Promise<void>): Promise<void> {
  idle.begin();
  try {
    await task();
  } finally {
    idle.end();
  }
}

async function run(message: Extract<MessageToThread, { kind: 'run' }>): Promise<void> {
  const { request, slot } = message;
  const { engine } = executor;
  control.setAtWork(slot);
  // The engine plans before it waits for the first time.
  subqueryStepMs = message.subqueryStepMs;
  const signal = new SlotSignal(slot);
  const query = prepareQuery(engine, request, signal);
  if ('ok' in query || request.form === 'explain') {
    const reply = 'ok' in query ? query : explainQuery(engine, query, request.withoutPasses, signal);
    sendReply(slot, flatReply(reply), null);
    return;
  }
  const cost = createQueryCost();
  cost.timing.queue = message.queueSeconds;
  const isRule = request.priority === 'rule';
  if (isRule) rulesRunning++;
  try {
    const reply = await executeQuery(executor, query, request, {
      queryable: database.queryable(askMain(slot)),
      signal,
      pause: (bytes) => othersWhile(slot, isRule ? () => setImmediate() : () => turnOfOthers(slot, bytes)),
      cost,
    });
    sendReply(slot, await lastOf(flatReply(reply), slot, signal), cost);
  } finally {
    if (isRule) rulesRunning--;
    largeQueries.done(slot);
  }
}

/** Queries of rules that have begun and are not done. */
let rulesRunning = 0;

/** What a query that is no rule's, and has allocated so many bytes, waits for between its turns. */
async function turnOfOthers(slot: number, bytes: number): Promise<void> {
  if (!largeQueries.mayGoOn(slot, bytes)) return largeQueries.turn(slot, () => !control.isCanceled(slot));
  await setImmediate();
  for (let passed = 1; passed < TURNS_FOR_RULES && rulesRunning > 0; passed++) await setImmediate();
}

/** Does a read, and tells how it ended. */
async function read({ slot, work }: Extract<MessageToThread, { kind: 'read' }>): Promise<void> {
  control.setAtWork(slot);
  // The end of the read that had the slot before may have come when it was over.
  wishes.delete(slot);
  const signal = new SlotSignal(slot);
  let reply: QueryReply;
  try {
    await serveRead(work, database.queryable(askMain(slot)), {
      give: (batch) => send({ kind: 'batch', slot, batch }, buffersOfBatch(batch)),
      wish: () => othersWhile(slot, () => nextWish(slot)),
      check: () => checkWanted(signal),
    });
    reply = { ok: true, form: 'columns', series: [], warnings: [], infos: [] };
  } catch (error) {
    reply = failedReply(error, 'internal');
  }
  wishes.delete(slot);
  sendReply(slot, flatReply(reply), null);
}

/** Writes a list as a whole answer. */
async function list(message: Extract<MessageToThread, { kind: 'list' }>): Promise<void> {
  const { slot } = message;
  control.setAtWork(slot);
  const signal = new SlotSignal(slot);
  const check = () => checkWanted(signal);
  let reply: QueryReply;
  try {
    const selectors = await questions.selectors(message, { slot, wait: waitIn(slot), check });
    reply = await writeList({ ...message.list, selectors }, database, askMain(slot), {
      blocks: executor.blocks,
      bytesMax: settings.bytesMax,
      turns: { ...turnsOf(systemClock, LIST_TURN_MS), pause: () => othersWhile(slot, () => setImmediate()) },
      check,
    });
  } catch (error) {
    reply = failedReply(error, 'internal');
  }
  sendReply(slot, flatReply(reply), null);
}

/** Parses a text that is too long for the main thread. */
function parse({ form, slot, text }: Extract<MessageToThread, { kind: 'parse' }>): void {
  control.setAtWork(slot);
  const signal = new SlotSignal(slot);
  let reply: QueryReply;
  try {
    const parsed = parsedText(text, form, settings.parser, () => checkWanted(signal));
    reply = { ok: true, form: 'json', body: new TextEncoder().encode(parsed) };
  } catch (error) {
    reply = failedReply(error, 'internal');
  }
  sendReply(slot, flatReply(reply), null);
}

/** What the main thread wishes of a read: who waits for it, or that the end has come before anybody did. */
const wishes = new Map<number, ((wish: ReadWish) => void) | 'end'>();

function nextWish(slot: number): Promise<ReadWish> {
  if (wishes.get(slot) === 'end') return Promise.resolve('end');
  return new Promise((resolve) => wishes.set(slot, resolve));
}

function tellWish(slot: number, wish: ReadWish): void {
  const waiting = wishes.get(slot);
  if (typeof waiting === 'function') waiting(wish);
  if (wish === 'end') wishes.set(slot, 'end');
}

/** Whether a query may go on: not where the main thread has canceled it, and not where it uses too much memory. */
class SlotSignal implements CancelSignal {
  readonly #slot: number;
  reason: QueryError | undefined = undefined;

  constructor(slot: number) {
    this.#slot = slot;
  }

  get aborted(): boolean {
    this.reason = guard.look() ?? undefined;
    return this.reason !== undefined || control.isCanceled(this.#slot);
  }
}

/** Waits for something, meanwhile the query is not at work. */
async function othersWhile<T>(slot: number, wait: () => Promise<T>): Promise<T> {
  control.setAtWork(NO_SLOT);
  try {
    return await wait();
  } finally {
    control.setAtWork(slot);
  }
}

/** What of a reply is left for its last message, once the first series are given. */
async function lastOf(reply: FlatReply, slot: number, signal: CancelSignal): Promise<FlatReply> {
  if (!reply.ok || reply.form === 'json') return reply;
  try {
    const series = await questions.give(reply.series, { slot, wait: waitIn(slot), check: () => checkWanted(signal) });
    return { ...reply, series };
  } catch (error) {
    return flatReply(failedReply(error, 'internal'));
  }
}

/** How the task in a slot asks the main thread. */
function askMain(slot: number): AskMainThread {
  return (question, check) => questions.ask(question, { slot, wait: waitIn(slot), check });
}

function waitIn(slot: number): Asking['wait'] {
  return (told) => othersWhile(slot, told);
}

function sendReply(slot: number, reply: FlatReply, cost: Extract<MessageFromThread, { kind: 'done' }>['cost']): void {
  control.setAtWork(NO_SLOT);
  send({ kind: 'done', slot, reply, cost }, ownBuffersOf(reply));
}

function send(message: MessageFromThread, moved: readonly ArrayBuffer[] = []): void {
  port.postMessage(message, moved);
}
