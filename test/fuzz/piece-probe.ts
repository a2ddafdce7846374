/** The longest time, ms, between two points at which something could have been stopped. */
export interface Piece {
  /** Of this thread's own CPU time: what other programs take does not count. */
  cpuMs: number;
  wallMs: number;
  /** Where the longest piece ended, or null where that was not asked for. */
  where: string | null;
}

/** Measures how long a query goes on between two looks at whether it is still wanted. */
export class PieceProbe {
  readonly longest: Piece = { cpuMs: 0, wallMs: 0, where: null };
  /** How often it looked. */
  looks = 0;
  readonly #withStacks: boolean;
  #cpu = threadCpuMs();
  #wall = performance.now();

  constructor(withStacks = false) {
    this.#withStacks = withStacks;
  }

  /** To be called at each such point. */
  look(): void {
    this.looks++;
    const wall = performance.now();
    const cpu = threadCpuMs();
    const { longest } = this;
    if (cpu - this.#cpu > longest.cpuMs) {
      longest.cpuMs = cpu - this.#cpu;
      if (this.#withStacks) longest.where = new Error('look').stack ?? null;
    }
    longest.wallMs = Math.max(longest.wallMs, wall - this.#wall);
    this.#cpu = this.#withStacks ? threadCpuMs() : cpu;
    this.#wall = wall;
  }
}

/** What this thread has used of the CPU, its collections of garbage included. */
function threadCpuMs(): number {
  const { system, user } = process.threadCpuUsage();
  return (system + user) / 1000;
}
