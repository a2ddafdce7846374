import {
  PROTOBUF_BAD_SIZE,
  PROTOBUF_BAD_TAG,
  PROTOBUF_BAD_WIRE_TYPE,
  PROTOBUF_END_GROUP,
  PROTOBUF_OVERFLOW,
  PROTOBUF_TOO_LARGE,
  PROTOBUF_TRUNCATED,
  PROTOBUF_WRONG_WIRE_TYPE,
  readSize,
  readTag,
  skipField,
  WALKED_BYTES_MAX,
  WIRE_BYTES,
  WIRE_VARINT,
} from '../kernels/protobuf-fields.ts';
import {
  beginTimeSeries,
  NO_ROOM_FOR_EXEMPLARS,
  NO_ROOM_FOR_HISTOGRAMS,
  NO_ROOM_FOR_SAMPLES,
  SCAN_PAUSED,
  scanTimeSeries,
  type TimeSeriesColumns,
} from '../kernels/protobuf-time-series.ts';

/**
 * A decoded `WriteRequest` of remote write 1.0 (`1 timeseries (message)*, 3 metadata (message)*`): samples as columns,
 * everything else as ranges of the request's bytes. Reused from request to request.
 */
export interface WriteRequest extends TimeSeriesColumns {
  bytes: Uint8Array;
  view: DataView;
  seriesCount: number;
  /** Where the message of a long series ends that is decoded next; 0 for none. */
  longEnd: number;
  /** The bytes of each series' label fields. */
  seriesLabelsStart: Uint32Array;
  seriesLabelsEnd: Uint32Array;
  /** 1: other fields lie between the labels. */
  seriesScattered: Uint8Array;
  /** The whole message of each series. */
  seriesStart: Uint32Array;
  seriesEnd: Uint32Array;
  /** Samples, histograms and exemplars of series i are those from `...End[i - 1]` to `...End[i] - 1`. */
  seriesSamplesEnd: Uint32Array;
  seriesHistogramsEnd: Uint32Array;
  seriesExemplarsEnd: Uint32Array;
}

/** A request that is no valid message: what is wrong, in the reference's words, and at which byte. */
export class WriteRequestError extends Error {
  override readonly name = 'WriteRequestError';
}

const SERIES = 1;
const METADATA = 3;

/**
 * Rows that one request may hold. A request of 32 MiB with real times and labels stays below both; beyond them are
 * messages of empty samples that would fill memory many times their own size.
 */
const SAMPLES_MAX = 4 * 1024 * 1024;
const SERIES_MAX = 2 * 1024 * 1024;
/** Histograms and exemplars become objects. */
const HISTOGRAMS_MAX = 256 * 1024;
const EXEMPLARS_MAX = 256 * 1024;

/** A request without rows, to be decoded into again and again. */
export function createWriteRequest(): WriteRequest {
  const bytes = new Uint8Array(0);
  return {
    bytes,
    view: new DataView(bytes.buffer),
    sampleCount: 0,
    times: new Float64Array(4096),
    bits: new Uint32Array(8192),
    histogramCount: 0,
    histogramRanges: new Uint32Array(64),
    exemplarCount: 0,
    exemplarRanges: new Uint32Array(64),
    labelsStart: 0,
    labelsEnd: 0,
    labelsScattered: 0,
    position: 0,
    halves: new Uint32Array(2),
    seriesCount: 0,
    longEnd: 0,
    ...seriesArrays(4096),
  };
}

/** Bytes decoded between two points at which the work may be interrupted: some 200 µs. */
const STEP_BYTES = 64 * 1024;

/** Decodes `bytes` into `request`, which refers to them until the next call, in steps. Throws `WriteRequestError`. */
export function* decodeWriteRequest(bytes: Uint8Array, request: WriteRequest): Generator<undefined, void> {
  request.bytes = bytes;
  request.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  request.seriesCount = 0;
  request.sampleCount = 0;
  request.histogramCount = 0;
  request.exemplarCount = 0;
  request.longEnd = 0;
  for (let at = 0; at < bytes.length; ) {
    at = decodeFields(bytes, at, at + STEP_BYTES, request);
    yield;
    if (request.longEnd === 0) continue;
    const end = request.longEnd;
    beginTimeSeries(at, request);
    while (!scanOn(request, end)) yield;
    addSeries(request, at, end);
    at = end;
    request.longEnd = 0;
  }
}

