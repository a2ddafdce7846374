import { ReadRefusal } from './read-refusal.ts';

/** Lets so many reads in at once; the others wait in order of arrival, and leave the queue when they are given up. */
export class ReadGate {
  readonly #waiting: (() => void)[] = [];
  #free: number;
  #inside = 0;

  /** 0 = no limit. */
  constructor(concurrencyMax: number) {
    this.#free = concurrencyMax > 0 ? concurrencyMax : Number.POSITIVE_INFINITY;
  }

  /** Reads that are being answered. */
  get inside(): number {
    return this.#inside;
  }

  /** Resolves when the read may run; it must `leave` afterwards, once. */
  async enter(signal: AbortSignal): Promise<void> {
    if (signal.aborted) throw canceled();
    if (this.#free > 0) this.#free--;
    else await this.#turn(signal);
    this.#inside++;
  }

  leave(): void {
    this.#inside--;
    const next = this.#waiting.shift();
    if (next === undefined) this.#free++;
    else next();
  }

  #turn(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const enter = (): void => {
        signal.removeEventListener('abort', giveUp);
        resolve();
      };
      const giveUp = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(enter), 1);
        reject(canceled());
      };
      signal.addEventListener('abort', giveUp, { once: true });
      this.#waiting.push(enter);
    });
  }
}

function canceled(): ReadRefusal {
  return new ReadRefusal(499, 'context canceled');
}
