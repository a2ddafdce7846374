import {
  PROTOBUF_TRUNCATED,
  PROTOBUF_WRONG_WIRE_TYPE,
  readSize,
  readTag,
  skipField,
  WIRE_BYTES,
  WIRE_FIXED64,
  WIRE_VARINT,
} from '../kernels/protobuf-fields.ts';
import { readUvarint64 } from '../kernels/varint.ts';
import type { CounterResetHint, Histogram, Span } from '../model/histogram.ts';
import { checked } from './write-request.ts';

/** A histogram of a request with its time (ms; an infinity where it is beyond 2^53 - 1). */
export interface TimedHistogram {
  readonly time: number;
  readonly histogram: Histogram;
}

const MESSAGE = 'Histogram';

/** Values of the `reset_hint` enum, in order. */
const RESET_HINTS: readonly CounterResetHint[] = ['unknown', 'reset', 'notReset', 'gauge'];

/**
 * Decodes a `Histogram` of remote write 1.0:
 *
 *     1 count_int (uint64) | 2 count_float (double)       3 sum     4 schema (sint32)     5 zero_threshold
 *     6 zero_count_int (uint64) | 7 zero_count_float      8, 9, 10  negative spans, deltas (sint64), counts (double)
 *     11, 12, 13  positive spans, deltas, counts          14 reset_hint     15 timestamp (int64)     16 custom_values
 *
 * A float count makes it a float histogram. Counts above 2^53 lose their last bits. Throws `WriteRequestError`.
 */
export function histogramFromMessage(bytes: Uint8Array, view: DataView, start: number, end: number): TimedHistogram {
  const reader = new FieldReader(bytes, view);
  let isFloat = false;
  let count = 0;
  let zeroCount = 0;
  let sum = 0;
  let schema = 0;
  let zeroThreshold = 0;
  let hint = 0;
  let time = 0;
  const positiveSpans: Span[] = [];
  const negativeSpans: Span[] = [];
  const positiveDeltas: number[] = [];
  const negativeDeltas: number[] = [];
  const positiveCounts: number[] = [];
  const negativeCounts: number[] = [];
  const customValues: number[] = [];
  let at = start;
  while (at < end) {
    at = reader.tag(at, end);
    switch (reader.number) {
      case 1:
        count = reader.unsigned(at, end);
        isFloat = false;
        break;
      case 2:
        count = reader.double(at, end);
        isFloat = true;
        break;
      case 3:
        sum = reader.double(at, end);
        break;
      case 4:
        schema = reader.zigzag(at, end) | 0;
        break;
      case 5:
        zeroThreshold = reader.double(at, end);
        break;
      case 6:
        zeroCount = reader.unsigned(at, end);
        break;
      case 7:
        zeroCount = reader.double(at, end);
        break;
      case 8:
        negativeSpans.push(reader.span(at, end));
        break;
      case 9:
        reader.zigzags(at, end, negativeDeltas);
        break;
      case 10:
        reader.doubles(at, end, negativeCounts);
        break;
      case 11:
        positiveSpans.push(reader.span(at, end));
        break;
      case 12:
        reader.zigzags(at, end, positiveDeltas);
        break;
      case 13:
        reader.doubles(at, end, positiveCounts);
        break;
      case 14:
        hint = reader.unsigned(at, end);
        break;
      case 15:
        time = reader.signed(at, end);
        break;
      case 16:
        reader.doubles(at, end, customValues);
        break;
      default:
        reader.skip(at, end);
    }
    at = reader.next;
  }
  const layout = {
    counterResetHint: RESET_HINTS[hint] ?? 'unknown',
    schema,
    zeroThreshold,
    positiveSpans,
    negativeSpans,
    customValues,
    sum,
    count,
    zeroCount,
  };
  return {
    time: Math.abs(time) > Number.MAX_SAFE_INTEGER ? time * Number.POSITIVE_INFINITY : time,
    histogram: isFloat
      ? { kind: 'float', ...layout, positiveCounts, negativeCounts }
      : { kind: 'integer', ...layout, positiveDeltas, negativeDeltas },
  };
}

