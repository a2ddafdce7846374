import { monitorEventLoopDelay } from 'node:perf_hooks';

/** The turns of the event loop since `start`, and what they took. */
export interface WatchedTurns {
  /** The longest turn, by the clock and by the processor time of this thread, ms: the first has what others took from it. */
  readonly longestMs: number;
  readonly longestCpuMs: number;
  /** The longest delay of a timer, as `monitorEventLoopDelay` tells it, ms. */
  readonly delayMs: number;
  /** All of them together. */
  readonly wallMs: number;
  readonly cpuMs: number;
  readonly turns: number;
}

/**
 * Looks at the clock in each turn of the event loop that comes a millisecond or more after the one before.
 * `monitorEventLoopDelay` tells the delay of a timer; this tells the processor time of a turn as well, which is the same
 * whatever else the machine does.
 */
export class TurnWatch {
  #isOn = false;
  readonly #delay = monitorEventLoopDelay({ resolution: 1 });
  #longestMs = 0;
  #longestCpuMs = 0;
  #turns = 0;
  #started = { wall: 0, cpu: 0 };
  #last = { wall: 0, cpu: 0 };

  start(): void {
    this.#isOn = true;
    this.#longestMs = 0;
    this.#longestCpuMs = 0;
    this.#turns = 0;
    this.#started = here();
    this.#last = this.#started;
    this.#delay.reset();
    this.#delay.enable();
    setTimeout(() => this.#look(), 1);
  }

  stop(): WatchedTurns {
    this.#note();
    this.#isOn = false;
    this.#delay.disable();
    return {
      longestMs: this.#longestMs,
      longestCpuMs: this.#longestCpuMs,
      delayMs: this.#delay.max / 1e6,
      wallMs: this.#last.wall - this.#started.wall,
      cpuMs: this.#last.cpu - this.#started.cpu,
      turns: this.#turns,
    };
  }

  #look(): void {
    if (!this.#isOn) return;
    this.#note();
    setTimeout(() => this.#look(), 1);
  }

  #note(): void {
    const now = here();
    this.#longestMs = Math.max(this.#longestMs, now.wall - this.#last.wall);
    this.#longestCpuMs = Math.max(this.#longestCpuMs, now.cpu - this.#last.cpu);
    this.#turns++;
    this.#last = now;
  }
}

function here(): { wall: number; cpu: number } {
  const { user, system } = process.threadCpuUsage();
  return { wall: performance.now(), cpu: (user + system) / 1000 };
}
