import { BACKSLASH, BRACE_CLOSE, BRACE_OPEN, COMMA, EQUAL, QUOTE } from '../kernels/ascii.ts';

/**
 * Walks the bytes of a series that the scan of OpenMetrics has read: the place of its name, then of one label after the
 * other, as written, quotes left out.
 *
 * Order of calls: `open`, then `next` until it returns false.
 */
export class SeriesWalk {
  name = 0;
  nameEnd = 0;
  label = 0;
  labelEnd = 0;
  value = 0;
  valueEnd = 0;
  #bytes: Uint8Array = new Uint8Array(0);
  #at = 0;
  #end = 0;
  /** Where the labels begin, the brace included; the end where there are none. */
  #labels = 0;

  open(bytes: Uint8Array, start: number, end: number): void {
    this.#bytes = bytes;
    this.#end = end;
    let at = start;
    while (at < end && bytes[at] !== BRACE_OPEN) at++;
    this.name = start;
    this.nameEnd = at;
    this.#labels = at + 1;
    this.#at = this.#labels;
    if (at > start) return;
    // The name is among the labels: the quoted text without a value.
    while (this.next());
    this.#at = this.#labels;
  }

  /** Goes to the next label; false where there is none. Passes over a name that stands among them. */
  next(): boolean {
    const bytes = this.#bytes;
    for (;;) {
      while (this.#at < this.#end && (bytes[this.#at] === COMMA || bytes[this.#at] === 0)) this.#at++;
      if (this.#at >= this.#end || bytes[this.#at] === BRACE_CLOSE) return false;
      const isQuoted = bytes[this.#at] === QUOTE;
      this.label = isQuoted ? this.#at + 1 : this.#at;
      this.labelEnd = isQuoted ? this.#closingQuote(this.#at) : this.#endOfName(this.#at);
      this.#at = isQuoted ? this.labelEnd + 1 : this.labelEnd;
      if (bytes[this.#at] !== EQUAL) {
        this.name = this.label;
        this.nameEnd = this.labelEnd;
        // Whatever else stands here was refused by the scan.
        if (!isQuoted) return false;
        continue;
      }
      this.value = this.#at + 2;
      this.valueEnd = this.#closingQuote(this.#at + 1);
      this.#at = this.valueEnd + 1;
      return true;
    }
  }

  #endOfName(from: number): number {
    let at = from;
    while (at < this.#end && this.#bytes[at] !== EQUAL) at++;
    return at;
  }

  #closingQuote(from: number): number {
    const bytes = this.#bytes;
    let at = from + 1;
    while (at < this.#end && bytes[at] !== QUOTE) {
      if (bytes[at] === BACKSLASH) at++;
      at++;
    }
    return at;
  }
}
