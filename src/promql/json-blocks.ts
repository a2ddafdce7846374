import { releaseBuffer } from '../std/release-buffer.ts';

/** Bytes of a block: most answers fit into one, and a point never needs more. */
export const BLOCK_BYTES = 256 * 1024;
/** Blocks kept for the next answer; the memory behind them is mapped already, which costs as much as writing it. */
const SPARE_BLOCKS_MAX = 32;

/** A block seen as single bytes and, for wider writes, through a view. */
export interface JsonBlock {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly view: DataView;
}

/** Where whole answers are put. */
export interface AnswerMemory {
  take(size: number): Uint8Array;
  /** Copies the bytes `from .. to` of `source` to `target[at ..]`. */
  copy(source: Uint8Array, from: number, to: number, target: Uint8Array, at: number): void;
}

const OWN_MEMORY: AnswerMemory = {
  take: (size) => new Uint8Array(size),
  copy: (source, from, to, target, at) => target.set(source.subarray(from, to), at),
};

/** Lends out blocks of bytes. One that is not given back (its query failed) is garbage, nothing worse. */
export class JsonBlocks {
  readonly answers: AnswerMemory;
  readonly #spare: JsonBlock[] = [];

  constructor(answers: AnswerMemory = OWN_MEMORY) {
    this.answers = answers;
  }

  take(): JsonBlock {
    return this.#spare.pop() ?? createBlock();
  }

  /** A block that nobody looks at any more: those that are not kept give their memory back at once. */
  giveBack(block: JsonBlock): void {
    if (this.#spare.length < SPARE_BLOCKS_MAX) this.#spare.push(block);
    else releaseBuffer(block.bytes.buffer);
  }

  /** Gives the memory of all blocks back that wait for an answer. */
  dropSpare(): void {
    for (const { bytes } of this.#spare) releaseBuffer(bytes.buffer);
    this.#spare.length = 0;
  }
}

function createBlock(): JsonBlock {
  const bytes = new Uint8Array(BLOCK_BYTES);
  return { bytes, view: new DataView(bytes.buffer) };
}
