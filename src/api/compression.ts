import { promisify } from 'node:util';
import { deflate, deflateSync, gzip, gzipSync, constants as zlib } from 'node:zlib';
import type { Answer } from './answer.ts';

/**
 * Bodies up to this size are compressed on the spot; a trip through the thread pool costs more than that. Larger ones
 * never hold up the event loop.
 */
const SYNC_SIZE_MAX = 8 * 1024;

/** JSON of samples shrinks to nearly the same size at the lowest level, for a third of the work. */
const OPTIONS = { level: zlib.Z_BEST_SPEED };

const gzipAsync = promisify<Uint8Array, object, Buffer>(gzip);
const deflateAsync = promisify<Uint8Array, object, Buffer>(deflate);

/**
 * Compresses by the first of `gzip` and `deflate` that the header names plainly. As in the reference small bodies are
 * compressed too, and a name with a weight (`gzip;q=1`) is not recognised.
 */
export async function compressed(answer: Answer, acceptEncoding: string): Promise<Answer> {
  const encoding = chosenEncoding(acceptEncoding);
  if (encoding === null || answer.status === 204) return answer;
  const { body } = answer;
  if (typeof body !== 'string' && !(body instanceof Uint8Array)) return answer;
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  const small = bytes.length <= SYNC_SIZE_MAX;
  const packed =
    encoding === 'gzip'
      ? small
        ? gzipSync(bytes, OPTIONS)
        : await gzipAsync(bytes, OPTIONS)
      : small
        ? deflateSync(bytes, OPTIONS)
        : await deflateAsync(bytes, OPTIONS);
  return { status: answer.status, headers: { ...answer.headers, 'content-encoding': encoding }, body: packed };
}

function chosenEncoding(acceptEncoding: string): 'gzip' | 'deflate' | null {
  for (const name of acceptEncoding.split(',')) {
    const trimmed = name.trim();
    if (trimmed === 'gzip' || trimmed === 'deflate') return trimmed;
  }
  return null;
}
