import { EXTENT_UNIT_BYTES } from '../../memory/extents.ts';
import { WORDS_RUN_MAX } from '../../memory/shared-words.ts';
import { SEALED_DOUBLES } from '../chunk/sealed-chunks.ts';
import { SERIES_DOUBLES } from '../head/series-table.ts';
import { MalformedPayload } from './payload-reader.ts';

/**
 * The payload of a frame of rows: columns as they are in the memory of a head that has read the frames of rows before and
 * nothing else, so that all there is to do is to copy them in place.
 *
 * ```text
 * rows     rows u32 | sealed chunks u32 | units of 16 bytes u32 | words of labels u32 | runs u32 | open chunks u32
 *          | XOR2 ones among them u32 | first sealed chunk u32 | first unit u32 | first word of labels u32
 *          | oldest time of the rows f64 | their newest time f64 | 0 u64
 *          | record of 64 bytes for each row | record of 32 bytes for each sealed chunk | bytes of open chunks
 *          | runs of rows: (first ref f64 | first row u32 | rows u32)* | words of labels u32
 * ```
 *
 * Records are those of `head/series-table.ts` and `chunk/sealed-chunks.ts`, open chunks have the size of their extents,
 * labels are entries of the series log: their number, then symbols of name and value. A record of a sealed chunk has, instead
 * of a slot, the place of its file among those of the trailer, from 1 on. Records are in the order of runs; in a run, rows
 * and refs rise by one. Sealed chunks, open ones and labels are in the order of rows, sealed ones from a row's oldest on.
 */
export const ROWS_HEADER_BYTES = 64;
export const RECORD_BYTES = 8 * SERIES_DOUBLES;
export const SEALED_RECORD_BYTES = 8 * SEALED_DOUBLES;
export const RUN_BYTES = 16;
/** Words of the header. */
export const ROWS_HEADER = {
  rows: 0,
  sealed: 1,
  units: 2,
  labels: 3,
  runs: 4,
  open: 5,
  openXor2: 6,
  firstSealed: 7,
  firstUnit: 8,
  firstLabel: 9,
} as const;
/** Doubles of the header. */
export const ROWS_MIN_TIME = 5;
export const ROWS_MAX_TIME = 6;
/** More than a writer puts into a frame, and less than a slab holds. */
const CHUNK_UNITS_MAX = 1 << 19;

export interface RowColumns {
  /** As `ROWS_HEADER` names its words. */
  readonly header: Uint32Array;
  /** Infinity and -Infinity where no row has a sample. */
  readonly minTime: number;
  readonly maxTime: number;
  readonly records: Uint32Array;
  readonly sealed: Uint32Array;
  readonly chunks: Uint8Array;
  /** Two doubles, or four words, each: first ref, first row and number of rows. */
  readonly runRefs: Float64Array;
  readonly runWords: Uint32Array;
  readonly labels: Uint32Array;
}

/** Views of a payload, which begins at a multiple of eight in its buffer. Throws `MalformedPayload`. */
export function rowColumns(payload: Uint8Array): RowColumns {
  if (payload.length < ROWS_HEADER_BYTES) throw new MalformedPayload(`${payload.length} bytes are too few for rows`);
  const { buffer, byteOffset } = payload;
  const header = new Uint32Array(buffer, byteOffset, ROWS_HEADER_BYTES / 4);
  const times = new Float64Array(buffer, byteOffset, ROWS_HEADER_BYTES / 8);
  const sealedAt = ROWS_HEADER_BYTES + RECORD_BYTES * header[ROWS_HEADER.rows]!;
  const chunksAt = sealedAt + SEALED_RECORD_BYTES * header[ROWS_HEADER.sealed]!;
  const runsAt = chunksAt + EXTENT_UNIT_BYTES * header[ROWS_HEADER.units]!;
  const labelsAt = runsAt + RUN_BYTES * header[ROWS_HEADER.runs]!;
  const end = labelsAt + 4 * header[ROWS_HEADER.labels]!;
  const fits = header[ROWS_HEADER.units]! <= CHUNK_UNITS_MAX && header[ROWS_HEADER.labels]! <= WORDS_RUN_MAX;
  if (end !== payload.length || !fits) {
    throw new MalformedPayload(`columns of ${end} bytes in a payload of ${payload.length}`);
  }
  return {
    header,
    minTime: times[ROWS_MIN_TIME]!,
    maxTime: times[ROWS_MAX_TIME]!,
    records: new Uint32Array(buffer, byteOffset + ROWS_HEADER_BYTES, (sealedAt - ROWS_HEADER_BYTES) / 4),
    sealed: new Uint32Array(buffer, byteOffset + sealedAt, (chunksAt - sealedAt) / 4),
    chunks: new Uint8Array(buffer, byteOffset + chunksAt, runsAt - chunksAt),
    runRefs: new Float64Array(buffer, byteOffset + runsAt, (labelsAt - runsAt) / 8),
    runWords: new Uint32Array(buffer, byteOffset + runsAt, (labelsAt - runsAt) / 4),
    labels: new Uint32Array(buffer, byteOffset + labelsAt, header[ROWS_HEADER.labels]!),
  };
}
