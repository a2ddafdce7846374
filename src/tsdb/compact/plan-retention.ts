/** What retention needs to know of a block. */
export interface RetainedBlock {
  readonly ulid: string;
  /** Exclusive, ms. */
  readonly maxTime: number;
  /** Of all its files. */
  readonly bytes: number;
  readonly deletable: boolean;
  readonly parents: readonly { readonly ulid: string }[];
}

/** Each limit is off at 0. */
export interface RetentionLimits {
  /** How much older than the newest block's end a block's end may be, ms. */
  readonly durationMs: number;
  /** Of everything: blocks, log and the head's chunks. */
  readonly bytes: number;
  /** Of the file system's size, 0 to 100; where both it and the size are known it stands for `bytes`. */
  readonly percentage: number;
  /** The file system's size in bytes; 0 where it is not known. */
  readonly fileSystemBytes: number;
}

/** Why blocks go. */
export interface RetentionPlan {
  /** Blocks that are to be removed, the oldest first. */
  readonly remove: readonly string[];
  /** True where the limit of time, or of size, took a block that would have stayed. */
  readonly byTime: boolean;
  readonly bySize: boolean;
}

/** What the limits come to in bytes; 0 is no limit. */
export function retentionBytes({ bytes, percentage, fileSystemBytes }: RetentionLimits): number {
  return percentage > 0 && fileSystemBytes > 0 ? Math.trunc((fileSystemBytes * percentage) / 100) : bytes;
}

/**
 * Which blocks go: those that are empty or were replaced, those that end too long before the newest one, and the oldest
 * of those that do not fit, together with everything older. `headBytes` are those of the log and the head's chunks.
 */
export function planRetention(
  blocks: readonly RetainedBlock[],
  limits: RetentionLimits,
  headBytes: number,
): RetentionPlan {
  const newestFirst = [...blocks].sort((a, b) => b.maxTime - a.maxTime);
  const replaced = new Set(blocks.flatMap(({ parents }) => parents.map(({ ulid }) => ulid)));
  const firstTooOld = limits.durationMs > 0 ? firstBeyondTime(newestFirst, limits.durationMs) : newestFirst.length;
  const firstTooMuch = firstBeyondBytes(newestFirst, retentionBytes(limits), headBytes);
  const firstGone = Math.min(firstTooOld, firstTooMuch);
  const remove = newestFirst.filter(
    ({ deletable, ulid }, index) => deletable || replaced.has(ulid) || index >= firstGone,
  );
  return {
    remove: remove.map(({ ulid }) => ulid).reverse(),
    byTime: firstTooOld < newestFirst.length,
    bySize: firstTooMuch < newestFirst.length,
  };
}

function firstBeyondTime(newestFirst: readonly RetainedBlock[], durationMs: number): number {
  const newest = newestFirst[0]?.maxTime ?? 0;
  const found = newestFirst.findIndex(({ maxTime }, index) => index > 0 && newest - maxTime >= durationMs);
  return found < 0 ? newestFirst.length : found;
}

function firstBeyondBytes(newestFirst: readonly RetainedBlock[], bytesMax: number, headBytes: number): number {
  if (bytesMax <= 0) return newestFirst.length;
  let bytes = headBytes;
  const found = newestFirst.findIndex((block) => {
    bytes += block.bytes;
    return bytes > bytesMax;
  });
  return found < 0 ? newestFirst.length : found;
}
