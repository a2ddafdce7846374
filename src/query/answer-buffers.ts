import { type AnswerMemory, JsonBlocks } from '../promql/json-blocks.ts';
import type { Clock } from '../std/clock.ts';
import { releaseBuffer } from '../std/release-buffer.ts';

/** Smaller answers are cheap as buffers of their own. */
const SHARED_BYTES_MIN = 16 * 1024;
/** Before the answer: the word that says whether somebody has it. */
const HEADER_BYTES = 8;
/** Buffers are multiples of this, and twice as large as they must be up to there, so that the next answer fits, too. */
const GRAIN_BYTES = 1024 * 1024;
/** What one thread keeps for its answers; what does not fit beside it gets a buffer of its own. */
const KEPT_BYTES_MAX = 40 * GRAIN_BYTES;
/** Without an answer for so long, those that nobody has are let go. */
const IDLE_MS = 10_000;

const FREE = 0;
const LENT = 1;

/**
 * Lends out shared memory for answers, which are written in one thread and sent by another one. A buffer that is made for
 * every answer and moved costs more than writing the answer does: new pages are mapped, counted by the collectors of both
 * threads, and unmapped.
 *
 * What is lent comes back through `giveBackAnswer`, in any thread. What never does is only lost for other answers.
 */
export class AnswerBuffers implements AnswerMemory {
  readonly #clock: Clock;
  #buffers: SharedArrayBuffer[] = [];
  #bytes = 0;
  #stopTimer: (() => void) | null = null;
  #isUsed = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Bytes kept, lent or not. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Memory for an answer of that size. */
  take(size: number): Uint8Array {
    if (size < SHARED_BYTES_MIN) return new Uint8Array(size);
    this.#watch();
    for (const buffer of this.#buffers) {
      const room = buffer.byteLength - HEADER_BYTES;
      // Small answers do not block the buffers of large ones.
      if (room >= size && room <= 8 * size + GRAIN_BYTES && lend(buffer))
        return new Uint8Array(buffer, HEADER_BYTES, size);
    }
    const bytes = roundedUp(HEADER_BYTES + size);
    if (this.#bytes + bytes > KEPT_BYTES_MAX) this.#dropFree();
    if (this.#bytes + bytes > KEPT_BYTES_MAX) return new Uint8Array(size);
    const buffer = new SharedArrayBuffer(bytes);
    lend(buffer);
    this.#buffers.push(buffer);
    this.#bytes += bytes;
    return new Uint8Array(buffer, HEADER_BYTES, size);
  }

  copy(source: Uint8Array, from: number, to: number, target: Uint8Array, at: number): void {
    // Not `set`, which takes five times as long where the target is shared memory.
    Buffer.prototype.copy.call(source as Buffer, target, at, from, to);
  }

  /** Lets the free ones go once nothing was asked for during `IDLE_MS`. */
  #watch(): void {
    this.#isUsed = true;
    this.#stopTimer ??= this.#clock.after(IDLE_MS, () => {
      this.#stopTimer = null;
      if (this.#isUsed) {
        this.#watch();
        this.#isUsed = false;
      } else this.#dropFree();
    });
  }

  #dropFree(): void {
    this.#buffers = this.#buffers.filter((buffer) => Atomics.load(stateOf(buffer), 0) === LENT);
    this.#bytes = this.#buffers.reduce((sum, { byteLength }) => sum + byteLength, 0);
  }
}

/** Blocks for answers that are finished in memory of their own `AnswerBuffers`. */
export function answerBlocks(clock: Clock): JsonBlocks {
  return new JsonBlocks(new AnswerBuffers(clock));
}

/**
 * Nobody looks at the answer any more: what was lent may be lent again, and large memory of its own is given back at once.
 */
export function giveBackAnswer({ buffer, byteLength }: Uint8Array): void {
  if (buffer instanceof SharedArrayBuffer) Atomics.store(stateOf(buffer), 0, FREE);
  else if (byteLength >= SHARED_BYTES_MIN && byteLength === buffer.byteLength) releaseBuffer(buffer as ArrayBuffer);
}

function lend(buffer: SharedArrayBuffer): boolean {
  return Atomics.compareExchange(stateOf(buffer), 0, FREE, LENT) === FREE;
}

function stateOf(buffer: SharedArrayBuffer): Int32Array {
  return new Int32Array(buffer, 0, 1);
}

function roundedUp(bytes: number): number {
  if (bytes >= GRAIN_BYTES / 2) return Math.ceil((bytes * 1.25) / GRAIN_BYTES) * GRAIN_BYTES;
  return 2 ** Math.ceil(Math.log2(2 * bytes));
}
