import { EXACT_DELTA, XOR_APPEND_BYTES_MAX } from '../../kernels/xor-encode.ts';
import type { ExtentSlabs } from '../../memory/extents.ts';
import { EXTENT_UNIT_LOG2, extentOffset, extentSlab } from '../../memory/extents.ts';
import type { RecordSlabs } from '../../memory/shared-records.ts';
import { CHUNK_SAMPLES_MAX, CHUNK_SAMPLES_PREDICT } from '../chunk/cut-rule.ts';
import {
  LAST_TIME,
  NEXT_CUT,
  OPEN_COUNT,
  OPEN_CURSOR,
  OPEN_EXTENT,
  OPEN_UNITS,
  SERIES_DOUBLES,
  SERIES_ROW_MASK,
  SERIES_SLAB_LOG2,
  TIME_BEFORE,
  VALUE_HIGH,
  VALUE_LOW,
} from './series-table.ts';

/** Rows whose chunks are asked for together: their lines stay in the second-level cache, at least, until they are written. */
const TOUCHED_ROWS = 64;
const slabs = new Uint16Array(TOUCHED_ROWS);
const places = new Int32Array(TOUCHED_ROWS);
/** What was read there goes nowhere, but V8 must not know that. */
const touched = new Int32Array(1);

/**
 * Appends sample `k` of the columns (`bits`: two words each, low first) to the open XOR chunk of `rows[k]`, for `k` from
 * `from` on, until a row needs anything else than bits at the end of its chunk: a chunk begun, sealed or grown, or an
 * unusual number of bits. Returns its `k`, or `to`. Every sample is newer than its row's last one, and no open chunk is
 * XOR2; the extents have at least one slab.
 *
 * The same bytes come out as of `xorAppend` (`kernels/xor-encode.ts` draws them). The ends of many series' chunks lie all
 * over memory: asked for one after the other, each costs its way to memory, 100 ns of 230 a sample at 200,000 series; asked
 * for in a loop that does nothing else, they come together. Up to nine bytes from the last one on are overwritten: less
 * than `XOR_APPEND_BYTES_MAX`, which the chunk has room for.
 */
export function appendRows(
  { bytes, views }: ExtentSlabs,
  { doubles: doublesOf, words: wordsOf }: RecordSlabs,
  rows: Uint32Array,
  times: Float64Array,
  bits: Uint32Array,
  from: number,
  to: number,
): number {
  for (let begin = from; begin < to; begin += TOUCHED_ROWS) {
    const end = Math.min(to, begin + TOUCHED_ROWS);
    for (let k = begin; k < end; k++) {
      const row = rows[k]!;
      const words = wordsOf[row >>> SERIES_SLAB_LOG2]!;
      const w = 2 * SERIES_DOUBLES * (row & SERIES_ROW_MASK);
      const extent = words[w + OPEN_EXTENT]!;
      slabs[k - begin] = extentSlab(extent);
      places[k - begin] = extentOffset(extent) + ((words[w + OPEN_CURSOR]! & 0xffff) >>> 3);
    }
    let sum = 0;
    for (let j = end - begin - 1; j >= 0; j--) sum ^= bytes[slabs[j]!]![places[j]!]!;
    touched[0] = sum;
    for (let k = begin; k < end; k++) {
      const row = rows[k]!;
      const words = wordsOf[row >>> SERIES_SLAB_LOG2]!;
      const doubles = doublesOf[row >>> SERIES_SLAB_LOG2]!;
      const at = SERIES_DOUBLES * (row & SERIES_ROW_MASK);
      const w = 2 * at;
      const time = times[k]!;
      const extent = words[w + OPEN_EXTENT]!;
      const count = words[w + OPEN_COUNT]!;
      const cursor = words[w + OPEN_CURSOR]!;
      const last = doubles[at + LAST_TIME]!;
      const delta = time - last;
      const dod = delta - (last - doubles[at + TIME_BEFORE]!);
      const room = (words[w + OPEN_UNITS]! << EXTENT_UNIT_LOG2) - (((cursor & 0xffff) + 7) >>> 3);
      if (extent === 0 || count < 2 || count === CHUNK_SAMPLES_PREDICT || count >= CHUNK_SAMPLES_MAX) return k;
      if (room < XOR_APPEND_BYTES_MAX || time >= doubles[at + NEXT_CUT]! || delta >= EXACT_DELTA) return k;
      // What goes before the bits of the value, and how many bits that is.
      let prefix = 0;
      let size = 1;
      if (dod !== 0) {
        if (!(dod >= -8191 && dod <= 8192)) return k;
        prefix = 0x8000 | (dod & 0x3fff);
        size = 16;
      }
      const low = bits[2 * k]!;
      const high = bits[2 * k + 1]!;
      const xorLow = low ^ words[w + VALUE_LOW]!;
      const xorHigh = high ^ words[w + VALUE_HIGH]!;
      let window = cursor >>> 16;
      /** The bits to write, the first one at the top of `first`. */
      let first = 0;
      let second = 0;
      if ((xorLow | xorHigh) === 0) {
        size++;
        first = (prefix << 1) << (32 - size);
      } else {
        let leading = window & 0xff;
        let trailing = window >>> 8;
        const zerosBefore = Math.clz32(xorHigh | 1);
        const zerosAfter = xorLow === 0 ? 63 - Math.clz32(xorHigh & -xorHigh) : 31 - Math.clz32(xorLow & -xorLow);
        // Without a window `leading` is above everything that there can be.
        if (zerosBefore >= leading && zerosAfter >= trailing) {
          prefix = (prefix << 2) | 2;
          size += 2;
        } else {
          leading = zerosBefore;
          trailing = zerosAfter;
          window = leading | (trailing << 8);
          prefix = (prefix << 13) | (3 << 11) | (leading << 6) | ((64 - leading - trailing) & 63);
          size += 13;
        }
        const length = 64 - leading - trailing;
        const total = size + length;
        if (total <= 32) {
          const value =
            trailing >= 32 ? xorHigh >>> (trailing - 32) : (xorLow >>> trailing) | ((xorHigh << 1) << (31 - trailing));
          first = ((prefix << length) | value) << (32 - total);
        } else if (total <= 64) {
          const shift = 64 - total;
          let valueLow = xorHigh >>> (trailing - 32);
          let valueHigh = 0;
          if (trailing < 32) {
            valueLow = (xorLow >>> trailing) | ((xorHigh << 1) << (31 - trailing));
            valueHigh = xorHigh >>> trailing;
          }
          first = (prefix << (32 - size)) | (valueHigh << shift) | ((valueLow >>> 1) >>> (31 - shift));
          second = valueLow << shift;
        } else {
          return k;
        }
        size = total;
      }
      const slab = extentSlab(extent);
      const place = extentOffset(extent) + ((cursor & 0xffff) >>> 3);
      const used = cursor & 7;
      const view = views[slab]!;
      const kept = (view.getUint8(place) << 24) & ~(-1 >>> used);
      view.setInt32(place, kept | (first >>> used));
      view.setInt32(place + 4, ((first << 1) << (31 - used)) | (second >>> used));
      if (size + used > 64) view.setUint8(place + 8, (second << (8 - used)) & 0xff);
      doubles[at + TIME_BEFORE] = last;
      doubles[at + LAST_TIME] = time;
      words[w + VALUE_LOW] = low;
      words[w + VALUE_HIGH] = high;
      words[w + OPEN_CURSOR] = ((cursor & 0xffff) + size) | (window << 16);
      words[w + OPEN_COUNT] = count + 1;
    }
  }
  return to;
}
