import type { Clock } from '../std/clock.ts';
import { createSerial } from '../std/serial.ts';
import { runInTurns, type Turns } from '../std/turns.ts';
import type { Appendable } from '../storage/append.ts';
import type { Queryable } from '../storage/query.ts';
import { whenSettled } from '../storage/settled.ts';
import type { Log } from '../telemetry/log.ts';
import type { Counter, Registry } from '../telemetry/registry.ts';
import { messageFromContentType, WRITE_V1 } from './content-type.ts';
import { SeriesCache } from './series-cache.ts';
import { claimedSize, unpackSteps } from './unpack-steps.ts';
import { type IngestFailure, WriteIngest } from './write-ingest.ts';
import { createWriteRequest, decodeWriteRequest, WriteRequestError } from './write-request.ts';

/** The answer to a request; `message` is empty for 204. */
export interface WriteOutcome {
  readonly status: number;
  readonly message: string;
}

/** Takes remote write requests: checks, decompresses, decodes, appends. */
export interface WriteReceiver {
  /** What is wrong with a `Content-Encoding`, told before the body is read; null where it is taken. */
  refusesEncoding(encoding: string): WriteOutcome | null;
  /**
   * Handles one request. 204 means that the log has it. An ordinary one is answered within this turn of the event loop, or behind a
   * transaction that is being made in steps; large ones are
   * handled one after the other, in turns between which others are, and seen as a whole as well. `compressed` is looked at until then.
   */
  receive(contentType: string, compressed: Uint8Array): WriteOutcome | Promise<WriteOutcome>;
}

export interface WriteReceiverOptions {
  readonly appendable: Appendable;
  readonly queryable: Queryable;
  readonly clock: Clock;
  readonly log: Log;
  readonly registry: Registry;
  /** Message types that the server is set to accept. */
  readonly messages: readonly string[];
  /** How long a large request may hold the thread. */
  readonly turns: Turns;
  /** Any 32-bit number, different from start to start. */
  readonly hashSeed: number;
}

/** Bytes of a request, compressed and decompressed alike; beyond it the answer is 413 or 400. */
export const REQUEST_BYTES_MAX = 32 * 1024 * 1024;

/**
 * Larger requests, decompressed, are handled in turns: some 5,000 samples of a series each, which take 5 ms. Senders put 500 to 2,000
 * into a request.
 */
export const AT_ONCE_BYTES_MAX = 512 * 1024;

/** A decompression buffer up to this size is kept for the next request. */
const KEPT_BUFFER_SIZE = 4 * 1024 * 1024;

/** Series that nobody sent for one to two of these periods are forgotten. */
const CACHE_PERIOD_MS = 10 * 60 * 1000;
/** Label bytes kept for recognising series: about three million series of 150 bytes. */
const CACHE_BYTES_MAX = 512 * 1024 * 1024;

const DONE: WriteOutcome = { status: 204, message: '' };

/** Registers its counters: a registry can have one receiver. */
export function createWriteReceiver(options: WriteReceiverOptions): WriteReceiver {
  const { appendable, clock, log, turns } = options;
  const cache = new SeriesCache(
    { periodMs: CACHE_PERIOD_MS, bytesMax: CACHE_BYTES_MAX, hashSeed: options.hashSeed },
    clock.now(),
  );
  const ingestOptions = { ...options, cache, invalidLabels: registerCounters(options.registry) };
  // What a large request fills between turns is not to be touched by the small ones that come meanwhile.
  const small = new RequestWorkspace(new WriteIngest(ingestOptions));
  const large = new RequestWorkspace(new WriteIngest(ingestOptions));
  const oneByOne = createSerial();
  /** Remote write 2.0 is not decoded yet, so it is not accepted, whatever the setting says. */
  const accepted: readonly string[] = options.messages.filter((message) => message === WRITE_V1);

  function* handle(workspace: RequestWorkspace, contentType: string, compressed: Uint8Array, size: number) {
    const bytes = yield* workspace.decompressed(compressed, size);
    if (bytes === null) return refused(log, 400, CORRUPT);
    const message = messageFromContentType(contentType);
    if (!message.ok) return refused(log, 415, message.problem);
    if (!accepted.includes(message.type)) {
      return refused(
        log,
        415,
        `${message.type} protobuf message is not accepted by this server; only accepts ${accepted.join(', ')}`,
      );
    }
    try {
      yield* decodeWriteRequest(bytes, workspace.request);
      const failure = yield* workspace.ingest.append(workspace.request);
      return failure === null ? DONE : outcomeOfFailure(log, failure);
    } catch (error) {
      if (error instanceof WriteRequestError) return refused(log, 400, error.message);
      throw error;
    }
  }

  return {
    refusesEncoding(encoding) {
      if (encoding === '' || encoding === 'snappy') return null;
      return refused(
        log,
        415,
        `${encoding} encoding (compression) is not accepted by this server; only snappy is acceptable`,
      );
    },

    receive(contentType, compressed) {
      const size = claimedSize(compressed);
      if (size < 0) return refused(log, 400, CORRUPT);
      if (size > REQUEST_BYTES_MAX) {
        return refused(log, 400, `decoded size exceeds the ${REQUEST_BYTES_MAX} bytes limit`);
      }
      if (size <= AT_ONCE_BYTES_MAX) {
        return whenSettled(appendable, () => runInTurns(handle(small, contentType, compressed, size), null));
      }
      return oneByOne(() => runInTurns(handle(large, contentType, compressed, size), turns));
    },
  };
}

/** What handling one request at a time takes, for the next one again. */
class RequestWorkspace {
  readonly request = createWriteRequest();
  readonly ingest: WriteIngest;
  #buffer = new Uint8Array(64 * 1024);

  constructor(ingest: WriteIngest) {
    this.ingest = ingest;
  }

  /** What a request is decompressed, `size` bytes; null where it is malformed. Valid until the next call. */
  *decompressed(compressed: Uint8Array, size: number): Generator<undefined, Uint8Array | null> {
    const target = size <= this.#buffer.length ? this.#buffer : new Uint8Array(Math.max(size, 2 * this.#buffer.length));
    if (target.length <= KEPT_BUFFER_SIZE) this.#buffer = target;
    const bytes = target.subarray(0, size);
    return (yield* unpackSteps(compressed, bytes)) ? bytes : null;
  }
}

/** Returns that of series whose labels are not allowed. */
function registerCounters(registry: Registry): Counter {
  registry
    .counter({
      name: 'prometheus_api_remote_write_without_metadata_appended_samples_total',
      help:
        'The total number of received remote write samples (and histogram samples) which were ingested without ' +
        'corresponding metadata.',
    })
    .with();
  return registry
    .counter({
      name: 'prometheus_api_remote_write_invalid_labels_samples_total',
      help:
        'The total number of received remote write samples and histogram samples which were rejected due to ' +
        'invalid labels.',
    })
    .with();
}

/** What the reference says of any block that snappy can not decode. */
const CORRUPT = 's2: corrupt input';

function outcomeOfFailure(log: Log, failure: IngestFailure): WriteOutcome {
  if (failure.kind === 'refused') return { status: 400, message: failure.message };
  // The storage has told so itself, once and not for each request.
  if (failure.kind === 'stopped') return { status: 503, message: failure.message };
  log.error('Error while storing the remote write request', { err: failure.message });
  return { status: 500, message: failure.message };
}

function refused(log: Log, status: number, message: string): WriteOutcome {
  log.error('Error decoding remote write request', { err: message });
  return { status, message };
}
