import { copyRun } from '../../kernels/byte-runs.ts';
import { XOR_APPEND_BYTES_MAX } from '../../kernels/xor-encode.ts';
import { EXTENT_UNIT_BYTES, EXTENT_UNITS_MAX, type Extents, extentOffset, extentSlab } from '../../memory/extents.ts';
import { CHUNK_SAMPLES_TARGET } from '../chunk/cut-rule.ts';
import {
  LAST_TIME,
  NEXT_CUT,
  OPEN_COUNT,
  OPEN_EXTENT,
  OPEN_UNITS,
  OPEN_UNITS_MASK,
  OPEN_XOR2,
  TIME_BEFORE,
} from './series-table.ts';

/**
 * A chunk starts with 48 bytes, room for a dozen ordinary samples. Then it doubles at most, to half of what it is expected
 * to take and to all of that. A move to a larger extent costs some 2 us, nearly all of it memory that is cold: growing by a
 * quarter at a time took as long as the samples themselves, and scattered the chunks of neighbouring series over memory. In
 * the middle of a chunk this holds more bytes a series (280 against 230 after 90 samples), at its end as many. To begin with
 * half of what the chunk before took would take more, because that one is still there.
 */
export const FIRST_UNITS = 3;
/** Of what a chunk is expected to take: few need another step then. */
const EXPECTED_MARGIN = 1.06;

/** The part of the head's memory that open chunks lie in. */
interface ExtentMemory {
  readonly extents: Extents;
  retireExtent(extent: number, units: number): void;
}

/**
 * Gives the open XOR chunk of the record at `doubles[at]` (`words`: the same buffer) a larger extent; `used` is what it takes
 * so far. There is room for one sample then; for `samples` more, as large as those before, where that is known.
 */
export function growChunk(
  memory: ExtentMemory,
  doubles: Float64Array,
  words: Uint32Array,
  at: number,
  used: number,
  samples: number,
): void {
  const w = 2 * at;
  const units = words[w + OPEN_UNITS]!;
  const count = words[w + OPEN_COUNT]!;
  const perSample = used / count;
  let expected = used + samples * perSample;
  if (samples === 1) {
    const last = doubles[at + LAST_TIME]!;
    const untilCut = (doubles[at + NEXT_CUT]! - last) / (last - doubles[at + TIME_BEFORE]!);
    const all = used + Math.min(untilCut, CHUNK_SAMPLES_TARGET - count) * perSample * EXPECTED_MARGIN;
    // Half of it first; and what few samples tell may be far too much.
    expected = Math.min(all > 2.2 * used ? all / 2 : all, 2 * used);
  }
  const wanted = Math.ceil((expected + XOR_APPEND_BYTES_MAX) / EXTENT_UNIT_BYTES);
  const least = units + (units >>> 2) + 1;
  moveChunk(memory, words, w, used, Math.min(EXTENT_UNITS_MAX, wanted > least ? wanted : least));
}

/**
 * Copies the open chunk of the record at `words[w]` to an extent of `units`; readers that know the old one may go on.
 * `used`: bytes that it takes so far.
 */
export function moveChunk(memory: ExtentMemory, words: Uint32Array, w: number, used: number, units: number): void {
  const { extents } = memory;
  const from = words[w + OPEN_EXTENT]!;
  const to = extents.allocate(units);
  copyRun(extents.views[extentSlab(from)]!, extentOffset(from), extents.views[extentSlab(to)]!, extentOffset(to), used);
  memory.retireExtent(from, words[w + OPEN_UNITS]! & OPEN_UNITS_MASK);
  words[w + OPEN_EXTENT] = to;
  words[w + OPEN_UNITS] = (words[w + OPEN_UNITS]! & OPEN_XOR2) | units;
}
