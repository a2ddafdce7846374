import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { appendToBody, BODY_PADDING, type Body, sealBody } from '../exposition/body.ts';
import type { HttpResponse, ResponseSink } from '../http/client.ts';
import type { BodyPool } from './body-pool.ts';
import { BodySizeLimitError, ScrapeError } from './scrape-error.ts';

/** A body without `body_size_limit` fails beyond this; no exporter comes near. */
export const BODY_BYTES_MAX = 512 * 1024 * 1024;
/** What is read of the body of an error page, so that the connection can be used again. */
const DRAINED_BYTES_MAX = 64 * 1024;
/** Bounds for the unzipper's output steps: each costs a trip to another thread, and memory while it waits. */
const STEP_BYTES_MIN = 16 * 1024;
const STEP_BYTES_MAX = 4 * 1024 * 1024;

const GZIP_HEADER_SIZE = 10;

const unzip = promisify(gunzip) as (
  bytes: Uint8Array,
  options: { readonly maxOutputLength: number; readonly chunkSize: number },
) => Promise<Buffer>;

/** Collects the answer of one scrape into a body. */
export class BodyReader implements ResponseSink {
  readonly #pool: BodyPool;
  readonly #sizeMax: number;
  readonly #body: Body;
  #taken = 0;
  #zipped = false;
  #failure: ScrapeError | null = null;
  #drained = 0;
  contentType = '';

  /**
   * @param sizeMax bytes after decompression from which on the body is too large; 0 for no limit but our own
   * @param sizeHint what the last body of the target had
   */
  constructor(pool: BodyPool, sizeMax: number, sizeHint: number) {
    this.#pool = pool;
    this.#sizeMax = sizeMax > 0 ? sizeMax : BODY_BYTES_MAX;
    this.#body = pool.acquire(sizeHint);
  }

  head(response: HttpResponse): void {
    if (response.status !== 200) {
      this.#failure = new ScrapeError(`server returned HTTP status ${response.statusText}`);
      return;
    }
    this.#zipped = response.headers['content-encoding'] === 'gzip';
    this.contentType = response.headers['content-type'] ?? '';
  }

  chunk(bytes: Uint8Array): void {
    if (this.#failure !== null) {
      this.#drained += bytes.length;
      if (this.#drained > DRAINED_BYTES_MAX) throw this.#failure;
      return;
    }
    if (this.#body.size + bytes.length >= this.#sizeMax) throw new BodySizeLimitError();
    this.#take(bytes.length);
    appendToBody(this.#body, bytes);
  }

  /** The complete body, sealed. The reader must still be closed after it has been used. */
  async finish(sizeHint: number): Promise<Body> {
    if (this.#failure !== null) throw this.#failure;
    if (this.#zipped) await this.#unzip(sizeHint);
    return sealBody(this.#body);
  }

  /** Gives the memory back; the body is no longer valid then. */
  close(): void {
    this.#pool.give(this.#taken);
    this.#taken = 0;
    this.#pool.release(this.#body);
  }

  async #unzip(sizeHint: number): Promise<void> {
    const body = this.#body;
    // Go's reader stops at the missing header where zlib would complain about what there is.
    if (body.size < GZIP_HEADER_SIZE) throw new ScrapeError(body.size === 0 ? 'EOF' : 'unexpected EOF');
    const step = Math.min(STEP_BYTES_MAX, Math.max(STEP_BYTES_MIN, sizeHint + BODY_PADDING));
    let bytes: Buffer;
    try {
      bytes = await unzip(body.bytes.subarray(0, body.size), { maxOutputLength: this.#sizeMax, chunkSize: step });
    } catch (error) {
      throw unzipError(error as NodeJS.ErrnoException);
    }
    if (bytes.length >= this.#sizeMax) throw new BodySizeLimitError();
    this.#take(bytes.length);
    body.size = 0;
    appendToBody(body, bytes);
    freeNow(bytes);
  }

  #take(bytes: number): void {
    if (!this.#pool.take(bytes)) {
      throw new ScrapeError('cannot read body: all bodies being read together take too much memory');
    }
    this.#taken += bytes;
  }
}

/**
 * Frees the memory of an unzipped body that was copied. Left to the collector, a dozen of them make V8 mark the whole
 * heap: two times a second with a hundred targets.
 */
function freeNow(bytes: Buffer): void {
  const { buffer } = bytes;
  if (buffer instanceof ArrayBuffer && buffer.byteLength !== Buffer.poolSize) buffer.transfer(0);
}

/** Words zlib's complaints as Go's gzip reader does. */
function unzipError(error: NodeJS.ErrnoException): ScrapeError {
  if (error.code === 'ERR_BUFFER_TOO_LARGE') return new BodySizeLimitError();
  if (error.code === 'Z_BUF_ERROR') return new ScrapeError('unexpected EOF', { cause: error });
  if (error.message === 'incorrect header check' || error.message === 'unknown compression method') {
    return new ScrapeError('gzip: invalid header', { cause: error });
  }
  if (error.message === 'incorrect data check' || error.message === 'incorrect length check') {
    return new ScrapeError('gzip: invalid checksum', { cause: error });
  }
  return new ScrapeError(`flate: corrupt input: ${error.message}`, { cause: error });
}
