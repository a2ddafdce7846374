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

type Encoding = 'gzip' | 'deflate';

/**
 * Compresses by the first of `gzip` and `deflate` that the header names plainly. As in the reference small bodies are
 * compressed too, and a name with a weight (`gzip;q=1`) is not recognised.
 */
export async function compressed(answer: Answer, acceptEncoding: string): Promise<Answer> {
  const encoding = chosenEncoding(acceptEncoding);
  return encoding === null ? answer : packed(answer, encoding);
}

/** Compresses with gzip where the header allows it, with or without a weight above zero. */
export async function gzipped(answer: Answer, acceptEncoding: string): Promise<Answer> {
  const weight = /(?:^|,)\s*gzip\s*(?:;\s*q=([\d.]+)\s*)?(?:,|$)/i.exec(acceptEncoding);
  return weight === null || Number(weight[1] ?? 1) === 0 ? answer : packed(answer, 'gzip');
}

async function packed(answer: Answer, encoding: Encoding): Promise<Answer> {
  const { body } = answer;
  if (typeof body !== 'string' && !(body instanceof Uint8Array)) return answer;
  // There is nothing to compress; the reference names the encoding all the same.
  if (answer.status === 204) return { ...answer, headers: { ...answer.headers, 'content-encoding': encoding } };
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  const small = bytes.length <= SYNC_SIZE_MAX;
  const result =
    encoding === 'gzip'
      ? small
        ? gzipSync(bytes, OPTIONS)
        : await gzipAsync(bytes, OPTIONS)
      : small
        ? deflateSync(bytes, OPTIONS)
        : await deflateAsync(bytes, OPTIONS);
  return { status: answer.status, headers: { ...answer.headers, 'content-encoding': encoding }, body: result };
}

/** Looks at one name after the other, so that a header of nothing but commas costs no memory. */
function chosenEncoding(acceptEncoding: string): Encoding | null {
  let next = 0;
  for (let at = 0; at <= acceptEncoding.length; at = next + 1) {
    next = acceptEncoding.indexOf(',', at);
    if (next < 0) next = acceptEncoding.length;
    const name = acceptEncoding.slice(at, next).trim();
    if (name === 'gzip' || name === 'deflate') return name;
  }
  return null;
}
