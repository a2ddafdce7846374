/** Time as a dependency: nothing below the server reads the host's clock or sets a timer on its own. */
export interface Clock {
  /** Milliseconds since the epoch, an integer. May jump. */
  now(): number;
  /** Milliseconds from an arbitrary point, fractional; never jumps back. */
  monotonic(): number;
  /** Calls `action` once after `delayMs`; the returned function cancels it. Timers do not keep the process alive. */
  after(delayMs: number, action: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(delayMs, action) {
    const timer = setTimeout(action, delayMs);
    timer.unref();
    return () => clearTimeout(timer);
  },
};
