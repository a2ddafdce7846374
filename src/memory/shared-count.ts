/** A number that one thread counts up and others read, in shared memory that is sent to them once. */
export class SharedCount {
  readonly buffers: SharedArrayBuffer[] = [];
  #words: Uint32Array = new Uint32Array(1);

  /** The count's memory: of its own for who counts, sent by that thread for all others, for whom it is 0 before. */
  attach(buffer: SharedArrayBuffer): void {
    this.buffers.push(buffer);
    this.#words = new Uint32Array(buffer);
  }

  get value(): number {
    return Atomics.load(this.#words, 0);
  }

  increment(): void {
    Atomics.add(this.#words, 0, 1);
  }
}
