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
import { readUvarint64 } from '../kernels/varint.ts';
import { type Matcher, type MatchType, SELECTOR_MATCHERS_MAX } from '../model/matcher.ts';
import type { TimeRange } from '../storage/query.ts';

/**
 * A request of the remote read protocol. Fields, as of Prometheus' `prompb/remote.proto`:
 *
 *     ReadRequest   1 queries*          2 accepted response types* (enum)
 *     Query         1 start (ms)        2 end (ms)     3 matchers*     4 hints
 *     LabelMatcher  1 type (enum)       2 name         3 value
 *     ReadHints     1 step   2 function   3 start (ms)   4 end (ms)   5 grouping*   6 by   7 range
 */
export interface ReadRequest {
  readonly queries: readonly ReadQuery[];
  /** Numbers of the enum, in the order of the client's preference. */
  readonly acceptedTypes: readonly number[];
}

export interface ReadQuery {
  readonly range: TimeRange;
  /** A type of null is one that the enum does not have. */
  readonly matchers: readonly ReadMatcher[];
  readonly hints: ReadHints | null;
}

export interface ReadMatcher extends Omit<Matcher, 'type'> {
  readonly type: MatchType | null;
}

/** What of the hints changes the answer. */
export interface ReadHints {
  readonly range: TimeRange;
  readonly func: string;
}

/** A request that is no valid message, or one that asks for too much: what is wrong, and at which byte. */
export class ReadRequestError extends Error {
  override readonly name = 'ReadRequestError';
}

/** Beyond these a request is refused: a body of empty messages would take many times its size in memory. */
const QUERIES_MAX = 10_000;
const MATCHERS_MAX = 50_000;
const ACCEPTED_TYPES_MAX = 1000;

const MATCH_TYPES: readonly MatchType[] = ['=', '!=', '=~', '!~'];

/** Fields that are decoded in one step. */
const STEP_FIELDS = 1000;

/** Decodes a request, in steps: 32 MiB may be millions of fields that nobody knows. Throws `ReadRequestError`. */
export function* readRequestSteps(bytes: Uint8Array): Generator<undefined, ReadRequest> {
  const queries: ReadQuery[] = [];
  const acceptedTypes: number[] = [];
  const work = { matchers: MATCHERS_MAX, fields: 0 };
  const fields = new Fields(bytes, 'ReadRequest', 0, bytes.length);
  while (fields.next()) {
    if (++work.fields % STEP_FIELDS === 0) yield;
    if (fields.number === 1) {
      if (queries.length === QUERIES_MAX) throw tooMany(QUERIES_MAX, 'queries');
      queries.push(yield* query(fields.message('Query'), work));
    } else if (fields.number === 2) {
      fields.enums(acceptedTypes);
      if (acceptedTypes.length > ACCEPTED_TYPES_MAX) throw tooMany(ACCEPTED_TYPES_MAX, 'accepted response types');
    } else fields.skip();
  }
  return { queries, acceptedTypes };
}

/** What is left of matchers, and fields decoded so far. */
interface Work {
  matchers: number;
  fields: number;
}

function* query(fields: Fields, work: Work): Generator<undefined, ReadQuery> {
  const range = { minTime: 0, maxTime: 0 };
  const matchers: ReadMatcher[] = [];
  let hints: ReadHints | null = null;
  while (fields.next()) {
    if (++work.fields % STEP_FIELDS === 0) yield;
    switch (fields.number) {
      case 1:
        range.minTime = fields.time();
        break;
      case 2:
        range.maxTime = fields.time();
        break;
      case 3:
        if (work.matchers-- === 0) throw tooMany(MATCHERS_MAX, 'matchers');
        if (matchers.length === SELECTOR_MATCHERS_MAX) throw tooMany(SELECTOR_MATCHERS_MAX, 'matchers in a query');
        matchers.push(yield* matcher(fields.message('LabelMatcher'), work));
        break;
      case 4:
        hints = yield* readHints(fields.message('ReadHints'), work);
        break;
      default:
        fields.skip();
    }
  }
  return { range, matchers, hints };
}

function* matcher(fields: Fields, work: Work): Generator<undefined, ReadMatcher> {
  let type = 0;
  let name = '';
  let value = '';
  while (fields.next()) {
    if (++work.fields % STEP_FIELDS === 0) yield;
    if (fields.number === 1) type = fields.enum();
    else if (fields.number === 2) name = fields.text();
    else if (fields.number === 3) value = fields.text();
    else fields.skip();
  }
  return { type: MATCH_TYPES[type] ?? null, name, value };
}

