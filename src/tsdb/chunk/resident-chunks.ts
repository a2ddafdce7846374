/** Entries of the table. Numbers of chunks are given in turn, so few of them meet in one. */
const ENTRIES_LOG2 = 18;
const ENTRIES = 1 << ENTRIES_LOG2;
const MASK = ENTRIES - 1;
/** What a chunk takes beside its bytes: its record. */
const RECORD_BYTES = 32;

/**
 * Which sealed chunks that are in a file are still in memory, too: from the number of the record that names the file, which
 * is the one in the series' chain, to that of the record that names the memory. Readers of any thread look here before they
 * read a file.
 *
 * Two words an entry, the number in the chain (0: the entry is free) and the other; the chunk with number n can only be in
 * entry n modulo the size of the table.
 *
 * The main thread changes entries under readers' eyes. A reader that finds its number before and after it has read the
 * other word has the right one: the number is not given again while the reader's pin stands, and neither does the memory
 * go away that was there at any time since.
 */
export class ResidentRecords {
  /** The one buffer of the table. */
  readonly buffers: SharedArrayBuffer[] = [];
  protected words: Int32Array<ArrayBufferLike> = new Int32Array(0);

  /** From here on this is a view of the table in that buffer. */
  attach(buffer: SharedArrayBuffer): void {
    this.buffers.push(buffer);
    this.words = new Int32Array(buffer);
  }

  /** The record in memory of a chunk whose record names a file; 0 where it is in the file alone. */
  find(chunk: number): number {
    const { words } = this;
    const at = 2 * (chunk & MASK);
    if (words.length === 0 || Atomics.load(words, at) !== chunk) return 0;
    const inMemory = Atomics.load(words, at + 1);
    return Atomics.load(words, at) === chunk ? inMemory : 0;
  }
}

/** The main thread's table: keeps the chunks that came last, up to so many bytes. */
export class ResidentChunks extends ResidentRecords {
  readonly #bytesMax: number;
  readonly #retire: (inMemory: number) => void;
  readonly #byteLength: (inMemory: number) => number;
  /** Numbers in the chain, in the order in which they came; some may have left the table already. */
  readonly #order = new Uint32Array(ENTRIES);
  #first = 0;
  #count = 0;
  #bytes = 0;

  /** `retire` hears of each record in memory that is not kept any more, `byteLength` tells the size of its chunk. */
  constructor(bytesMax: number, byteLength: (inMemory: number) => number, retire: (inMemory: number) => void) {
    super();
    this.#bytesMax = bytesMax;
    this.#byteLength = byteLength;
    this.#retire = retire;
  }

  /** Bytes that are kept. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Keeps a chunk in memory, and lets others go where that is too much. */
  add(chunk: number, inMemory: number): void {
    if (this.buffers.length === 0) this.attach(new SharedArrayBuffer(8 * ENTRIES));
    if (this.#count === ENTRIES) this.#dropOldest();
    const at = 2 * (chunk & MASK);
    this.#clear(at);
    Atomics.store(this.words, at + 1, inMemory);
    Atomics.store(this.words, at, chunk);
    this.#order[(this.#first + this.#count++) & MASK] = chunk;
    this.#bytes += this.#byteLength(inMemory) + RECORD_BYTES;
    while (this.#bytes > this.#bytesMax && this.#count > 0) this.#dropOldest();
  }

  /** Nobody knows the chunk any more. */
  forget(chunk: number): void {
    const at = 2 * (chunk & MASK);
    if (this.words.length > 0 && this.words[at] === chunk) this.#clear(at);
  }

  #dropOldest(): void {
    const chunk = this.#order[this.#first]!;
    this.#first = (this.#first + 1) & MASK;
    this.#count--;
    this.forget(chunk);
  }

  #clear(at: number): void {
    if (this.words[at] === 0) return;
    const inMemory = this.words[at + 1]!;
    Atomics.store(this.words, at, 0);
    this.#bytes -= this.#byteLength(inMemory) + RECORD_BYTES;
    this.#retire(inMemory);
  }
}