/**
 * Decodes the fields from `at` on, up to the first one that begins at `until` or behind; returns where it does. At a series of more than
 * `STEP_BYTES` it returns where its message begins, and `request.longEnd` says where that ends.
 */
function decodeFields(bytes: Uint8Array, start: number, until: number, request: WriteRequest): number {
  const { halves } = request;
  const end = bytes.length;
  let at = start;
  while (at < end && at < until) {
    const field = at;
    at = checked(readTag(bytes, at, end, halves), field, 'WriteRequest', halves);
    const number = halves[0]!;
    const wireType = halves[1]!;
    if (number !== SERIES && number !== METADATA) {
      at = checked(skipField(bytes, at, end, wireType, halves), field, 'WriteRequest', halves);
      continue;
    }
    if (wireType !== WIRE_BYTES) throw mistake(PROTOBUF_WRONG_WIRE_TYPE, field, 'WriteRequest', halves);
    at = checked(readSize(bytes, at, end, halves), field, 'WriteRequest', halves);
    const fieldEnd = at + halves[0]!;
    if (number === SERIES) {
      if (fieldEnd - at > STEP_BYTES) {
        request.longEnd = fieldEnd;
        return at;
      }
      beginTimeSeries(at, request);
      scanOn(request, fieldEnd);
      addSeries(request, at, fieldEnd);
    } else checkMetadata(request, at, fieldEnd);
    at = fieldEnd;
  }
  return at;
}

/**
 * `code` if it is an offset; throws what a negative one means. `halves` holds the number and wire type of the field that
 * begins at `position`.
 */
export function checked(code: number, position: number, message: MessageName, halves: Uint32Array): number {
  if (code < 0) throw mistake(code, position, message, halves);
  return code;
}

/** Names of the fields of each message, as mistakes tell them. */
const FIELD_NAMES = {
  WriteRequest: { 1: 'Timeseries', 3: 'Metadata' },
  MetricMetadata: { 1: 'Type', 2: 'MetricFamilyName', 4: 'Help', 5: 'Unit' },
  TimeSeries: { 1: 'Labels', 2: 'Samples', 3: 'Exemplars', 4: 'Histograms' },
  Label: { 1: 'Name', 2: 'Value' },
  Exemplar: { 1: 'Labels', 2: 'Value', 3: 'Timestamp' },
  Histogram: {},
} as const satisfies Record<string, Readonly<Record<number, string>>>;

export type MessageName = keyof typeof FIELD_NAMES;

/** What a code of the decoding kernel means; `halves` are the field and the wire type that it was about. */
export function mistake(code: number, position: number, message: MessageName, halves: Uint32Array): WriteRequestError {
  const problem = problemOfCode(code, message, halves[0]! | 0, halves[1]!);
  return new WriteRequestError(`${problem} (at byte ${position} of the decoded request)`);
}

function problemOfCode(code: number, message: MessageName, field: number, wireType: number): string {
  switch (code) {
    case PROTOBUF_TRUNCATED:
      return 'unexpected EOF';
    case PROTOBUF_OVERFLOW:
      return 'proto: integer overflow';
    case PROTOBUF_BAD_SIZE:
      return 'proto: negative length found during unmarshaling';
    case PROTOBUF_WRONG_WIRE_TYPE: {
      const names: Readonly<Record<number, string>> = FIELD_NAMES[message];
      return `proto: wrong wireType = ${wireType} for field ${names[field] ?? field}`;
    }
    case PROTOBUF_BAD_TAG:
      return `proto: ${message}: illegal tag ${field} (wire type ${wireType})`;
    case PROTOBUF_END_GROUP:
      return `proto: ${message}: wiretype end group for non-group`;
    case PROTOBUF_BAD_WIRE_TYPE:
      return `proto: illegal wireType ${wireType}`;
    case PROTOBUF_TOO_LARGE:
      return `a field of ${message} has more than ${WALKED_BYTES_MAX} bytes`;
    default:
      return `code ${code}`;
  }
}