function* readHints(fields: Fields, work: Work): Generator<undefined, ReadHints> {
  const range = { minTime: 0, maxTime: 0 };
  let func = '';
  while (fields.next()) {
    if (++work.fields % STEP_FIELDS === 0) yield;
    if (fields.number === 2) func = fields.text();
    else if (fields.number === 3) range.minTime = fields.time();
    else if (fields.number === 4) range.maxTime = fields.time();
    else fields.skip();
  }
  return { range, func };
}

function tooMany(most: number, what: string): ReadRequestError {
  return new ReadRequestError(`a read request may not hold more than ${most} ${what}`);
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** The fields of one message, one after the other; each is taken by one call that fits its number. */
class Fields {
  number = 0;
  #wireType = 0;
  #at: number;
  #field = 0;
  readonly #bytes: Uint8Array;
  readonly #message: string;
  readonly #end: number;
  readonly #halves = new Uint32Array(2);

  constructor(bytes: Uint8Array, message: string, start: number, end: number) {
    this.#bytes = bytes;
    this.#message = message;
    this.#at = start;
    this.#end = end;
  }

  /** Moves on to the next field; false at the end of the message. */
  next(): boolean {
    if (this.#at >= this.#end) return false;
    this.#field = this.#at;
    const code = readTag(this.#bytes, this.#at, this.#end, this.#halves);
    this.number = this.#halves[0]! | 0;
    this.#wireType = this.#halves[1]!;
    this.#at = this.#checked(code);
    return true;
  }

  skip(): void {
    this.#at = this.#checked(skipField(this.#bytes, this.#at, this.#end, this.#wireType, this.#halves));
  }

  message(name: string): Fields {
    const start = this.#sized();
    return new Fields(this.#bytes, name, start, this.#at);
  }

  text(): string {
    const start = this.#sized();
    return decoder.decode(this.#bytes.subarray(start, this.#at));
  }

  enum(): number {
    this.#varint(this.#end);
    return this.#halves[0]! | 0;
  }

  /** Packed or one by one. */
  enums(into: number[]): void {
    if (this.#wireType === WIRE_VARINT) {
      into.push(this.enum());
      return;
    }
    const start = this.#sized();
    const end = this.#at;
    this.#wireType = WIRE_VARINT;
    for (this.#at = start; this.#at < end && into.length <= ACCEPTED_TYPES_MAX; ) {
      this.#varint(end);
      into.push(this.#halves[0]! | 0);
    }
  }

  /**
   * Milliseconds; times that doubles do not hold exactly are beyond all samples and become the nearest that are. The last of all
   * stays apart: it is how clients say that there is no end.
   */
  time(): number {
    this.#varint(this.#end);
    const [low, high] = [this.#halves[0]!, this.#halves[1]! | 0];
    if (high === 0x7fffffff && low === 0xffffffff) return Number.MAX_SAFE_INTEGER;
    return Math.min(Number.MAX_SAFE_INTEGER - 1, Math.max(Number.MIN_SAFE_INTEGER, high * 0x100000000 + low));
  }

  #varint(end: number): void {
    if (this.#wireType !== WIRE_VARINT) this.#checked(PROTOBUF_WRONG_WIRE_TYPE);
    // The varint kernel's codes are the first two of the field kernel's.
    this.#at = this.#checked(readUvarint64(this.#bytes, this.#at, end, this.#halves));
  }

  /** Moves behind a sized field; returns where its bytes begin. */
  #sized(): number {
    if (this.#wireType !== WIRE_BYTES) this.#checked(PROTOBUF_WRONG_WIRE_TYPE);
    const start = this.#checked(readSize(this.#bytes, this.#at, this.#end, this.#halves));
    this.#at = start + this.#halves[0]!;
    return start;
  }

  #checked(code: number): number {
    if (code >= 0) return code;
    const problem = problemOfCode(code, this.#message, this.number, this.#wireType);
    throw new ReadRequestError(`${problem} (at byte ${this.#field} of the decoded request)`);
  }
}

function problemOfCode(code: number, message: string, field: number, wireType: number): string {
  switch (code) {
    case PROTOBUF_TRUNCATED:
      return 'unexpected EOF';
    case PROTOBUF_OVERFLOW:
      return 'proto: integer overflow';
    case PROTOBUF_BAD_SIZE:
      return 'proto: negative length found during unmarshaling';
    case PROTOBUF_WRONG_WIRE_TYPE:
      return `proto: wrong wireType = ${wireType} for field ${field} of ${message}`;
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
