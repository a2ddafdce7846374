import { PROTOBUF_WRONG_WIRE_TYPE, readSize, readTag, skipField, WIRE_BYTES } from '../kernels/protobuf-fields.ts';
import { type Labels, labelsFromPairs, METRIC_NAME } from '../model/labels.ts';
import { isValidMetricName } from '../model/name-validation.ts';
import { stringFromUtf8 } from '../model/utf8.ts';
import { checked, mistake } from './write-request.ts';

/**
 * Decodes the label fields (number 1) of the message in `bytes[start..end-1]`; other fields are passed over, since the
 * scanner has been there. Labels may come in any order, empty ones vanish.
 *
 * Gives null for labels that the data model does not allow: no metric name, an empty label name, a name twice, or
 * bytes that are no UTF-8. Throws `WriteRequestError` for a malformed message.
 */
export function labelsFromMessage(bytes: Uint8Array, start: number, end: number, halves: Uint32Array): Labels | null {
  const pairs = pairsFromMessage(bytes, start, end, halves);
  return pairs === null ? null : validLabels(pairs);
}

/** Labels of an exemplar: anything goes but what is no text. */
export function looseLabelsFromMessage(
  bytes: Uint8Array,
  start: number,
  end: number,
  halves: Uint32Array,
): Labels | null {
  const pairs = pairsFromMessage(bytes, start, end, halves);
  return pairs === null ? null : labelsFromPairs(pairs);
}

function validLabels(pairs: readonly string[]): Labels | null {
  const names = new Set<string>();
  for (let i = 0; i < pairs.length; i += 2) {
    const name = pairs[i]!;
    if (name === '' || names.has(name)) return null;
    names.add(name);
  }
  const labels = labelsFromPairs(pairs);
  return isValidMetricName(labels.get(METRIC_NAME), 'utf8') ? labels : null;
}

/** Name, value, name, value, ... as sent; null where one of them is no UTF-8. */
function pairsFromMessage(bytes: Uint8Array, start: number, end: number, halves: Uint32Array): string[] | null {
  const pairs: string[] = [];
  let isText = true;
  let at = start;
  while (at < end) {
    const field = at;
    at = checked(readTag(bytes, at, end, halves), field, 'TimeSeries', halves);
    const number = halves[0]!;
    const wireType = halves[1]!;
    if (number !== 1) {
      at = checked(skipField(bytes, at, end, wireType, halves), field, 'TimeSeries', halves);
      continue;
    }
    if (wireType !== WIRE_BYTES) throw mistake(PROTOBUF_WRONG_WIRE_TYPE, field, 'TimeSeries', halves);
    at = checked(readSize(bytes, at, end, halves), field, 'TimeSeries', halves);
    const labelEnd = at + halves[0]!;
    isText = addLabel(bytes, at, labelEnd, halves, pairs) && isText;
    at = labelEnd;
  }
  return isText ? pairs : null;
}

/** Adds one `Label` (`1 name, 2 value`, both strings) to `pairs`; false where it is no UTF-8. */
function addLabel(bytes: Uint8Array, start: number, end: number, halves: Uint32Array, pairs: string[]): boolean {
  let name = '';
  let value = '';
  let isText = true;
  let at = start;
  while (at < end) {
    const field = at;
    at = checked(readTag(bytes, at, end, halves), field, 'Label', halves);
    const number = halves[0]!;
    const wireType = halves[1]!;
    if (number > 2) {
      at = checked(skipField(bytes, at, end, wireType, halves), field, 'Label', halves);
      continue;
    }
    if (wireType !== WIRE_BYTES) throw mistake(PROTOBUF_WRONG_WIRE_TYPE, field, 'Label', halves);
    at = checked(readSize(bytes, at, end, halves), field, 'Label', halves);
    const textEnd = at + halves[0]!;
    const text = textFromBytes(bytes, at, textEnd);
    if (text === null) isText = false;
    else if (number === 1) name = text;
    else value = text;
    at = textEnd;
  }
  pairs.push(name, value);
  return isText;
}

/** Most labels are ASCII, whose bytes are the string; only the others go through the decoder. */
function textFromBytes(bytes: Uint8Array, start: number, end: number): string | null {
  let isAscii = true;
  for (let i = start; i < end && isAscii; i++) isAscii = bytes[i]! < 0x80;
  if (isAscii) return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1');
  try {
    return stringFromUtf8(bytes.subarray(start, end));
  } catch {
    return null;
  }
}
