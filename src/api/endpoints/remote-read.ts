import { Readable } from 'node:stream';
import { type BodyBudget, readBody } from '../../http/body.ts';
import { RegexSyntaxError } from '../../model/regex.ts';
import { QueryError } from '../../promql/exec/query-error.ts';
import { ReadGate } from '../../remote/read-gate.ts';
import {
  type PreparedRead,
  prepareRead,
  READ_REQUEST_BYTES_MAX,
  type ReadContext,
  readFrames,
  readSamples,
} from '../../remote/read-handler.ts';
import { ReadRefusal } from '../../remote/read-refusal.ts';
import type { Clock } from '../../std/clock.ts';
import { type Answer, plainError } from '../answer.ts';
import type { Call, Handler } from '../call.ts';
import type { ApiDependencies } from '../dependencies.ts';

const SAMPLES_HEADERS = { 'content-type': 'application/x-protobuf', 'content-encoding': 'snappy' } as const;
const CHUNKS_HEADERS = {
  'content-type': 'application/x-streamed-protobuf; proto=prometheus.ChunkedReadResponse',
} as const;

/** An unstreamed answer up to this size is sent at once. */
const JOINED_BYTES_MAX = 1024 * 1024;
/** Frames made ahead of a client that reads slowly. */
const FRAMES_AHEAD = 2;
/** A client that takes nothing for so long is cut off, or a few of them would keep all others out. */
const STALL_MS = 60_000;

/** POST /api/v1/read */
export function remoteRead({ registry, settings }: ApiDependencies, budget: BodyBudget): Handler {
  const gate = new ReadGate(settings.remoteRead.concurrencyMax);
  registry.gaugeFrom(
    {
      name: 'prometheus_remote_read_handler_queries',
      help: 'The current number of remote read queries that are either in execution or queued on the handler.',
    },
    () => gate.inside,
  );
  return async (call) => {
    try {
      const read = await preparedRead(call, budget);
      return await gated(call, read, gate);
    } catch (error) {
      if (error instanceof ReadRefusal) return plainError(error.status, error.message);
      if (error instanceof RegexSyntaxError) return plainError(400, error.message);
      if (error instanceof QueryError) return plainError(error.kind === 'canceled' ? 499 : 500, error.message);
      throw error;
    }
  };
}

async function preparedRead(call: Call, budget: BodyBudget): Promise<PreparedRead> {
  const body = await readBody(call.body, READ_REQUEST_BYTES_MAX, budget);
  if (!body.ok) {
    switch (body.reason) {
      case 'tooLarge':
        throw new ReadRefusal(413, `request body exceeds the ${READ_REQUEST_BYTES_MAX} bytes limit`);
      case 'noRoom':
        throw new ReadRefusal(503, 'too many bytes of requests are being received, try again later');
      case 'aborted':
        throw new ReadRefusal(400, 'unexpected EOF');
    }
  }
  try {
    return await prepareRead(body.bytes, { clock: call.deps.clock, signal: call.signal });
  } finally {
    body.release();
  }
}

async function gated(call: Call, { form, request }: PreparedRead, gate: ReadGate): Promise<Answer> {
  const context: ReadContext = {
    queryable: call.deps.queryable(call.signal),
    clock: call.deps.clock,
    externalLabels: call.deps.configuration.externalLabels(),
    samplesMax: call.deps.settings.remoteRead.samplesMax,
    frameBytes: call.deps.settings.remoteRead.frameBytes,
    signal: call.signal,
  };
  await gate.enter(call.signal);
  if (form === 'chunks') {
    return streamed(readFrames(request, context), CHUNKS_HEADERS, context.clock, () => gate.leave());
  }
  try {
    return whole(await readSamples(request, context), context.clock);
  } catch (error) {
    if (!(error instanceof ReadRefusal)) throw error;
    // The reference has set the encoding of the answer by then, and does not take it back.
    const answer = plainError(error.status, error.message);
    return { ...answer, headers: { ...answer.headers, 'content-encoding': SAMPLES_HEADERS['content-encoding'] } };
  } finally {
    gate.leave();
  }
}

/** A large answer is sent piece by piece: putting it together would hold the event loop, and take its memory twice. */
function whole(pieces: readonly Uint8Array[], clock: Clock): Answer | Promise<Answer> {
  const size = pieces.reduce((sum, { length }) => sum + length, 0);
  if (size <= JOINED_BYTES_MAX) return { status: 200, headers: SAMPLES_HEADERS, body: Buffer.concat(pieces) };
  return streamed(inOrder(pieces), SAMPLES_HEADERS, clock, () => {});
}

async function* inOrder(pieces: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* pieces;
}

/** Waits for the first frame, since what is wrong with a query is known by then and can still be told. */
async function streamed(
  frames: AsyncGenerator<Uint8Array>,
  headers: Answer['headers'],
  clock: Clock,
  onEnd: () => void,
): Promise<Answer> {
  let first: IteratorResult<Uint8Array>;
  try {
    first = await frames.next();
  } catch (error) {
    onEnd();
    throw error;
  }
  if (first.done) {
    onEnd();
    return { status: 200, headers, body: '' };
  }
  let made: Promise<IteratorResult<Uint8Array>> | null = Promise.resolve(first);
  let stopWatch = (): void => {};
  const body = new Readable({
    highWaterMark: FRAMES_AHEAD,
    objectMode: true,
    read() {
      stopWatch();
      const frame = made ?? frames.next();
      made = null;
      frame.then(
        ({ done, value }) => {
          if (this.destroyed) return;
          stopWatch = clock.after(STALL_MS, () => this.destroy(new Error('the client does not read its answer')));
          this.push(done ? null : value);
        },
        (error: Error) => this.destroy(error),
      );
    },
    destroy(error, done) {
      stopWatch();
      frames.return(undefined).then(onEnd, onEnd);
      done(error);
    },
  });
  return { status: 200, headers, body };
}
