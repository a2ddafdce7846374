import type { Labels } from '../../model/labels.ts';

/** Label sets of the series of an operator, in their order. */
export type LabelList = readonly Labels[];

/** What is kept with one list, by what it follows from. */
type Kept = Map<string, KeptThing>;

interface KeptThing {
  readonly value: unknown;
  /** Where it is kept, and under which name. */
  readonly all: Kept;
  readonly key: string;
}

/** What was worked out of a list that the storage, or a part of an earlier query, gives again and again. */
const keptWith = new WeakMap<LabelList, Kept>();

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
  return keptWith.get(list)?.get(key)?.value;
}

/** So many things are kept with one list: as many as there are ways in which dashboards look at a metric. */
const KEPT_MAX = 16;

/** UTF-16 units of a key, which may have texts of the query in it; nothing is kept under longer ones. */
const KEY_LENGTH_MAX = 4096;

/** What is kept with all lists, bytes. */
const BYTES_MAX = 32 * 2 ** 20;
/** One thing: more would drive all others out. */
const THING_BYTES_MAX = BYTES_MAX / 4;

/** What each takes besides. */
const THING_OWN_BYTES = 256;

/** All that is kept, oldest first. It goes with its list, which may be that of series long gone. */
const inOrder: { readonly thing: WeakRef<KeptThing>; readonly bytes: number }[] = [];
let bytesKept = 0;

/**
 * Keeps something of so many bytes with a list that lasts; nothing happens where the list does not, or where they are many. What
 * was kept first, with whichever list, goes where there is too much.
 */
export function keep(list: LabelList, key: string, value: unknown, bytes: number): void {
  const all = keptWith.get(list);
  if (all === undefined || key.length > KEY_LENGTH_MAX || bytes > THING_BYTES_MAX) return;
  if (all.size === KEPT_MAX) all.clear();
  const thing: KeptThing = { value, all, key };
  all.set(key, thing);
  const bytesInAll = bytes + 2 * key.length + THING_OWN_BYTES;
  inOrder.push({ thing: new WeakRef(thing), bytes: bytesInAll });
  bytesKept += bytesInAll;
  while (bytesKept > BYTES_MAX) {
    const oldest = inOrder.shift()!;
    bytesKept -= oldest.bytes;
    const gone = oldest.thing.deref();
    // Under the same key there may be something newer.
    if (gone !== undefined && gone.all.get(gone.key) === gone) gone.all.delete(gone.key);
  }
}
