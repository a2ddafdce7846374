import type { LogFile } from './log-ahead.ts';

/** A multiple of a page of the log: a millisecond or two to make ready, and some dozens of records of usual size. */
export const PIECE_BYTES = 256 * 1024;
/** Slots that others than the log's own thread make pieces ready in; that one has the slot behind them. */
export const HELP_SLOTS = 8;

/**
 * Which piece of the log whoever makes ready, in memory that the threads have in common:
 *
 *     0        1 = the log's own thread has begun, with which the kernel's tables are made
 *     4        the piece that the log's own thread is at
 *     8        of each slot: 1 = in use | records | where they end, in the slot's bytes
 *     104      of each piece: one of `STATE`, or `IN_SLOT` and the slot that it lies in
 */
const BEGUN = 0;
const AT = 1;
const SLOTS = 2;
const SLOT_WORDS = 3;
const PIECES = SLOTS + SLOT_WORDS * HELP_SLOTS;

const STATE = { free: 0, taken: 1, helped: 2 } as const;
const IN_SLOT = 16;

/** What somebody else has made ready. */
export interface ReadyPiece {
  readonly slot: number;
  readonly records: number;
  readonly end: number;
}

/** A piece that is to be made ready, from a page of its file on. */
export interface WantedPiece {
  readonly number: number;
  readonly slot: number;
  readonly path: string;
  readonly start: number;
}

export function createBoard(files: readonly LogFile[]): SharedArrayBuffer {
  return new SharedArrayBuffer(4 * (PIECES + firstPieces(files).at(-1)!));
}

/**
 * Each piece is made ready by one thread: by the log's own, when it comes there, or by another that was there before. The slot of
 * such a piece is in use until the log's own thread has had all of it.
 */
export class PieceBoard {
  readonly #words: Int32Array;
  readonly #files: readonly LogFile[];
  /** The number of each file's first piece, and of the one behind the last file's last. */
  readonly #firsts: readonly number[];

  constructor(words: SharedArrayBuffer, files: readonly LogFile[]) {
    this.#words = new Int32Array(words);
    this.#files = files;
    this.#firsts = firstPieces(files);
  }

  /**
   * For the log's own thread, which can be helped from the first call on: null where it is the first, else what there is, after having
   * waited for it.
   */
  take(file: number, pieceOfFile: number): ReadyPiece | null {
    const number = this.#firsts[file]! + pieceOfFile;
    if (number >= this.#firsts[file + 1]!) return null;
    const words = this.#words;
    Atomics.store(words, AT, number);
    Atomics.store(words, BEGUN, 1);
    const place = PIECES + number;
    for (;;) {
      const state = Atomics.compareExchange(words, place, STATE.free, STATE.taken);
      if (state === STATE.free || state === STATE.taken) return null;
      if (state === STATE.helped) {
        Atomics.wait(words, place, STATE.helped);
        continue;
      }
      Atomics.store(words, place, STATE.taken);
      const slot = state - IN_SLOT;
      const at = SLOTS + SLOT_WORDS * slot;
      return { slot, records: words[at + 1]!, end: words[at + 2]! };
    }
  }

  /** For the log's own thread: what lies in the slot is not needed any more. */
  free(slot: number): void {
    Atomics.store(this.#words, SLOTS + SLOT_WORDS * slot, 0);
  }

  /** For who helps: the next piece from number `from` on that the log's own thread has not come to; null where no slot is free. */
  help(from: number): WantedPiece | null {
    const words = this.#words;
    if (Atomics.load(words, BEGUN) === 0) return null;
    let slot = 0;
    while (slot < HELP_SLOTS && Atomics.load(words, SLOTS + SLOT_WORDS * slot) !== 0) slot++;
    if (slot === HELP_SLOTS) return null;
    const end = this.#firsts.at(-1)!;
    for (let number = Math.max(from, Atomics.load(words, AT) + 1); number < end; number++) {
      if (Atomics.compareExchange(words, PIECES + number, STATE.free, STATE.helped) !== STATE.free) continue;
      Atomics.store(words, SLOTS + SLOT_WORDS * slot, 1);
      const file = this.#firsts.findLastIndex((first) => first <= number);
      return { number, slot, path: this.#files[file]!.path, start: PIECE_BYTES * (number - this.#firsts[file]!) };
    }
    return null;
  }

  /** For who helps: without records the piece is for the log's own thread. */
  helped({ number, slot }: WantedPiece, records: number, end: number): void {
    const words = this.#words;
    const at = SLOTS + SLOT_WORDS * slot;
    words[at + 1] = records;
    words[at + 2] = end;
    if (records === 0) Atomics.store(words, at, 0);
    Atomics.store(words, PIECES + number, records === 0 ? STATE.free : IN_SLOT + slot);
    Atomics.notify(words, PIECES + number);
  }
}

/** A file whose size nobody has told has no pieces that others could make ready. */
function firstPieces(files: readonly LogFile[]): number[] {
  const firsts = [0];
  for (const { size = 0 } of files) firsts.push(firsts.at(-1)! + Math.ceil(size / PIECE_BYTES));
  return firsts;
}
