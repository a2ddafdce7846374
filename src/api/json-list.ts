import type { Call } from './call.ts';
import { type ApiResult, afterData, data } from './envelope.ts';
import { slicesOf } from './slices.ts';

/** Rows, and characters, that are put together as bytes at once: a millisecond. */
const CHUNK_ROWS = 256;
const CHUNK_CHARACTERS = 256 * 1024;

const TRUNCATED = 'results truncated due to limit';

/**
 * Answers with a list of as many items as `limit` lets, 0 = all, and a warning where there are more. Long lists are written as bytes, in
 * turns of the event loop: one text of a hundred thousand series holds it for a tenth of a second when it is put together. Ends when the
 * client is gone.
 */
export async function listResult<T>(
  call: Call,
  items: Iterable<T>,
  json: (item: T) => string,
  limit: number,
  warnings: readonly string[] = [],
): Promise<ApiResult> {
  const slices = slicesOf(call);
  const chunks: Buffer[] = [];
  let rows: string[] = [];
  let characters = 0;
  let count = 0;
  let told = warnings;
  const flush = (begin: string) => {
    chunks.push(Buffer.from(begin + rows.join(',')));
    rows = [];
    characters = 0;
  };
  for (const item of items) {
    if (limit > 0 && count === limit) {
      told = [...warnings, TRUNCATED];
      break;
    }
    const row = json(item);
    rows.push(row);
    count++;
    characters += row.length;
    if (rows.length < CHUNK_ROWS && characters < CHUNK_CHARACTERS) continue;
    flush(chunks.length === 0 ? BEFORE_ROWS : ',');
    if (slices.isOver()) await slices.next();
  }
  if (chunks.length === 0) return data(`[${rows.join(',')}]`, told);
  if (rows.length > 0) flush(',');
  chunks.push(Buffer.from(`]${afterData(told)}`));
  const bytes = Buffer.allocUnsafeSlow(chunks.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
    if (slices.isOver()) await slices.next();
  }
  return { kind: 'rendered', bytes };
}

const BEFORE_ROWS = '{"status":"success","data":[';