/** Scans the series that ends at `end` further; true when it was scanned whole. */
function scanOn(request: WriteRequest, end: number): boolean {
  for (;;) {
    const code = scanTimeSeries(request.bytes, request.view, end, request, STEP_BYTES);
    if (code === 0) return true;
    if (code === SCAN_PAUSED) return false;
    if (code === NO_ROOM_FOR_SAMPLES) growSamples(request);
    else if (code === NO_ROOM_FOR_HISTOGRAMS) {
      request.histogramRanges = moreRanges(request.histogramRanges, HISTOGRAMS_MAX, 'histograms');
    } else if (code === NO_ROOM_FOR_EXEMPLARS) {
      request.exemplarRanges = moreRanges(request.exemplarRanges, EXEMPLARS_MAX, 'exemplars');
    } else throw mistake(code, request.position, 'TimeSeries', request.halves);
  }
}

function moreRanges(ranges: Uint32Array, most: number, what: string): Uint32Array {
  if (ranges.length >= 2 * most) throw new WriteRequestError(`a request may not hold more than ${most} ${what}`);
  return doubled(ranges);
}

/** Notes the series that was scanned, whose message lies in `bytes[start..end-1]`. */
function addSeries(request: WriteRequest, start: number, end: number): void {
  const index = request.seriesCount;
  if (index === request.seriesStart.length) growSeries(request);
  request.seriesStart[index] = start;
  request.seriesEnd[index] = end;
  request.seriesLabelsStart[index] = request.labelsStart;
  request.seriesLabelsEnd[index] = request.labelsEnd;
  request.seriesScattered[index] = request.labelsScattered;
  request.seriesSamplesEnd[index] = request.sampleCount;
  request.seriesHistogramsEnd[index] = request.histogramCount;
  request.seriesExemplarsEnd[index] = request.exemplarCount;
  request.seriesCount = index + 1;
}

/** Type (1), family name (2), help (4) and unit (5) are read by nobody yet, but must be well formed. */
function checkMetadata(request: WriteRequest, start: number, end: number): void {
  const { bytes, halves } = request;
  if (end - start > WALKED_BYTES_MAX) throw mistake(PROTOBUF_TOO_LARGE, start, 'MetricMetadata', halves);
  let at = start;
  while (at < end) {
    const field = at;
    at = checked(readTag(bytes, at, end, halves), field, 'MetricMetadata', halves);
    const number = halves[0]!;
    const wireType = halves[1]!;
    const expected = number === 1 ? WIRE_VARINT : number === 2 || number === 4 || number === 5 ? WIRE_BYTES : wireType;
    if (wireType !== expected) throw mistake(PROTOBUF_WRONG_WIRE_TYPE, field, 'MetricMetadata', halves);
    at = checked(skipField(bytes, at, end, wireType, halves), field, 'MetricMetadata', halves);
  }
}

function growSamples(request: WriteRequest): void {
  const capacity = 2 * request.times.length;
  if (capacity > SAMPLES_MAX) throw new WriteRequestError(`a request may not hold more than ${SAMPLES_MAX} samples`);
  const times = new Float64Array(capacity);
  times.set(request.times.subarray(0, request.sampleCount));
  request.times = times;
  request.bits = doubled(request.bits);
}

function growSeries(request: WriteRequest): void {
  if (request.seriesCount >= SERIES_MAX) {
    throw new WriteRequestError(`a request may not hold more than ${SERIES_MAX} series`);
  }
  request.seriesLabelsStart = doubled(request.seriesLabelsStart);
  request.seriesLabelsEnd = doubled(request.seriesLabelsEnd);
  request.seriesStart = doubled(request.seriesStart);
  request.seriesEnd = doubled(request.seriesEnd);
  request.seriesSamplesEnd = doubled(request.seriesSamplesEnd);
  request.seriesHistogramsEnd = doubled(request.seriesHistogramsEnd);
  request.seriesExemplarsEnd = doubled(request.seriesExemplarsEnd);
  const scattered = new Uint8Array(2 * request.seriesScattered.length);
  scattered.set(request.seriesScattered);
  request.seriesScattered = scattered;
}

function doubled(column: Uint32Array): Uint32Array {
  const grown = new Uint32Array(2 * column.length);
  grown.set(column);
  return grown;
}

function seriesArrays(capacity: number) {
  return {
    seriesLabelsStart: new Uint32Array(capacity),
    seriesLabelsEnd: new Uint32Array(capacity),
    seriesScattered: new Uint8Array(capacity),
    seriesStart: new Uint32Array(capacity),
    seriesEnd: new Uint32Array(capacity),
    seriesSamplesEnd: new Uint32Array(capacity),
    seriesHistogramsEnd: new Uint32Array(capacity),
    seriesExemplarsEnd: new Uint32Array(capacity),
  };
}
