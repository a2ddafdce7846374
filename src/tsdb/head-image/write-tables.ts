import type { HeadMemory } from '../head/head-memory.ts';
import type { LabelIndex } from '../head/label-index.ts';
import type { LabelLookup } from '../head/label-lookup.ts';
import { RecordBuffer } from '../wal/record-buffer.ts';
import { doubledUntil } from './doubled.ts';
import { beginFrame, endFrame, FRAME, FRAME_HEADER_BYTES, sealFrame } from './image-frames.ts';
import type { RowSet } from './row-set.ts';
import type { SymbolNumbers } from './symbol-numbers.ts';

/** Bytes of symbols in a frame, and of pairs, apart from a list of rows that is longer: some milliseconds, ten where the code is cold. */
const FRAME_BYTES = 64 * 1024;
const PAIRS_HEADER_BYTES = 8;

/**
 * The frames of what leads to rows: symbols, pairs, which rows there are, and the table from labels to rows:
 *
 * ```text
 * symbols  (size uvarint | UTF-8 bytes)*                      numbered from 1 over all frames
 * pairs    pairs u32 | rows u32 | symbol of the name u32 for each pair | symbol of the value u32
 *          | number of rows that have it u32 | these rows u32, rising in each pair         columns, see `row-columns.ts`
 * live     a bit for each row that has a series, in words u32
 * lookup   (part u32 | entries u32 | words of the slots u32 | slots)*                as `head/label-lookup.ts` has them
 * ```
 *
 * Series may come between the frames: their rows are not `present`, and left out.
 */
export function* writeTables(
  memory: HeadMemory,
  labelIndex: LabelIndex,
  symbols: SymbolNumbers,
  present: RowSet,
  lookup: LabelLookup,
): Generator<Uint8Array> {
  yield* symbolFrames(memory, symbols);
  const pairs = new PairColumns();
  for (const name of labelIndex.names().slice()) {
    if (symbols.find(name) === 0) continue;
    for (const value of labelIndex.values(name).slice()) {
      const number = symbols.find(value);
      if (number === 0) continue;
      pairs.add(symbols.find(name), number, labelIndex.rows(name, value), present);
      if (pairs.bytes >= FRAME_BYTES) yield pairs.take();
    }
  }
  if (pairs.bytes > FRAME_HEADER_BYTES + PAIRS_HEADER_BYTES) yield pairs.take();
  yield wordsFrame(FRAME.live, present.words);
  yield* lookupFrames(lookup);
}

function* lookupFrames(lookup: LabelLookup): Generator<Uint8Array> {
  let columns: Uint32Array[] = [];
  let words = 0;
  for (const { part, slots, used } of lookup.parts()) {
    if (used === 0) continue;
    columns.push(Uint32Array.of(part, used, slots.length), slots);
    words += 3 + slots.length;
    if (4 * words < FRAME_BYTES) continue;
    yield wordsFrame(FRAME.lookup, ...columns);
    columns = [];
    words = 0;
  }
  if (words > 0) yield wordsFrame(FRAME.lookup, ...columns);
}

function wordsFrame(kind: number, ...columns: Uint32Array[]): Uint8Array {
  const bytes = new Uint8Array(FRAME_HEADER_BYTES + columns.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let at = FRAME_HEADER_BYTES;
  for (const { buffer, byteLength, byteOffset } of columns) {
    bytes.set(new Uint8Array(buffer, byteOffset, byteLength), at);
    at += byteLength;
  }
  sealFrame(bytes, kind);
  return bytes;
}

function* symbolFrames({ symbols: texts }: HeadMemory, symbols: SymbolNumbers): Generator<Uint8Array> {
  const buffer = new RecordBuffer();
  for (let at = 0; at < symbols.count; ) {
    beginFrame(buffer, FRAME.symbols);
    for (; at < symbols.count && buffer.size < FRAME_BYTES; at++) {
      const bytes = texts.bytesOf(symbols.idAt(at));
      buffer.uvarint(bytes.length);
      buffer.raw(bytes, 0, bytes.length);
    }
    yield endFrame(buffer);
  }
}

class PairColumns {
  #pairs = 0;
  /** Three columns side by side: name, value, number of rows. */
  #columns = [new Uint32Array(1024), new Uint32Array(1024), new Uint32Array(1024)] as const;
  #rowCount = 0;
  #rows = new Uint32Array(1 << 14);

  get bytes(): number {
    return FRAME_HEADER_BYTES + PAIRS_HEADER_BYTES + 12 * this.#pairs + 4 * this.#rowCount;
  }

  add(name: number, value: number, rows: Uint32Array, present: RowSet): void {
    this.#rows = doubledUntil(this.#rows, this.#rowCount + rows.length);
    const count = present.copyFrom(rows, this.#rows, this.#rowCount);
    if (count === 0) return;
    const [names, values, counts] = this.#columns;
    if (this.#pairs === names.length) {
      const least = this.#pairs + 1;
      this.#columns = [doubledUntil(names, least), doubledUntil(values, least), doubledUntil(counts, least)];
    }
    this.#columns[0][this.#pairs] = name;
    this.#columns[1][this.#pairs] = value;
    this.#columns[2][this.#pairs++] = count;
    this.#rowCount += count;
  }

  /** The frame, after which the next one begins. */
  take(): Uint8Array {
    const columns = this.#columns.map((column) => column.subarray(0, this.#pairs));
    const counts = Uint32Array.of(this.#pairs, this.#rowCount);
    const bytes = wordsFrame(FRAME.pairs, counts, ...columns, this.#rows.subarray(0, this.#rowCount));
    this.#pairs = 0;
    this.#rowCount = 0;
    return bytes;
  }
}
