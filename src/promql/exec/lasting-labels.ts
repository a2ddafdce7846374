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

/** UTF-16 units of a key, which may have texts of the query in it; nothing is kept under longer ones. */
const KEY_LENGTH_MAX = 4096;

/** Keeps something with a list that lasts; nothing happens where it does not. */
export function keep(list: LabelList, key: string, value: unknown): void {
  const all = keptWith.get(list);
  if (all === undefined || key.length > KEY_LENGTH_MAX) return;
  if (all.size === KEPT_MAX) all.clear();
  all.set(key, value);
}

/** Label sets that were made for such a list, and are kept with it, over all lists: some 16 MB. */
const OWN_SETS_MAX = 1 << 16;

/** What was kept with label sets of its own, oldest first. It goes with its list, which may be that of series long gone. */
const withOwnSets: { readonly all: WeakRef<Map<string, unknown>>; readonly key: string; readonly sets: number }[] = [];
let ownSets = 0;

/** As `keep`, of something that has so many label sets of its own: what was kept first goes where these are too many. */
export function keepSets(list: LabelList, key: string, value: unknown, sets: number): void {
  const all = keptWith.get(list);
  if (all === undefined || sets > OWN_SETS_MAX || key.length > KEY_LENGTH_MAX) return;
  keep(list, key, value);
  if (sets === 0) return;
  withOwnSets.push({ all: new WeakRef(all), key, sets });
  ownSets += sets;
  while (ownSets > OWN_SETS_MAX) {
    const oldest = withOwnSets.shift()!;
    oldest.all.deref()?.delete(oldest.key);
    ownSets -= oldest.sets;
  }
}
