/** Bytes of a block: most answers fit into one, and a point never needs more. */
export const BLOCK_BYTES = 256 * 1024;
/** Blocks kept for the next answer; the memory behind them is mapped already, which costs as much as writing it. */
const SPARE_BLOCKS_MAX = 32;

/** A block seen as single bytes and, for wider writes, through a view. */
export interface JsonBlock {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly view: DataView;
}

/** Lends out blocks of bytes. One that is not given back (its query failed) is garbage, nothing worse. */
export class JsonBlocks {
  /** Memory for a whole answer. */
  readonly whole: (size: number) => Uint8Array;
  readonly #spare: JsonBlock[] = [];

  constructor(whole: (size: number) => Uint8Array = (size) => new Uint8Array(size)) {
    this.whole = whole;
  }

  take(): JsonBlock {
    return this.#spare.pop() ?? createBlock();
  }

  giveBack(blocks: readonly JsonBlock[]): void {
    for (const block of blocks) if (this.#spare.length < SPARE_BLOCKS_MAX) this.#spare.push(block);
  }
}

function createBlock(): JsonBlock {
  const bytes = new Uint8Array(BLOCK_BYTES);
  return { bytes, view: new DataView(bytes.buffer) };
}
