import type { SymbolTable } from '../../memory/symbol-table.ts';
import type { ChunkSource, SourceSymbols } from '../chunk/chunk-source.ts';

/** A source whose labels are numbers of a symbol table that all sources of a block share. */
export class SourceCursor {
  readonly source: ChunkSource;
  /** Name, value, name, value, ... of the series at hand. */
  labels: Uint32Array = new Uint32Array(0);
  readonly #symbols: SymbolTable;
  #words = new Uint32Array(64);
  /** From the source's own symbols to the table's; 0, the empty string, where one was not met yet. */
  #known = new Uint32Array(0);

  constructor(source: ChunkSource, symbols: SymbolTable) {
    this.source = source;
    this.#symbols = symbols;
  }

  next(): boolean {
    if (!this.source.next()) return false;
    const { symbols } = this.source;
    const length = symbols ? symbols.length : this.source.labels.pairs.length;
    if (length > this.#words.length) this.#words = new Uint32Array(2 * length);
    if (symbols) this.#translate(symbols);
    else this.#enter(this.source.labels.pairs);
    this.labels = this.#words.subarray(0, length);
    return true;
  }

  #translate(symbols: SourceSymbols): void {
    const { length, limit, words } = symbols;
    if (this.#known.length < limit) {
      const grown = new Uint32Array(limit);
      grown.set(this.#known);
      this.#known = grown;
    }
    for (let i = 0; i < length; i++) {
      const word = words[i]!;
      let symbol = this.#known[word]!;
      if (symbol === 0) {
        const bytes = symbols.bytesOf(word);
        symbol = this.#symbols.addBytes(
          new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength),
          0,
          bytes.length,
        );
        this.#known[word] = symbol;
      }
      this.#words[i] = symbol;
    }
  }

  #enter(pairs: readonly string[]): void {
    for (let i = 0; i < pairs.length; i += 2) {
      this.#words[i] = this.#symbols.addName(pairs[i]!);
      this.#words[i + 1] = this.#symbols.add(pairs[i + 1]!);
    }
  }
}
