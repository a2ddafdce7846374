import { ChainPlaces } from '../chunk/chain-places.ts';
import type { SealedChunks } from '../chunk/sealed-chunks.ts';
import type { LateRow, LateRows } from './late-rows.ts';

/** What the chains need of the head's memory. */
export interface ChainMemory {
  readonly sealed: SealedChunks;
  /** Gives back a chain of chunks when nobody reads it any more. */
  retireChain(newest: number): void;
  /** The same for one chunk, whose place in its chain another has taken. */
  retireSealed(chunk: number): void;
}

/** The sealed chunks of the rows that have late samples: of each a chain from the newest to the oldest, in the order of their making. */
export class LateChains {
  readonly #memory: ChainMemory;
  readonly #rows: LateRows;

  constructor(memory: ChainMemory, rows: LateRows) {
    this.#memory = memory;
    this.#rows = rows;
  }

  /** Where chunks stand in their chains, for a loop in which these change through `moveToFile` alone. */
  places(): ChainPlaces {
    return new ChainPlaces(this.#memory.sealed, (row) => this.#rows.get(row)?.newest ?? 0);
  }

  /** True where the row has the chunk, and in memory. The number of a chunk may be given again. */
  hasInMemory(places: ChainPlaces, row: number, chunk: number, firstTime: number): boolean {
    const { sealed } = this.#memory;
    if (sealed.isInFile(chunk) || sealed.firstTime(chunk) !== firstTime) return false;
    return places.newer(row, chunk) !== null;
  }

  /** Lets a chunk that a row has be the one at `offset` of the file in `slot`, where it was written to. Returns its number now. */
  moveToFile(places: ChainPlaces, row: number, chunk: number, slot: number, offset: number): number {
    const { sealed } = this.#memory;
    const newer = places.newer(row, chunk)!;
    const inFile = sealed.addCopyInFile(chunk, slot, offset);
    if (newer === 0) this.#rows.get(row)!.newest = inFile;
    else sealed.setOlder(newer, inFile);
    places.replace(row, chunk, inFile);
    this.#memory.retireSealed(chunk);
    return inFile;
  }

  /** Calls back with all chunks of a row, newest first. */
  each(row: number, use: (chunk: number) => void): void {
    const { sealed } = this.#memory;
    for (let chunk = this.#rows.get(row)?.newest ?? 0; chunk !== 0; chunk = sealed.older(chunk)) use(chunk);
  }

  /** Takes a chunk and all older ones out of a chain; false where it is not there. */
  cut(late: LateRow, newest: number): boolean {
    const { sealed } = this.#memory;
    if (late.newest === newest) {
      late.newest = 0;
    } else {
      let chunk = late.newest;
      while (chunk !== 0 && sealed.older(chunk) !== newest) chunk = sealed.older(chunk);
      if (chunk === 0) return false;
      sealed.cutBehind(chunk);
    }
    this.#memory.retireChain(newest);
    return true;
  }
}
