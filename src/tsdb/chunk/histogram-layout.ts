import { BITS_TRUNCATED, bitsAt, takeVarbitInt, takeVarbitUint, takeWide } from '../../kernels/bit-read.ts';
import { putBits, putVarbitInt, putVarbitUint, putWide } from '../../kernels/bit-write.ts';
import { CUSTOM_BUCKETS_SCHEMA, type Span } from '../../model/histogram.ts';

/**
 * Which buckets all samples of a histogram chunk have. In the chunk, behind its header of `HISTOGRAM_HEADER_BYTES`:
 *
 * ```text
 * header   count: u16 big-endian | counter reset: 2 bits, 6 bits of 0
 * layout   zero threshold: 1 or 9 bytes | schema: varbit | positive spans | negative spans | bounds (schema -53 only)
 * spans    count: varbit | (length: varbit, unsigned | offset: varbit) ...
 * bounds   count: varbit | each a multiple of 0.001 up to 33554.43: 1000 times it + 1 as varbit; else 0 + 64 bits
 *
 * zero threshold   0 | 1 .. 254: 2^(byte - 244) | 255 + 64 bits
 * ```
 *
 * Source of the format: Prometheus' `tsdb/docs/format/chunks.md`.
 */
export interface HistogramLayout {
  readonly schema: number;
  readonly zeroThreshold: number;
  readonly positiveSpans: readonly Span[];
  readonly negativeSpans: readonly Span[];
  readonly customValues: readonly number[];
  readonly positiveBuckets: number;
  readonly negativeBuckets: number;
}

export const HISTOGRAM_HEADER_BYTES = 3;

/** What the header says of a counter reset before the chunk: the upper two bits of its third byte. */
export const CHUNK_RESET = { unknown: 0, notReset: 0x40, reset: 0x80, gauge: 0xc0 } as const;
export const CHUNK_RESET_MASK = 0xc0;

/** A schema that is not known, or more buckets than the chunk has bits. */
const LAYOUT_MALFORMED = -4;

/** What chunks that begin with a stale marker have. */
export const EMPTY_LAYOUT: HistogramLayout = {
  schema: 0,
  zeroThreshold: 0,
  positiveSpans: [],
  negativeSpans: [],
  customValues: [],
  positiveBuckets: 0,
  negativeBuckets: 0,
};

const SCHEMA_MIN = -4;
const SCHEMA_MAX = 8;
/** The largest bound, times 1000, that a varbit of 4 bytes holds after 1 was added. */
const BOUND_THOUSANDTHS_MAX = 33554430;

const scratch = new Float64Array(1);
const scratchHalves = new Uint32Array(scratch.buffer);

/** The most bytes that `writeLayout` writes. */
export function layoutBytesMax({ positiveSpans, negativeSpans, customValues }: HistogramLayout): number {
  return 40 + 16 * (positiveSpans.length + negativeSpans.length) + 9 * customValues.length;
}

/** Writes a layout from position `bit` on; returns the next position. */
export function writeLayout(bytes: Uint8Array, bit: number, layout: HistogramLayout): number {
  let at = writeZeroThreshold(bytes, bit, layout.zeroThreshold);
  at = putVarbitInt(bytes, at, layout.schema);
  at = writeSpans(bytes, at, layout.positiveSpans);
  at = writeSpans(bytes, at, layout.negativeSpans);
  if (layout.schema !== CUSTOM_BUCKETS_SCHEMA) return at;
  at = putVarbitUint(bytes, at, layout.customValues.length);
  for (const bound of layout.customValues) at = writeBound(bytes, at, bound);
  return at;
}

/**
 * Reads the layout that begins at position `bit`; `end` is the chunk's end in bits. The next position is in `next`.
 * Returns a negative code where it is damaged. A chunk has at least a bit for each bucket, which bounds the memory.
 */
export function readLayout(
  bytes: Uint8Array,
  bit: number,
  end: number,
  next: { bit: number },
): HistogramLayout | number {
  const cursor = new LayoutCursor(bytes, bit, end);
  const zeroThreshold = cursor.zeroThreshold();
  const schema = cursor.int();
  const positiveSpans = cursor.spans();
  const negativeSpans = cursor.spans();
  const customValues = schema === CUSTOM_BUCKETS_SCHEMA ? cursor.bounds() : [];
  if (cursor.bit < 0) return cursor.bit;
  if (schema !== CUSTOM_BUCKETS_SCHEMA && !(schema >= SCHEMA_MIN && schema <= SCHEMA_MAX)) return LAYOUT_MALFORMED;
  const positiveBuckets = bucketCount(positiveSpans);
  const negativeBuckets = bucketCount(negativeSpans);
  if (positiveBuckets + negativeBuckets > end - cursor.bit) return LAYOUT_MALFORMED;
  next.bit = cursor.bit;
  return { schema, zeroThreshold, positiveSpans, negativeSpans, customValues, positiveBuckets, negativeBuckets };
}

