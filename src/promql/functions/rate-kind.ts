/** What tells rate, increase and delta apart. */
export interface RateKind {
  /** Values only rise, and fall back to near zero at a reset. */
  readonly isCounter: boolean;
  /** The change is divided by the window's length. */
  readonly isRate: boolean;
}

/** Seconds of a duration in ms, rounded as the reference does: whole seconds plus the rest. */
export function seconds(durationMs: number): number {
  const whole = Math.trunc(durationMs / 1000);
  return whole + ((durationMs - whole * 1000) * 1e6) / 1e9;
}
