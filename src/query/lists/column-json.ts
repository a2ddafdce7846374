import { AMPERSAND, COMMA, GREATER, isPlain, LESS, QUOTE } from '../../kernels/ascii.ts';
import type { TextColumn } from '../../memory/text-column.ts';
import { BLOCK_BYTES } from '../../promql/json-blocks.ts';
import type { JsonBytes } from '../../promql/json-bytes.ts';

/** By byte: 1 where it stands in a JSON string as it is; not where HTML could take it for markup. */
const IS_PLAIN = Uint8Array.from({ length: 256 }, (_, byte) => {
  const isMarkup = byte === LESS || byte === GREATER || byte === AMPERSAND;
  return isPlain(byte) && !isMarkup ? 1 : 0;
});

/** Writes the texts of a column, one after the other, as JSON strings: the same bytes as `JsonBytes.htmlString`. */
export class ColumnJson {
  readonly #column: TextColumn;
  #next = 0;

  constructor(column: TextColumn) {
    this.#column = column;
  }

  get heldBytes(): number {
    return this.#column.bytesInUse;
  }

  get isOver(): boolean {
    return this.#next === this.#column.length;
  }

  /** Writes so many of what is left, with a comma before each but the first of all; returns how many there were. */
  write(out: JsonBytes, count: number): number {
    const { ends, length } = this.#column;
    const first = this.#next;
    const stop = Math.min(length, first + count);
    while (this.#next < stop) {
      const from = this.#next;
      const start = this.#column.start(from);
      let to = stop;
      while (to > from && ends[to - 1]! - start + 3 * (to - from) > BLOCK_BYTES) to--;
      const written = to === from ? 0 : this.#writePlain(out, from, to);
      this.#next += written;
      if (written === to - from && written > 0) continue;
      if (this.#next > 0) out.ascii(',');
      out.htmlString(this.#column.text(this.#next++));
    }
    return stop - first;
  }

  /** Writes the texts `from .. to-1`, which are less than a block, up to the first that is not plain; returns how many. */
  #writePlain(out: JsonBytes, from: number, to: number): number {
    const { bytes: source, ends } = this.#column;
    let i = this.#column.start(from);
    out.reserve(ends[to - 1]! - i + 3 * (to - from));
    const { bytes } = out;
    for (let place = from; place < to; place++) {
      let { at } = out;
      if (place > 0) bytes[at++] = COMMA;
      bytes[at++] = QUOTE;
      for (const end = ends[place]!; i < end; i++) {
        const byte = source[i]!;
        if (IS_PLAIN[byte] === 0) return place - from;
        bytes[at++] = byte;
      }
      bytes[at++] = QUOTE;
      out.at = at;
    }
    return to - from;
  }
}