/** Buckets that spans hold. */
export function bucketCount(spans: readonly Span[]): number {
  let count = 0;
  for (const span of spans) count += span.length;
  return count;
}

/** The index of every bucket that spans hold, in order. */
export function bucketIndexes(spans: readonly Span[], count: number): Int32Array {
  const indexes = new Int32Array(count);
  let index = 0;
  let at = 0;
  for (const { offset, length } of spans) {
    index += offset;
    for (let i = 0; i < length; i++) indexes[at++] = index++;
  }
  return indexes;
}

/** The fewest spans that hold the given buckets, whose indexes rise. */
export function spansOf(indexes: Int32Array): Span[] {
  const spans: Span[] = [];
  let end = 0;
  for (let i = 0; i < indexes.length; ) {
    const start = i;
    while (i + 1 < indexes.length && indexes[i + 1] === indexes[i]! + 1) i++;
    i++;
    spans.push({ offset: indexes[start]! - end, length: i - start });
    end = indexes[i - 1]! + 1;
  }
  return spans;
}

function writeZeroThreshold(bytes: Uint8Array, bit: number, threshold: number): number {
  if (threshold === 0) return putBits(bytes, bit, 0, 8);
  scratch[0] = threshold;
  const high = scratchHalves[1]!;
  const byte = (high >>> 20) - 1023 + 244;
  const isPowerOfTwo = scratchHalves[0] === 0 && (high & 0xfffff) === 0 && high >>> 31 === 0;
  if (isPowerOfTwo && byte >= 1 && byte <= 254) return putBits(bytes, bit, byte, 8);
  return putWide(bytes, putBits(bytes, bit, 255, 8), scratchHalves[0]!, high);
}

function writeSpans(bytes: Uint8Array, bit: number, spans: readonly Span[]): number {
  let at = putVarbitUint(bytes, bit, spans.length);
  for (const { offset, length } of spans) at = putVarbitInt(bytes, putVarbitUint(bytes, at, length), offset);
  return at;
}

function writeBound(bytes: Uint8Array, bit: number, bound: number): number {
  const thousandths = Math.round(bound * 1000);
  const isShort = bound * 1000 >= 0 && bound * 1000 <= BOUND_THOUSANDTHS_MAX && thousandths / 1000 === bound;
  if (isShort) return putVarbitUint(bytes, bit, thousandths + 1);
  scratch[0] = bound;
  return putWide(bytes, putBits(bytes, bit, 0, 1), scratchHalves[0]!, scratchHalves[1]!);
}

/** Reads one field after the other; once `bit` is negative it stays so. */
class LayoutCursor {
  bit: number;
  readonly #bytes: Uint8Array;
  readonly #end: number;

  constructor(bytes: Uint8Array, bit: number, end: number) {
    this.#bytes = bytes;
    this.bit = bit;
    this.#end = end;
  }

  int(): number {
    if (this.bit >= 0) this.bit = takeVarbitInt(this.#bytes, this.bit, this.#end, scratch);
    return this.bit < 0 ? 0 : scratch[0]!;
  }

  uint(): number {
    if (this.bit >= 0) this.bit = takeVarbitUint(this.#bytes, this.bit, this.#end, scratch);
    return this.bit < 0 ? 0 : scratch[0]!;
  }

  float(): number {
    if (this.bit >= 0) this.bit = takeWide(this.#bytes, this.bit, this.#end, scratchHalves, 0);
    return this.bit < 0 ? 0 : scratch[0]!;
  }

  zeroThreshold(): number {
    if (this.bit + 8 > this.#end) this.bit = BITS_TRUNCATED;
    if (this.bit < 0) return 0;
    const byte = bitsAt(this.#bytes, this.bit, 8);
    this.bit += 8;
    if (byte === 255) return this.float();
    return byte === 0 ? 0 : 2 ** (byte - 244);
  }

  spans(): Span[] {
    const spans: Span[] = [];
    for (let left = this.uint(); left > 0 && this.bit >= 0; left--) {
      const length = this.uint();
      const offset = this.int();
      if (length > 0xffffffff || Math.abs(offset) > 0x80000000) this.bit = LAYOUT_MALFORMED;
      spans.push({ offset, length });
    }
    return spans;
  }

  bounds(): number[] {
    const bounds: number[] = [];
    for (let left = this.uint(); left > 0 && this.bit >= 0; left--) {
      const thousandths = this.uint();
      bounds.push(thousandths === 0 ? this.float() : (thousandths - 1) / 1000);
    }
    return bounds;
  }
}
