import type { Slices } from '../std/slices.ts';
import type { ApiResult } from './envelope.ts';

/** The answer whose bytes are these pieces, put together in turns of the event loop. Ends when the client is gone. */
export async function resultOfPieces(pieces: readonly Uint8Array[], slices: Slices): Promise<ApiResult> {
  if (pieces.length === 1) return { kind: 'rendered', bytes: pieces[0]! };
  const bytes = Buffer.allocUnsafeSlow(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
    if (slices.isOver()) await slices.next();
  }
  return { kind: 'rendered', bytes };
}
