import { signedFromHalves } from '../../kernels/varint.ts';
import { type CounterResetHint, CUSTOM_BUCKETS_SCHEMA, type Histogram, type Span } from '../../model/histogram.ts';
import { isTooFine, withStorableSchema } from '../../model/reduce-schema.ts';
import type { HistogramEntry } from '../../storage/append.ts';
import { isUsable, readSum } from './decode-samples.ts';
import { MalformedRecord, type RecordCursor } from './record-cursor.ts';
import { START_TIME } from './record-types.ts';

/** Where a form puts ref, time and start time of an entry, and which histogram follows. */
export interface HistogramForm {
  readonly kind: Histogram['kind'];
  readonly hasStartTimes: boolean;
}

/**
 * Decodes a histogram record whose type byte has been read. Histograms that are finer than what is stored (writers of
 * agents may log such) get the finest resolution that is. Entries with a schema that is not known, or whose ref or time
 * a double does not hold exactly, are left out; `leftOut` tells how many.
 */
export function decodeHistograms(
  cursor: RecordCursor,
  form: HistogramForm,
): { entries: HistogramEntry[]; leftOut: number } {
  const entries: HistogramEntry[] = [];
  let leftOut = 0;
  const place = new EntryPlace(cursor, form.hasStartTimes);
  while (cursor.left > 0) {
    place.next();
    const { ref, time, startTime } = place;
    const decoded = form.kind === 'integer' ? decodeInteger(cursor) : decodeFloat(cursor);
    const histogram = isTooFine(decoded) && spansFit(decoded) ? withStorableSchema(decoded) : decoded;
    if (isUsable(ref, time) && isKnownSchema(histogram.schema)) entries.push({ ref, time, startTime, histogram });
    else leftOut++;
  }
  return { entries, leftOut };
}

/** Walks the refs and times of a record: deltas to the first entry, or (with start times) refs to the one before. */
class EntryPlace {
  ref = 0;
  time = 0;
  startTime = 0;
  readonly #cursor: RecordCursor;
  readonly #hasStartTimes: boolean;
  readonly #ref = new Uint32Array(2);
  readonly #time = new Uint32Array(2);
  readonly #firstTime = new Uint32Array(2);
  readonly #firstRef = new Uint32Array(2);
  readonly #start = new Uint32Array(2);
  readonly #firstStart = new Uint32Array(2);
  #isFirst = true;

  constructor(cursor: RecordCursor, hasStartTimes: boolean) {
    this.#cursor = cursor;
    this.#hasStartTimes = hasStartTimes;
    if (hasStartTimes || cursor.left === 0) return;
    cursor.int64();
    this.#firstRef.set(cursor.halves);
    cursor.int64();
    this.#firstTime.set(cursor.halves);
  }

  next(): void {
    if (this.#hasStartTimes) {
      this.#add(this.#ref, this.#ref);
      this.#add(this.#firstTime, this.#time);
      if (this.#isFirst) this.#firstTime.set(this.#time);
      this.#nextStart();
    } else {
      this.#add(this.#firstRef, this.#ref);
      this.#add(this.#firstTime, this.#time);
    }
    this.#isFirst = false;
    this.ref = numberOf(this.#ref);
    this.time = numberOf(this.#time);
    this.startTime = numberOf(this.#start);
  }

  #nextStart(): void {
    if (this.#isFirst) {
      this.#add(this.#firstStart, this.#start);
      this.#firstStart.set(this.#start);
      return;
    }
    const marker = this.#cursor.byte();
    if (marker === START_TIME.none) this.#start.fill(0);
    else if (marker !== START_TIME.same) this.#add(this.#firstStart, this.#start);
  }

  #add(base: Uint32Array, into: Uint32Array): void {
    const cursor = this.#cursor;
    const next = readSum(cursor.bytes, cursor.at, cursor.end, base, into);
    if (next < 0) throw new MalformedRecord(`a malformed integer at byte ${cursor.at}`);
    cursor.at = next;
  }
}

function decodeInteger(cursor: RecordCursor): Histogram {
  const counterResetHint = decodeHint(cursor);
  const schema = cursor.varint();
  const zeroThreshold = cursor.float64();
  const zeroCount = cursor.uvarint();
  const count = cursor.uvarint();
  const sum = cursor.float64();
  const positiveSpans = decodeSpans(cursor);
  const negativeSpans = decodeSpans(cursor);
  const positiveDeltas = decodeDeltas(cursor);
  const negativeDeltas = decodeDeltas(cursor);
  const customValues = schema === CUSTOM_BUCKETS_SCHEMA ? decodeFloats(cursor) : [];
  return {
    kind: 'integer',
    counterResetHint,
    schema,
    zeroThreshold,
    zeroCount,
    count,
    sum,
    positiveSpans,
    negativeSpans,
    positiveDeltas,
    negativeDeltas,
    customValues,
  };
}

function decodeFloat(cursor: RecordCursor): Histogram {
  const counterResetHint = decodeHint(cursor);
  const schema = cursor.varint();
  const zeroThreshold = cursor.float64();
  const zeroCount = cursor.float64();
  const count = cursor.float64();
  const sum = cursor.float64();
  const positiveSpans = decodeSpans(cursor);
  const negativeSpans = decodeSpans(cursor);
  const positiveCounts = decodeFloats(cursor);
  const negativeCounts = decodeFloats(cursor);
  const customValues = schema === CUSTOM_BUCKETS_SCHEMA ? decodeFloats(cursor) : [];
  return {
    kind: 'float',
    counterResetHint,
    schema,
    zeroThreshold,
    zeroCount,
    count,
    sum,
    positiveSpans,
    negativeSpans,
    positiveCounts,
    negativeCounts,
    customValues,
  };
}

const HINTS: readonly CounterResetHint[] = ['unknown', 'reset', 'notReset', 'gauge'];

function decodeHint(cursor: RecordCursor): CounterResetHint {
  return HINTS[cursor.byte()] ?? 'unknown';
}

function decodeSpans(cursor: RecordCursor): Span[] {
  const count = cursor.count(2);
  const spans: Span[] = [];
  for (let i = 0; i < count; i++) spans.push({ offset: cursor.varint() | 0, length: cursor.uvarint() >>> 0 });
  return spans;
}

function decodeDeltas(cursor: RecordCursor): number[] {
  const count = cursor.count(1);
  const deltas: number[] = [];
  for (let i = 0; i < count; i++) deltas.push(cursor.varint());
  return deltas;
}

function decodeFloats(cursor: RecordCursor): number[] {
  const count = cursor.count(8);
  const values: number[] = [];
  for (let i = 0; i < count; i++) values.push(cursor.float64());
  return values;
}

/** The spans alone bound the work of merging buckets, so they must not claim more than there are. */
function spansFit(histogram: Histogram): boolean {
  const isInteger = histogram.kind === 'integer';
  const positive = isInteger ? histogram.positiveDeltas : histogram.positiveCounts;
  const negative = isInteger ? histogram.negativeDeltas : histogram.negativeCounts;
  return (
    bucketsOf(histogram.positiveSpans) === positive.length && bucketsOf(histogram.negativeSpans) === negative.length
  );
}

function bucketsOf(spans: readonly Span[]): number {
  return spans.reduce((sum, { length }) => sum + length, 0);
}

function isKnownSchema(schema: number): boolean {
  return schema === CUSTOM_BUCKETS_SCHEMA || (schema >= -4 && schema <= 8);
}

function numberOf(halves: Uint32Array): number {
  return signedFromHalves(halves[0]!, halves[1]!);
}
