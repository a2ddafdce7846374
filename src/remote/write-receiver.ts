import { SNAPPY_EXPANSION_MAX, snappyDecode, snappyDecodedSize } from '../kernels/snappy-decode.ts';
import type { Clock } from '../std/clock.ts';
import type { Appendable } from '../storage/append.ts';
import type { Queryable } from '../storage/query.ts';
import type { Log } from '../telemetry/log.ts';
import type { Registry } from '../telemetry/registry.ts';
import { messageFromContentType, WRITE_V1 } from './content-type.ts';
import { SeriesCache } from './series-cache.ts';
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
  /** Handles one request within this turn of the event loop. 204 means that the log has it. */
  receive(contentType: string, compressed: Uint8Array): WriteOutcome;
}

export interface WriteReceiverOptions {
  readonly appendable: Appendable;
  readonly queryable: Queryable;
  readonly clock: Clock;
  readonly log: Log;
  readonly registry: Registry;
  /** Message types that the server is set to accept. */
  readonly messages: readonly string[];
  /** Any 32-bit number, different from start to start. */
  readonly hashSeed: number;
}

/** Bytes of a request, compressed and decompressed alike; beyond it the answer is 413 or 400. */
export const REQUEST_BYTES_MAX = 32 * 1024 * 1024;

/** A decompression buffer up to this size is kept for the next request. */
const KEPT_BUFFER_SIZE = 4 * 1024 * 1024;

/** Series that nobody sent for one to two of these periods are forgotten. */
const CACHE_PERIOD_MS = 10 * 60 * 1000;
/** Label bytes kept for recognising series: about three million series of 150 bytes. */
const CACHE_BYTES_MAX = 512 * 1024 * 1024;

const DONE: WriteOutcome = { status: 204, message: '' };

export function createWriteReceiver(options: WriteReceiverOptions): WriteReceiver {
  const { clock, log } = options;
  const cache = new SeriesCache(
    { periodMs: CACHE_PERIOD_MS, bytesMax: CACHE_BYTES_MAX, hashSeed: options.hashSeed },
    clock.now(),
  );
  const request = createWriteRequest();
  const ingest = new WriteIngest({ ...options, cache });
  /** Remote write 2.0 is not decoded yet, so it is not accepted, whatever the setting says. */
  const accepted: readonly string[] = options.messages.filter((message) => message === WRITE_V1);
  let buffer = new Uint8Array(64 * 1024);

  const decompressed = (compressed: Uint8Array): Uint8Array | string => {
    const size = snappyDecodedSize(compressed, 0, compressed.length);
    if (size < 0 || size > compressed.length * SNAPPY_EXPANSION_MAX) return CORRUPT;
    if (size > REQUEST_BYTES_MAX) return `decoded size exceeds the ${REQUEST_BYTES_MAX} bytes limit`;
    const target = size <= buffer.length ? buffer : new Uint8Array(Math.max(size, 2 * buffer.length));
    if (target.length <= KEPT_BUFFER_SIZE) buffer = target;
    const made = snappyDecode(compressed, 0, compressed.length, target, 0, size);
    return made < 0 ? CORRUPT : target.subarray(0, size);
  };

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
      const bytes = decompressed(compressed);
      if (typeof bytes === 'string') return refused(log, 400, bytes);
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
        decodeWriteRequest(bytes, request);
        const failure = ingest.append(request);
        return failure === null ? DONE : outcomeOfFailure(log, failure);
      } catch (error) {
        if (error instanceof WriteRequestError) return refused(log, 400, error.message);
        throw error;
      }
    },
  };
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