/** Reads fields one by one; each call moves `next` behind what it read and throws where the bytes do not fit. */
class FieldReader {
  number = 0;
  next = 0;
  #wireType = 0;
  #field = 0;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #halves = new Uint32Array(2);

  constructor(bytes: Uint8Array, view: DataView) {
    this.#bytes = bytes;
    this.#view = view;
  }

  tag(at: number, end: number): number {
    this.#field = at;
    this.next = checked(readTag(this.#bytes, at, end, this.#halves), at, MESSAGE, this.#halves);
    this.number = this.#halves[0]!;
    this.#wireType = this.#halves[1]!;
    return this.next;
  }

  skip(at: number, end: number): void {
    this.next = this.#checked(skipField(this.#bytes, at, end, this.#wireType, this.#halves));
  }

  unsigned(at: number, end: number): number {
    this.#expect(WIRE_VARINT);
    this.#varint(at, end);
    return this.#halves[1]! * 0x100000000 + this.#halves[0]!;
  }

  signed(at: number, end: number): number {
    this.#expect(WIRE_VARINT);
    this.#varint(at, end);
    return (this.#halves[1]! | 0) * 0x100000000 + this.#halves[0]!;
  }

  zigzag(at: number, end: number): number {
    this.#expect(WIRE_VARINT);
    this.#varint(at, end);
    return this.#unzigzagged();
  }

  double(at: number, end: number): number {
    this.#expect(WIRE_FIXED64);
    return this.#double(at, end);
  }

  /** Packed or one by one. */
  zigzags(at: number, end: number, into: number[]): void {
    if (this.#wireType === WIRE_VARINT) {
      into.push(this.zigzag(at, end));
      return;
    }
    const { from, to } = this.#packed(at, end);
    for (this.next = from; this.next < to; ) {
      this.#varint(this.next, to);
      into.push(this.#unzigzagged());
    }
  }

  doubles(at: number, end: number, into: number[]): void {
    if (this.#wireType === WIRE_FIXED64) {
      into.push(this.#double(at, end));
      return;
    }
    const { from, to } = this.#packed(at, end);
    for (this.next = from; this.next < to; ) into.push(this.#double(this.next, to));
  }

  /** `1 offset (sint32), 2 length (uint32)` */
  span(at: number, end: number): Span {
    const { from, to } = this.#packed(at, end);
    let offset = 0;
    let length = 0;
    for (let field = from; field < to; field = this.next) {
      const value = this.tag(field, to);
      if (this.number === 1) offset = this.zigzag(value, to) | 0;
      else if (this.number === 2) length = this.unsigned(value, to) >>> 0;
      else this.skip(value, to);
    }
    this.next = to;
    return { offset, length };
  }

  #varint(at: number, end: number): void {
    // The varint kernel's codes are the first two of these.
    this.next = this.#checked(readUvarint64(this.#bytes, at, end, this.#halves));
  }

  #double(at: number, end: number): number {
    if (end - at < 8) this.#checked(PROTOBUF_TRUNCATED);
    this.next = at + 8;
    return this.#view.getFloat64(at, true);
  }

  #packed(at: number, end: number): { from: number; to: number } {
    this.#expect(WIRE_BYTES);
    const from = this.#checked(readSize(this.#bytes, at, end, this.#halves));
    const to = from + this.#halves[0]!;
    this.next = to;
    return { from, to };
  }

  #unzigzagged(): number {
    const low = this.#halves[0]!;
    const high = this.#halves[1]!;
    const sign = -(low & 1);
    const halfLow = (((low >>> 1) | (high << 31)) ^ sign) >>> 0;
    const halfHigh = (high >>> 1) ^ sign;
    return halfHigh * 0x100000000 + halfLow;
  }

  #expect(wireType: number): void {
    if (this.#wireType !== wireType) this.#checked(PROTOBUF_WRONG_WIRE_TYPE);
  }

  #checked(code: number): number {
    return checked(code, this.#field, MESSAGE, this.#halves);
  }
}
