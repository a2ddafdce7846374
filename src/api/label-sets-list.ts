import { COMMA } from '../kernels/ascii.ts';
import type { Labels } from '../model/labels.ts';
import { plainLabelsSize, writePlainLabels } from '../model/plain-labels.ts';
import { BEFORE_ITEMS, TRUNCATED } from '../query/lists/list-request.ts';
import type { Call } from './call.ts';
import { type ApiResult, afterData } from './envelope.ts';
import { labelsJson } from './json.ts';
import { resultOfPieces } from './list-bytes.ts';
import { slicesOf } from './slices.ts';

/** Bytes of the first piece of an answer, and of those after it. */
const FIRST_PIECE_BYTES = 8 * 1024;
const PIECE_BYTES = 256 * 1024;
/** Label sets written between two looks at the clock: some 100 us. */
const SETS_PER_LOOK = 256;

/**
 * Answers with as many label sets as `limit` lets, 0 = all, and a warning where there are more. They are written as bytes, in turns of the
 * event loop. Ends when the client is gone.
 */
export async function labelSetsResult(
  call: Call,
  sets: Iterable<Labels>,
  limit: number,
  warnings: readonly string[],
): Promise<ApiResult> {
  const slices = slicesOf(call);
  const pieces: Uint8Array[] = [];
  let piece = Buffer.allocUnsafe(FIRST_PIECE_BYTES);
  let used = piece.write(BEFORE_ITEMS, 'latin1');
  const add = (bytes: Uint8Array) => {
    if (used + bytes.length > piece.length) {
      pieces.push(piece.subarray(0, used));
      piece = Buffer.allocUnsafe(Math.max(PIECE_BYTES, bytes.length));
      used = 0;
    }
    piece.set(bytes, used);
    used += bytes.length;
  };
  let told = warnings;
  let count = 0;
  for (const labels of sets) {
    if (limit > 0 && count === limit) {
      told = [...warnings, TRUNCATED];
      break;
    }
    const end = writeLabels(labels, piece, used, count > 0);
    if (end < 0) add(Buffer.from(count > 0 ? `,${labelsJson(labels)}` : labelsJson(labels)));
    else used = end;
    if (++count % SETS_PER_LOOK === 0 && slices.isOver()) await slices.next();
  }
  add(Buffer.from(`]${afterData(told)}`));
  pieces.push(piece.subarray(0, used));
  return resultOfPieces(pieces, slices);
}

/**
 * Writes a label set as `labelsJson` has it to `into` from `at` on, a comma before it where `isNext`; returns where it ends, or -1 where it
 * has no room or a text with anything but printable ASCII without quotes and backslashes.
 */
export function writeLabels(labels: Labels, into: Uint8Array, at: number, isNext: boolean): number {
  const start = isNext ? at + 1 : at;
  if (start + plainLabelsSize(labels) > into.length) return -1;
  if (isNext) into[at] = COMMA;
  return writePlainLabels(labels, into, start);
}
