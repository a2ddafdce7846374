const PIECE_LOG2 = 18;
const PIECE_MASK = (1 << PIECE_LOG2) - 1;

/** A list of unsigned 32-bit numbers that grows in pieces of 1 MiB, so that growing neither copies nor doubles it. */
export class WordList {
  readonly pieces: Uint32Array[] = [];
  length = 0;

  push(value: number): void {
    const at = this.length & PIECE_MASK;
    if (at === 0) this.pieces.push(new Uint32Array(1 << PIECE_LOG2));
    this.pieces[this.length >>> PIECE_LOG2]![at] = value;
    this.length++;
  }

  get(index: number): number {
    return this.pieces[index >>> PIECE_LOG2]![index & PIECE_MASK]!;
  }
}
