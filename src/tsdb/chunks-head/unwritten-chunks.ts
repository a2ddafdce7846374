/**
 * Sealed chunks that wait to be written to `chunks_head/`, in the order in which they were sealed. An entry may have
 * lost its object: its series, or the chunk, may be gone.
 *
 * Without somebody who writes them, none are kept.
 */
export class UnwrittenChunks {
  #isKept = false;
  #rows = new Uint32Array(0);
  #chunks = new Uint32Array(0);
  #refs = new Float64Array(0);
  /** First times: the number of a chunk that is gone may be given again, also to the same series. */
  #times = new Float64Array(0);
  #first = 0;
  #end = 0;

  get count(): number {
    return this.#end - this.#first;
  }

  /** From here on there is somebody who takes what waits. */
  keep(): void {
    this.#isKept = true;
  }

  add(row: number, ref: number, chunk: number, firstTime: number): void {
    if (!this.#isKept) return;
    if (this.#end === this.#rows.length) this.#makeRoom();
    this.#rows[this.#end] = row;
    this.#refs[this.#end] = ref;
    this.#times[this.#end] = firstTime;
    this.#chunks[this.#end++] = chunk;
  }

  /** Row, ref and chunk of the entry that came `index` after the first. */
  row(index: number): number {
    return this.#rows[this.#first + index]!;
  }

  ref(index: number): number {
    return this.#refs[this.#first + index]!;
  }

  chunk(index: number): number {
    return this.#chunks[this.#first + index]!;
  }

  /** The first time of that chunk, ms. */
  firstTime(index: number): number {
    return this.#times[this.#first + index]!;
  }

  /** Takes the first `count` out. */
  drop(count: number): void {
    this.#first += count;
    if (this.#first < this.#end) return;
    this.#first = 0;
    this.#end = 0;
    if (this.#rows.length > KEPT_ENTRIES) this.#resize(KEPT_ENTRIES);
  }

  #makeRoom(): void {
    const { count } = this;
    this.#resize(2 * count >= this.#rows.length ? Math.max(MIN_ENTRIES, 2 * this.#rows.length) : this.#rows.length);
    this.#first = 0;
    this.#end = count;
  }

  #resize(entries: number): void {
    const rows = this.#rows.subarray(this.#first, this.#end);
    const chunks = this.#chunks.subarray(this.#first, this.#end);
    const refs = this.#refs.subarray(this.#first, this.#end);
    const times = this.#times.subarray(this.#first, this.#end);
    this.#rows = new Uint32Array(entries);
    this.#chunks = new Uint32Array(entries);
    this.#refs = new Float64Array(entries);
    this.#times = new Float64Array(entries);
    this.#rows.set(rows);
    this.#chunks.set(chunks);
    this.#refs.set(refs);
    this.#times.set(times);
  }
}

const MIN_ENTRIES = 1024;
/** 1 MiB; more is let go when nothing waits. */
const KEPT_ENTRIES = 65536;
