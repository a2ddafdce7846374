/** Targets from one source with labels in common; a group of the same source replaces the earlier one. */
export interface TargetGroup {
  /** Identifies the group within its provider; `0`, `1`, ... for static ones. */
  readonly source: string;
  /** One record of labels per target, `__address__` among them. */
  readonly targets: readonly Readonly<Record<string, string>>[];
  readonly labels: Readonly<Record<string, string>>;
}
