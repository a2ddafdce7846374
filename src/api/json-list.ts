import { BEFORE_ITEMS, TRUNCATED } from '../query/lists/list-request.ts';
import type { Call } from './call.ts';
import { type ApiResult, afterData, data } from './envelope.ts';
import { jsonText } from './json.ts';
import { resultOfPieces } from './list-bytes.ts';
import { slicesOf } from './slices.ts';

/** Texts, and characters, that are put together as bytes at once: a millisecond. */
const CHUNK_ROWS = 256;
const CHUNK_CHARACTERS = 256 * 1024;

/**
 * Answers with a list of as many texts as `limit` lets, 0 = all, and a warning where there are more. Long lists are written as bytes, in
 * turns of the event loop: a hundred thousand texts hold it for some ten milliseconds when they are put together. Ends when the client is gone.
 */
export async function listResult(call: Call, texts: Iterable<string>, limit: number): Promise<ApiResult> {
  const slices = slicesOf(call);
  const chunks: Buffer[] = [];
  let rows: string[] = [];
  let characters = 0;
  let count = 0;
  let told: readonly string[] = [];
  const flush = (begin: string) => {
    chunks.push(Buffer.from(begin + rows.join(',')));
    rows = [];
    characters = 0;
  };
  for (const text of texts) {
    if (limit > 0 && count === limit) {
      told = [TRUNCATED];
      break;
    }
    const row = jsonText(text);
    rows.push(row);
    count++;
    characters += row.length;
    if (rows.length < CHUNK_ROWS && characters < CHUNK_CHARACTERS) continue;
    flush(chunks.length === 0 ? BEFORE_ITEMS : ',');
    if (slices.isOver()) await slices.next();
  }
  if (chunks.length === 0) return data(`[${rows.join(',')}]`, told);
  if (rows.length > 0) flush(',');
  chunks.push(Buffer.from(`]${afterData(told)}`));
  return resultOfPieces(chunks, slices);
}
