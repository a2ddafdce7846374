import { xorDecode } from '../../kernels/xor-decode.ts';
import { reserveSampleColumn, type SampleColumn } from '../../storage/query.ts';
import { ENCODING } from '../chunk/encoding.ts';

/**
 * Decodes the chunk in `bytes[start .. end)` behind what `into` has. `view` covers the same bytes. Returns why it can not
 * be decoded, or null; `into` keeps its length where it can not.
 */
export function decodeChunk(
  encoding: number,
  bytes: Uint8Array,
  view: DataView,
  start: number,
  end: number,
  into: SampleColumn,
): string | null {
  if (encoding === ENCODING.none || encoding > ENCODING.floatHistogramStartTimes) {
    return `chunk encoding ${encoding} is not known`;
  }
  if (encoding !== ENCODING.xor) return `chunks of encoding ${encoding} can not be read yet`;
  if (end - start < 2) return 'a chunk without its number of samples';
  const count = (bytes[start]! << 8) | bytes[start + 1]!;
  if (count === 0) return null;
  reserveSampleColumn(into, into.length + count);
  const code = xorDecode(bytes, view, start, end, count, into.times, into.bits, into.length);
  if (code < 0) return `a malformed XOR chunk of ${count} samples (code ${code})`;
  for (let i = into.length; i < into.length + count; i++) {
    if (into.startTimes !== null) into.startTimes[i] = 0;
    if (into.histograms !== null) into.histograms[i] = undefined;
  }
  into.length += count;
  return null;
}
