import {
  PROTOBUF_WRONG_WIRE_TYPE,
  readTag,
  skipField,
  WIRE_BYTES,
  WIRE_FIXED64,
  WIRE_VARINT,
} from '../kernels/protobuf-fields.ts';
import { readUvarint64 } from '../kernels/varint.ts';
import type { Labels } from '../model/labels.ts';
import { looseLabelsFromMessage } from './write-labels.ts';
import { checked, mistake } from './write-request.ts';

export interface TimedExemplar {
  readonly labels: Labels;
  readonly value: number;
  /** Milliseconds; an infinity where it is beyond 2^53 - 1. */
  readonly time: number;
}

/**
 * Decodes an `Exemplar` (`1 labels (message)*, 2 value (double), 3 timestamp (int64)`); null where its labels are no
 * UTF-8. Throws `WriteRequestError`.
 */
export function exemplarFromMessage(
  bytes: Uint8Array,
  view: DataView,
  start: number,
  end: number,
  halves: Uint32Array,
): TimedExemplar | null {
  let value = 0;
  let time = 0;
  let at = start;
  while (at < end) {
    const field = at;
    at = checked(readTag(bytes, at, end, halves), field, 'Exemplar', halves);
    const number = halves[0]!;
    const wireType = halves[1]!;
    const expected = [wireType, WIRE_BYTES, WIRE_FIXED64, WIRE_VARINT][number] ?? wireType;
    if (wireType !== expected) throw mistake(PROTOBUF_WRONG_WIRE_TYPE, field, 'Exemplar', halves);
    const payload = at;
    at = checked(skipField(bytes, at, end, wireType, halves), field, 'Exemplar', halves);
    if (number === 2) value = view.getFloat64(payload, true);
    else if (number === 3) {
      readUvarint64(bytes, payload, end, halves);
      time = (halves[1]! | 0) * 0x100000000 + halves[0]!;
    }
  }
  const labels = looseLabelsFromMessage(bytes, start, end, halves);
  if (labels === null) return null;
  return { labels, value, time: Math.abs(time) > Number.MAX_SAFE_INTEGER ? time * Number.POSITIVE_INFINITY : time };
}
