import { TextColumn } from '../../memory/text-column.ts';

/** Runs of texts between two points at which the work may be interrupted: some 100 µs. */
const STEP_RUNS = 16;
/** Texts that are looked at together: where both columns have the same, as blocks of one server mostly do, they are copied at once. */
const RUN_TEXTS = 128;

/** One column of two that are sorted by bytes, each text once, in steps. */
export function* unionColumns(a: TextColumn, b: TextColumn): Generator<undefined, TextColumn> {
  const union = new Union(a, b);
  for (let runs = 1; union.step(); runs++) if (runs % STEP_RUNS === 0) yield;
  return union.both;
}

class Union {
  readonly both: TextColumn;
  readonly #a: TextColumn;
  readonly #b: TextColumn;
  #aNext = 0;
  #bNext = 0;

  constructor(a: TextColumn, b: TextColumn) {
    this.#a = a;
    this.#b = b;
    this.both = new TextColumn(Math.max(a.length, b.length), Math.max(a.size, b.size));
  }

  /** Takes a run; false after the last. */
  step(): boolean {
    const a = this.#a;
    const b = this.#b;
    const aLeft = a.length - this.#aNext;
    const bLeft = b.length - this.#bNext;
    if (aLeft === 0) return this.#take(b, this.#bNext, bLeft);
    if (bLeft === 0) return this.#take(a, this.#aNext, aLeft);
    const count = Math.min(RUN_TEXTS, aLeft, bLeft);
    if (sameRun(a, this.#aNext, b, this.#bNext, count)) {
      this.#take(a, this.#aNext, count);
      this.#aNext += count;
      this.#bNext += count;
    } else this.#merge(count);
    return true;
  }

  /** Takes texts of one column as they are; false, as there are no more where it is the last run. */
  #take(from: TextColumn, first: number, count: number): false {
    const { both } = this;
    const start = from.start(first);
    const end = from.start(first + count);
    both.reserve(count, end - start);
    both.bytes.set(from.bytes.subarray(start, end), both.size);
    const shift = both.size - start;
    for (let i = 0; i < count; i++) both.ends[both.length + i] = from.ends[first + i]! + shift;
    both.length += count;
    both.size += end - start;
    return false;
  }

  /** Takes so many texts of both columns. */
  #merge(count: number): void {
    const { both } = this;
    const { bytes: aBytes, ends: aEnds } = this.#a;
    const { bytes: bBytes, ends: bEnds } = this.#b;
    let i = this.#aNext;
    let j = this.#bNext;
    let aStart = this.#a.start(i);
    let bStart = this.#b.start(j);
    both.reserve(count, this.#a.start(i + count) - aStart + this.#b.start(j + count) - bStart);
    const { bytes, ends, length } = both;
    let { size } = both;
    // Of either column there are at least so many.
    for (let place = length; place < length + count; place++) {
      const aEnd = aEnds[i]!;
      const bEnd = bEnds[j]!;
      let x = aStart;
      let y = bStart;
      while (x < aEnd && y < bEnd && aBytes[x] === bBytes[y]) {
        bytes[size++] = aBytes[x++]!;
        y++;
      }
      const isSame = x === aEnd && y === bEnd;
      // One that the other begins with comes first.
      const takesA = x === aEnd || (y < bEnd && aBytes[x]! < bBytes[y]!);
      if (takesA) while (x < aEnd) bytes[size++] = aBytes[x++]!;
      else while (y < bEnd) bytes[size++] = bBytes[y++]!;
      ends[place] = size;
      if (takesA) {
        i++;
        aStart = aEnd;
      }
      if (isSame || !takesA) {
        j++;
        bStart = bEnd;
      }
    }
    both.length += count;
    both.size = size;
    this.#aNext = i;
    this.#bNext = j;
  }
}

/** True where two columns go on with the same texts. */
function sameRun(a: TextColumn, i: number, b: TextColumn, j: number, count: number): boolean {
  const aStart = a.start(i);
  const bStart = b.start(j);
  const shift = bStart - aStart;
  for (let k = count - 1; k >= 0; k--) if (b.ends[j + k]! - a.ends[i + k]! !== shift) return false;
  const aEnd = a.ends[i + count - 1]!;
  return Buffer.compare(a.bytes.subarray(aStart, aEnd), b.bytes.subarray(bStart, aEnd + shift)) === 0;
}
