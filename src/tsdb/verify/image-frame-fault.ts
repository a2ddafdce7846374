import { xorByteLength } from '../../kernels/xor-encode.ts';
import { EXTENT_UNIT_BYTES, EXTENT_UNITS_MAX } from '../../memory/extents.ts';
import { SEALED_DOUBLES, SEALED_FIRST_TIME, SEALED_LAST_TIME } from '../chunk/sealed-chunks.ts';
import {
  LABELS,
  LAST_TIME,
  OPEN_COUNT,
  OPEN_EXTENT,
  OPEN_UNITS,
  OPEN_UNITS_MASK,
  REF,
  SERIES_DOUBLES,
} from '../head/series-table.ts';
import { FRAME } from '../head-image/image-frames.ts';
import { MalformedPayload } from '../head-image/payload-reader.ts';
import { ROWS_HEADER, type RowColumns, rowColumns } from '../head-image/row-columns.ts';

/**
 * Why the payload of a frame of an image can not be used, or null: what a start takes on trust where the checksum is right,
 * such as that records lead to chunks and labels of their own frame. A payload begins at a multiple of eight in its buffer.
 */
export function imageFrameFault(kind: number, payload: Uint8Array): string | null {
  if (kind < FRAME.symbols || kind > FRAME.live) return `a frame of unknown kind ${kind}`;
  try {
    if (kind === FRAME.rows) return rowsFault(rowColumns(payload));
    if (kind === FRAME.pairs) return pairsFault(payload);
    return null;
  } catch (error) {
    if (error instanceof MalformedPayload) return error.message;
    throw error;
  }
}

function rowsFault({ header, labels, records, sealed }: RowColumns): string | null {
  const doubles = new Float64Array(records.buffer, records.byteOffset, records.length / 2);
  const [firstUnit, firstLabel] = [header[ROWS_HEADER.firstUnit]!, header[ROWS_HEADER.firstLabel]!];
  let unit = firstUnit;
  let label = firstLabel;
  for (let row = 0; row < header[ROWS_HEADER.rows]!; row++) {
    const at = row * SERIES_DOUBLES;
    const w = 2 * at;
    const fault = (what: string) => `record ${row}: ${what}`;
    if (!(doubles[at + REF]! >= 1 && Number.isInteger(doubles[at + REF]))) return fault(`the ref ${doubles[at + REF]}`);
    if (Number.isNaN(doubles[at + LAST_TIME])) return fault('its last time is no number');
    if (records[w + LABELS] !== label || label - firstLabel >= labels.length) return fault('its labels are elsewhere');
    label += 1 + 2 * labels[label - firstLabel]!;
    const size = records[w + OPEN_UNITS]! & OPEN_UNITS_MASK;
    if (size === 0) continue;
    const fits = size <= EXTENT_UNITS_MAX && xorByteLength(records, at) <= size * EXTENT_UNIT_BYTES;
    if (!fits || records[w + OPEN_EXTENT] !== unit || records[w + OPEN_COUNT] === 0) return fault('its open chunk');
    unit += size;
  }
  if (unit !== firstUnit + header[ROWS_HEADER.units]!) return 'open chunks of more units than its records have';
  if (label !== firstLabel + labels.length) return 'labels of more rows than there are records';
  const times = new Float64Array(sealed.buffer, sealed.byteOffset, sealed.length / 2);
  for (let at = 0; at < times.length; at += SEALED_DOUBLES) {
    if (!(times[at + SEALED_LAST_TIME]! >= times[at + SEALED_FIRST_TIME]!))
      return 'a sealed chunk ends before it begins';
  }
  return null;
}

function pairsFault(payload: Uint8Array): string | null {
  const words = new Uint32Array(payload.buffer, payload.byteOffset, payload.length >>> 2);
  const pairs = words[0]!;
  let at = 2 + 3 * pairs;
  for (let pair = 0; pair < pairs; pair++) {
    const end = at + words[2 + 2 * pairs + pair]!;
    if (end === at) return `the pair ${pair} has no rows`;
    for (at++; at < end; at++) if (!(words[at]! > words[at - 1]!)) return `the rows of the pair ${pair} do not rise`;
  }
  return at === words.length && at === 2 + 3 * pairs + words[1]! ? null : 'pairs have other rows than it says';
}
