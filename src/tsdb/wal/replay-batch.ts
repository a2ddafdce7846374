/**
 * Up to 24 MB while the log is read. Ten samples of each of 100,000 series: what a series costs (its record and chunk, cold in the
 * processor's cache) is shared by those, 60 ns a sample in place of 170. More is no gain, since memory costs time, too, when
 * it is touched for the first time.
 */
const SAMPLES = 1024 * 1024;
/** Applied in one piece: 2 to 5 ms. */
const PIECE_SAMPLES = 32 * 1024;
/** A batch with fewer samples for each row is not worth sorting: that looks at every row. */
const SORTED_SHARE = 1 / 8;

/** Samples of one row: `order[from..to-1]` are their places in `times` and `bits` (two words each, low first). */
export interface SampleRun {
  row: number;
  readonly times: Float64Array;
  readonly bits: Uint32Array;
  readonly order: Uint32Array;
  from: number;
  to: number;
}

/**
 * Samples of a log on their way into the head. The log has them scrape by scrape, so that each is for another series: the
 * series' record, its open chunk and their place in the processor's cache change with every sample. Sorted by row, a
 * series' samples come together, in the order in which they were added.
 */
export class ReplayBatch {
  #rows = new Uint32Array(0);
  #times = new Float64Array(0);
  #bits = new Uint32Array(0);
  /** How many samples wait for each row; once sorted, where those of the row end in `#order`. */
  #counts = new Uint32Array(0);
  #order = new Uint32Array(0);
  #length = 0;
  /** From the sort until all are given: the next row. */
  #nextRow = -1;
  #nextPlace = 0;

  get isEmpty(): boolean {
    return this.#length === 0;
  }

  get isFull(): boolean {
    return this.#length === SAMPLES;
  }

  /** True where it should be drained before more is added. */
  get isAlmostFull(): boolean {
    return this.#length > SAMPLES / 2;
  }

  /** Makes room for so many more samples, as far as a batch has it, of rows below `rowCount`. */
  reserve(rowCount: number, samples: number): void {
    const wanted = Math.min(SAMPLES, this.#length + samples);
    if (wanted > this.#times.length) this.#grow(Math.min(SAMPLES, Math.max(wanted, 4 * this.#times.length)));
    if (rowCount <= this.#counts.length) return;
    const counts = new Uint32Array(Math.max(rowCount, 2 * this.#counts.length));
    counts.set(this.#counts);
    this.#counts = counts;
  }

  #grow(capacity: number): void {
    const rows = new Uint32Array(capacity);
    const times = new Float64Array(capacity);
    const bits = new Uint32Array(2 * capacity);
    rows.set(this.#rows);
    times.set(this.#times);
    bits.set(this.#bits);
    this.#rows = rows;
    this.#times = times;
    this.#bits = bits;
    this.#order = new Uint32Array(capacity);
  }

  /** True where samples of the row wait. */
  has(row: number): boolean {
    return row < this.#counts.length && this.#counts[row]! > 0;
  }

  /** Adds a sample, given its value's bits; there is room for it. */
  add(row: number, time: number, low: number, high: number): void {
    const at = this.#length++;
    this.#rows[at] = row;
    this.#times[at] = time;
    this.#bits[2 * at] = low;
    this.#bits[2 * at + 1] = high;
    this.#counts[row]!++;
  }

  /** Gives all samples, those of a row together and in the order in which they came where that pays; is empty then. */
  drain(take: (run: SampleRun) => void): void {
    while (this.drainSome(take)) {}
  }

  /** A piece of `drain`; true while there are more. Nothing is added meanwhile. */
  drainSome(take: (run: SampleRun) => void): boolean {
    const length = this.#length;
    if (this.#nextRow < 0) {
      if (length < this.#counts.length * SORTED_SHARE) {
        this.#drainUnsorted(take);
        return false;
      }
      this.#sort();
    }
    const counts = this.#counts;
    const end = Math.min(length, this.#nextPlace + PIECE_SAMPLES);
    const run = this.#run(this.#nextPlace);
    let row = this.#nextRow;
    for (; run.from < end; row++) {
      run.to = counts[row]!;
      if (run.to === run.from) continue;
      run.row = row;
      take(run);
      run.from = run.to;
    }
    this.#nextRow = row;
    this.#nextPlace = run.from;
    if (run.from < length) return true;
    counts.fill(0);
    this.#length = 0;
    this.#nextRow = -1;
    return false;
  }

  #drainUnsorted(take: (run: SampleRun) => void): void {
    const length = this.#length;
    const run = this.#run(0);
    this.#length = 0;
    run.to = 1;
    for (let i = 0; i < length; i++) {
      run.row = this.#rows[i]!;
      this.#counts[run.row] = 0;
      this.#order[0] = i;
      take(run);
    }
  }

  #run(from: number): SampleRun {
    return { row: 0, times: this.#times, bits: this.#bits, order: this.#order, from, to: from };
  }

  #sort(): void {
    const length = this.#length;
    const rows = this.#rows;
    const counts = this.#counts;
    const order = this.#order;
    let sum = 0;
    for (let row = 0; row < counts.length; row++) {
      const count = counts[row]!;
      counts[row] = sum;
      sum += count;
    }
    for (let i = 0; i < length; i++) order[counts[rows[i]!]!++] = i;
    this.#nextRow = 0;
    this.#nextPlace = 0;
  }
}
