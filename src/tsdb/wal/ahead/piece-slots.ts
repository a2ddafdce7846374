import type { FileHandle } from '../../../std/file-system.ts';
import { PAGE_SIZE } from '../framing.ts';
import type { LogKernelExports, LogMemory } from './log-kernel-instance.ts';
import { HELP_SLOTS, PIECE_BYTES, type ReadyPiece } from './piece-board.ts';

/** Where the slots lie and what they have, as `tools/log-kernel/pieces.as` draws them. */
const PIECE_SLOTS = 256 * 1024 * 1024;
const SLOT_BYTES = 3584 * 1024;
const LIST = 640 * 1024;
const RECORD_WORDS = 8;
/** The log's own thread makes pieces ready in this slot. */
const OWN_SLOT = HELP_SLOTS;
/** What is read behind a piece, for its last record. */
const MORE_BYTES = PAGE_SIZE;

/** A record of a piece; the arrays lie in the slot. */
export interface PieceRecord {
  readonly offset: number;
  readonly end: number;
  readonly flags: number;
  readonly compressed: Uint8Array;
  readonly record: Uint8Array;
}

/** The slots of pieces, as one thread sees them. */
export class PieceSlots {
  readonly #kernel: LogKernelExports;
  readonly #bytes: Uint8Array;
  readonly #words: Uint32Array;

  constructor({ buffer }: LogMemory, kernel: LogKernelExports) {
    this.#kernel = kernel;
    this.#bytes = new Uint8Array(buffer);
    this.#words = new Uint32Array(buffer);
  }

  /** Makes the piece ready that begins at `start`, at which any fragment may stand. */
  makeReady(file: FileHandle, slot: number, start: number): ReadyPiece {
    const size = this.#read(file, slot, start, start + PIECE_BYTES);
    const records = this.#kernel.ready(slot, size, 0, PIECE_BYTES, 1);
    return { slot, records, end: this.#kernel.readyEnd.value };
  }

  /** Makes ready what of its piece is left at `from`, where a record begins or the padding before one. */
  makeOwnReady(file: FileHandle, from: number): ReadyPiece & { readonly base: number } {
    const base = from - (from % PAGE_SIZE);
    const stop = from - (from % PIECE_BYTES) + PIECE_BYTES;
    const size = this.#read(file, OWN_SLOT, base, stop);
    const records = this.#kernel.ready(OWN_SLOT, size, from - base, stop - base, 0);
    return { slot: OWN_SLOT, records, end: this.#kernel.readyEnd.value, base };
  }

  /** The index of the record that begins at `offset`, in the slot's bytes; -1 where none does. */
  find({ records, slot }: ReadyPiece, offset: number): number {
    for (let index = 0; index < records; index++)
      if (this.#words[this.entry(slot, index) >>> 2] === offset) return index;
    return -1;
  }

  /** The address of a record's entry in the list. */
  entry(slot: number, index: number): number {
    return PIECE_SLOTS + SLOT_BYTES * slot + LIST + 4 * RECORD_WORDS * index;
  }

  /** A record whose slot has the file's bytes from `base` on. */
  record(slot: number, index: number, base: number): PieceRecord {
    const at = this.entry(slot, index) >>> 2;
    const [offset = 0, end = 0, compressed = 0, compressedSize = 0, record = 0, size = 0, flags = 0] =
      this.#words.subarray(at, at + RECORD_WORDS);
    return {
      offset: base + offset,
      end: base + end,
      flags,
      compressed: this.#bytes.subarray(compressed, compressed + compressedSize),
      record: this.#bytes.subarray(record, record + size),
    };
  }

  /** Reads a page more than `stop` asks for; returns how many bytes there are. */
  #read(file: FileHandle, slot: number, start: number, stop: number): number {
    return file.readSync(this.#bytes, PIECE_SLOTS + SLOT_BYTES * slot, stop - start + MORE_BYTES, start);
  }
}
