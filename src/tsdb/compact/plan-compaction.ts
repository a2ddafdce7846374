import { type BlockMeta, hasWholeRange, OUT_OF_ORDER_HINT, SOME_SERIES_HINTS } from '../block/block-meta.ts';

/** Ranges grow threefold, so that a block is rewritten once for each time its range triples. */
const RANGE_FACTOR = 3;
const RANGES_MAX = 10;
/** A block is rewritten when more of its series than this share have deletions. */
const TOMBSTONES_SHARE = 0.05;

/** The widths that blocks grow through (ms): `min`, 3 times, 9 times as much, up to `max`. */
export function blockRanges(min: number, max: number): number[] {
  const ranges: number[] = [];
  for (let range = min; ranges.length < RANGES_MAX && (range <= max || ranges.length === 0); range *= RANGE_FACTOR) {
    ranges.push(range);
  }
  return ranges;
}

export interface CompactionRules {
  /** True for a block that must not be compacted yet: it and all that were made after it are left alone. */
  readonly isHeld?: (meta: BlockMeta) => boolean;
  /** False passes over the first rule; default true. */
  readonly mergesOverlapping?: boolean;
}

/**
 * Which blocks to make one of next, oldest first; none where there is nothing to do. The rules are the reference's:
 *
 * 1. The first blocks that overlap, all that hang together.
 * 2. Of all but the newest: those that fill an aligned range of the next width, or lie in one that has passed.
 * 3. One large block of which more than 5 % is deleted, or any that is deleted altogether.
 *
 * Blocks of samples that came out of order are left alone while their range is not yet in a block otherwise: a block that
 * they went into would look as if it had the whole range, and the log of the head's samples would be passed over.
 *
 * Blocks of stale or selected series are planned apart from the others, after them.
 */
export function planCompaction(
  metas: readonly BlockMeta[],
  ranges: readonly number[],
  { isHeld = () => false, mergesOverlapping = true }: CompactionRules = {},
): readonly BlockMeta[] {
  const whole = metas.filter(hasWholeRange).reduce((end, { maxTime }) => Math.max(end, maxTime), -Infinity);
  const isEarly = (meta: BlockMeta): boolean => meta.hints.includes(OUT_OF_ORDER_HINT) && meta.maxTime > whole;
  const byUlid = metas.filter((meta) => !isEarly(meta)).sort((a, b) => (a.ulid < b.ulid ? -1 : 1));
  const held = byUlid.findIndex(isHeld);
  const free = (held < 0 ? byUlid : byUlid.slice(0, held)).sort((a, b) => a.minTime - b.minTime);
  for (const kind of [null, ...SOME_SERIES_HINTS]) {
    const plan = planLike(
      free.filter((meta) => partialHint(meta) === kind),
      ranges,
      mergesOverlapping,
    );
    if (plan.length > 0) return plan;
  }
  return [];
}

function partialHint({ hints }: BlockMeta): string | null {
  return SOME_SERIES_HINTS.find((hint) => hints.includes(hint)) ?? null;
}

/** `sorted` by their first times. */
function planLike(
  sorted: readonly BlockMeta[],
  ranges: readonly number[],
  mergesOverlapping: boolean,
): readonly BlockMeta[] {
  const overlapping = mergesOverlapping ? firstOverlapping(sorted) : [];
  if (overlapping.length > 0) return overlapping;
  // The newest stays as it was cut from the head, so that there is time to copy it as it is.
  const older = sorted.slice(0, -1);
  const filled = firstFilledRange(older, ranges);
  if (filled.length > 0) return filled;
  const deleted = mostlyDeleted(older, ranges);
  return deleted === null ? [] : [deleted];
}

/** A block that compacting failed on is left out of it: trying again would fail again. */
function firstOverlapping(sorted: readonly BlockMeta[]): readonly BlockMeta[] {
  for (let i = 0; i < sorted.length; ) {
    let end = sorted[i]!.maxTime;
    let next = i + 1;
    for (; next < sorted.length && sorted[next]!.minTime < end; next++) end = Math.max(end, sorted[next]!.maxTime);
    const group = sorted.slice(i, next);
    if (group.length > 1 && !group.some(({ failed }) => failed)) return group;
    i = next;
  }
  return [];
}

function firstFilledRange(older: readonly BlockMeta[], ranges: readonly number[]): readonly BlockMeta[] {
  const newest = older.at(-1)?.minTime;
  if (newest === undefined) return [];
  for (const range of ranges.slice(1)) {
    for (const group of splitByRange(older, range)) {
      if (group.length < 2 || group.some(({ failed }) => failed)) continue;
      const { minTime } = group[0]!;
      const { maxTime } = group.at(-1)!;
      if (maxTime - minTime === range || maxTime <= newest) return group;
    }
  }
  return [];
}

/** The blocks that lie in the same aligned range; those that lie in none are left out. */
function splitByRange(sorted: readonly BlockMeta[], range: number): BlockMeta[][] {
  const groups: BlockMeta[][] = [];
  for (let i = 0; i < sorted.length; ) {
    const end = Math.floor(sorted[i]!.minTime / range) * range + range;
    if (sorted[i]!.maxTime > end) {
      i++;
      continue;
    }
    const group: BlockMeta[] = [];
    for (; i < sorted.length && sorted[i]!.maxTime <= end; i++) group.push(sorted[i]!);
    groups.push(group);
  }
  return groups;
}

/** Newest first. Small blocks are merged soon anyway, and lose their deleted samples then. */
function mostlyDeleted(older: readonly BlockMeta[], ranges: readonly number[]): BlockMeta | null {
  const large = ranges[Math.floor(ranges.length / 2)]!;
  for (const meta of [...older].reverse()) {
    const { series, tombstones } = meta.stats;
    if (meta.maxTime - meta.minTime < large) {
      return tombstones > 0 && tombstones >= series && !meta.failed ? meta : null;
    }
    if (tombstones / (series + 1) > TOMBSTONES_SHARE && !meta.failed) return meta;
  }
  return null;
}
