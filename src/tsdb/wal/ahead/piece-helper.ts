import type { FileHandle, FileSystem } from '../../../std/file-system.ts';
import type { LogFile } from './log-ahead.ts';
import { instantiateLogKernel, type LogMemory } from './log-kernel-instance.ts';
import { PieceBoard } from './piece-board.ts';
import { PieceSlots } from './piece-slots.ts';

/**
 * Makes pieces of the log ready for the thread that decodes it: for a thread that has nothing else to do. What it can not read,
 * or does not find as it should be, it leaves to that one.
 */
export class PieceHelper {
  readonly #fileSystem: FileSystem;
  readonly #memory: LogMemory;
  readonly #board: PieceBoard;
  #slots: PieceSlots | null = null;
  #file: FileHandle | null = null;
  /** No piece before has to be looked at. */
  #from = 0;
  #isOver = false;

  constructor(fileSystem: FileSystem, memory: LogMemory, board: SharedArrayBuffer, files: readonly LogFile[]) {
    this.#fileSystem = fileSystem;
    this.#memory = memory;
    this.#board = new PieceBoard(board, files);
  }

  /** Makes one piece ready, a millisecond or two; false where there is none to be made. */
  help(): boolean {
    const wanted = this.#isOver ? null : this.#board.help(this.#from);
    if (wanted === null) return false;
    this.#from = wanted.number + 1;
    let records = 0;
    let end = 0;
    try {
      this.#slots ??= new PieceSlots(this.#memory, instantiateLogKernel(this.#memory, abort));
      ({ end, records } = this.#slots.makeReady(this.#open(wanted.path), wanted.slot, wanted.start));
    } catch {
      // Who has to read the piece then finds out.
    } finally {
      this.#board.helped(wanted, records, end);
    }
    // Such a log, or its disk, is not one to read this way.
    if (records === 0) this.close();
    return true;
  }

  close(): void {
    this.#isOver = true;
    this.#slots = null;
    this.#file?.closeSync();
    this.#file = null;
  }

  #open(path: string): FileHandle {
    if (this.#file?.path !== path) {
      this.#file?.closeSync();
      this.#file = null;
      this.#file = this.#fileSystem.openSync(path, 'r');
    }
    return this.#file!;
  }
}

function abort(): never {
  throw new Error('The kernel has given up');
}
