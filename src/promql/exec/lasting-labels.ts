import type { Labels } from '../../model/labels.ts';

/** Label sets of the series of an operator, in their order. */
export type LabelList = readonly Labels[];

/** What was worked out of a list that the storage, or a part of an earlier query, gives again and again. */
const keptWith = new WeakMap<LabelList, Map<string, unknown>>();

/** From here on what is worked out of the list is kept as long as somebody has the list, which nobody changes any more. */
export function makeLasting(list: LabelList): void {
  if (!keptWith.has(list)) keptWith.set(list, new Map());
}

export function isLasting(list: LabelList): boolean {
  return keptWith.has(list);
}

/**
 * What was kept with a list under `key`, which must say all that it follows from besides the list; undefined where nothing
 * was, or where the list does not last. It is shared between queries: nobody changes it.
 */
export function kept(list: LabelList, key: string): unknown {
  return keptWith.get(list)?.get(key);
}

/** So many things are kept with one list: as many as there are ways in which dashboards look at a metric. */
const KEPT_MAX = 16;

/** Keeps something with a list that lasts; nothing happens where it does not. */
export function keep(list: LabelList, key: string, value: unknown): void {
  const all = keptWith.get(list);
  if (all === undefined) return;
  if (all.size === KEPT_MAX) all.clear();
  all.set(key, value);
}
