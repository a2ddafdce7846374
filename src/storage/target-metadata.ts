/** What a target says of one of its metrics. */
export interface MetricDescription {
  readonly metric: string;
  /** `counter`, `gauge`, ..., `unknown`. */
  readonly type: string;
  readonly help: string;
  readonly unit: string;
}

/** What one target says of all of its metrics. */
export interface TargetDescription {
  /** Tells targets apart, over restarts too. */
  readonly target: string;
  /** Equal for targets that surely say the same: their metrics are looked at once. */
  readonly sharedBy: unknown;
  metrics(): Iterable<MetricDescription>;
}

/** Keeps what targets say over restarts, so that it can be asked for before they are scraped again. */
export interface MetadataArchive {
  /** What was kept of a target when the storage was opened; empty where that is nothing. */
  keptMetadata(target: string): readonly MetricDescription[];
  /** Replaces everything that is kept. Rejects where it can not be written. */
  keepMetadata(targets: readonly TargetDescription[]): Promise<void>;
}
