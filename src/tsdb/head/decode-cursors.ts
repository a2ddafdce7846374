import { CURSOR_DOUBLES } from '../../kernels/xor-decode-late.ts';

/** A place takes a cache line: what it belongs to, then the cursor. */
const PLACE_DOUBLES = 8;
const PLACE_DOUBLES_LOG2 = 3;
/** Doubles and words of a place. */
const REF = 0;
const BEGINNING = 2;
const CURSOR = PLACE_DOUBLES - CURSOR_DOUBLES;

/** Rows that share places with none below: 4 MB for a reader that has seen all of them. */
const ROWS_MAX = 1 << 15;
const ROWS_MIN = 1 << 9;

/**
 * Where reading the last minutes of rows has begun before: for each row a cursor of `kernels/xor-decode-late.ts` into its open
 * chunk, and one into a sealed one. Rows that are too many for the table share places; who comes last has it.
 *
 * A place belongs to a chunk by the ref of its series and by the bytes with which it begins, the time of the first sample
 * among them: these stay as they are while the chunk grows, moves and is sealed.
 */
export class DecodeCursors {
  doubles = new Float64Array(0);
  words = new Uint32Array(0);

  /** The place, in doubles, of a cursor for a chunk; one with no cursor where it was another one's. */
  find(row: number, isOpen: boolean, ref: number, view: DataView, offset: number): number {
    const slot = 2 * (row & (ROWS_MAX - 1)) + (isOpen ? 0 : 1);
    if ((slot + 1) << PLACE_DOUBLES_LOG2 > this.doubles.length) this.#grow(slot);
    const place = slot << PLACE_DOUBLES_LOG2;
    const { doubles, words } = this;
    const word = 2 * place + BEGINNING;
    const first = view.getUint32(offset + 2);
    const second = view.getUint32(offset + 6);
    if (doubles[place + REF] !== ref || words[word] !== first || words[word + 1] !== second) {
      doubles[place + REF] = ref;
      words[word] = first;
      words[word + 1] = second;
      doubles[place + CURSOR] = 0;
    }
    return place + CURSOR;
  }

  #grow(slot: number): void {
    let rows = ROWS_MIN;
    while (2 * rows <= slot) rows *= 2;
    const doubles = new Float64Array(2 * rows * PLACE_DOUBLES);
    doubles.set(this.doubles);
    this.doubles = doubles;
    this.words = new Uint32Array(doubles.buffer);
  }
}
