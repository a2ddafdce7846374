/** Words that a probed thread shares with its pool: which query is measured, and what was measured of it. */
export const PROBE = { query: 0, cpuMs: 1, wallMs: 2, looks: 3 } as const;
export const PROBE_WORDS = 4;

export interface SharedProbe {
  readonly words: Float64Array;
  /** Where the longest piece ended, UTF-8. */
  readonly stack: Uint8Array;
  readonly withStacks: boolean;
}
