const SELECTING: ReadonlySet<string> = new Set(['bottomk', 'limit_ratio', 'limitk', 'topk']);

/** True where an aggregation gives some of its series as they are. */
export function isSelecting(op: string): boolean {
  return SELECTING.has(op);
}
