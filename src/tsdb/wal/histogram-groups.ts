import type { HistogramEntry } from '../../storage/append.ts';

/**
 * Parts accepted histograms by the type of the record that holds them. A reader takes records one after the other and
 * drops what is older than its series' last sample, so a series that changes from one type to another, and perhaps back,
 * begins new records there. Returns pairs of a type and its histograms, in the order in which they are to be logged; those
 * of one series keep theirs.
 */
export function groupHistograms<Type>(
  entries: readonly HistogramEntry[],
  typeOf: (entry: HistogramEntry) => Type,
): (readonly [Type, readonly HistogramEntry[]])[] {
  const [first] = entries;
  if (first === undefined) return [];
  const firstType = typeOf(first);
  if (entries.every((entry) => typeOf(entry) === firstType)) return [[firstType, entries]];
  const groups: (readonly [Type, readonly HistogramEntry[]])[] = [];
  const typeOfSeries = new Map<number, Type>();
  let open = new Map<Type, HistogramEntry[]>();
  for (const entry of entries) {
    const type = typeOf(entry);
    const before = typeOfSeries.get(entry.ref);
    if (before !== undefined && before !== type) {
      groups.push(...open);
      open = new Map();
      typeOfSeries.clear();
    }
    typeOfSeries.set(entry.ref, type);
    const group = open.get(type);
    if (group === undefined) open.set(type, [entry]);
    else group.push(entry);
  }
  groups.push(...open);
  return groups;
}
