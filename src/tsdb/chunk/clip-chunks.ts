import type { EncodedChunk } from '../../storage/query.ts';
import { addInterval, coversRange, type Intervals } from '../tombstones/intervals.ts';
import type { ChunkEncoder } from './chunk-encoder.ts';
import type { SourceChunk } from './chunk-source.ts';
import { decodeChunk } from './decode-chunk.ts';
import { encodeSample } from './encode-sample.ts';
import { ENCODING, hasStartTimes } from './encoding.ts';

/**
 * Puts the chunks that have samples between `minTime` and `maxTime` (both included) that are not deleted behind those
 * of `into`: as they are where all of their samples stay, else encoded again, in the same encoding, without the others.
 */
export function clipChunks(
  chunks: readonly SourceChunk[],
  deleted: Intervals,
  minTime: number,
  maxTime: number,
  encoder: ChunkEncoder,
  into: EncodedChunk[],
): void {
  for (const chunk of chunks) {
    if (chunk.minTime > maxTime || chunk.maxTime < minTime) continue;
    const isWhole = chunk.minTime >= minTime && chunk.maxTime <= maxTime;
    if (isWhole && (deleted.length === 0 || !touchesRange(deleted, chunk.minTime, chunk.maxTime))) {
      into.push(chunk);
      continue;
    }
    if (coversRange(deleted, Math.max(minTime, chunk.minTime), Math.min(maxTime, chunk.maxTime))) continue;
    const gone = isWhole ? deleted : withoutRange(deleted, minTime, maxTime);
    for (const rest of encodeRest(chunk, gone, encoder)) into.push(rest);
  }
}

/** True where an interval has at least one of the times. */
function touchesRange(intervals: Intervals, minTime: number, maxTime: number): boolean {
  for (let i = 0; i < intervals.length; i += 2) {
    if (intervals[i]! <= maxTime && intervals[i + 1]! >= minTime) return true;
  }
  return false;
}

/** The intervals together with everything before and after a range. */
export function withoutRange(intervals: Intervals, minTime: number, maxTime: number): Intervals {
  const before = addInterval(intervals, Number.NEGATIVE_INFINITY, minTime - 1);
  return addInterval(before, maxTime + 1, Number.POSITIVE_INFINITY);
}

function encodeRest(chunk: SourceChunk, gone: Intervals, encoder: ChunkEncoder): EncodedChunk[] {
  const decoded = decodeChunk(chunk);
  const { encoding } = chunk;
  const histogramStartTimes = hasStartTimes(encoding);
  encoder.forms = { xor2: encoding === ENCODING.xor2, histogramStartTimes, loggedStartTimes: false };
  const { length, times } = decoded;
  let next = 0;
  for (let i = 0; i < length; i++) {
    const time = times[i]!;
    while (next < gone.length && gone[next + 1]! < time) next += 2;
    if (next < gone.length && gone[next]! <= time) continue;
    encodeSample(decoded, i, true, encoder);
  }
  return encoder.finish();
}
