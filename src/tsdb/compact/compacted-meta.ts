import type { BlockMeta, BlockParent } from '../block/block-meta.ts';

/** What the meta of a block tells of where it comes from. */
export interface BlockOrigin {
  readonly minTime: number;
  readonly maxTime: number;
  readonly level: number;
  readonly sourceUlids: readonly string[];
  readonly parents: readonly BlockParent[];
  readonly hints: readonly string[];
}

const OUT_OF_ORDER = 'from-out-of-order';
const KEPT_HINTS = ['from-selected-series', 'from-stale-series'];

/**
 * The origin of a block that replaces all of these. It is out of order only if all of them are; a hint that only a part
 * of the head's series is in there stays, since whoever reads it takes the log for read up to the end of such a block.
 */
export function compactedOrigin(metas: readonly BlockMeta[]): BlockOrigin {
  const hints = KEPT_HINTS.filter((hint) => metas.some((meta) => meta.hints.includes(hint)));
  if (metas.every((meta) => meta.hints.includes(OUT_OF_ORDER))) hints.unshift(OUT_OF_ORDER);
  return {
    minTime: Math.min(...metas.map(({ minTime }) => minTime)),
    maxTime: Math.max(...metas.map(({ maxTime }) => maxTime)),
    level: Math.max(...metas.map(({ level }) => level)) + 1,
    sourceUlids: [...new Set(metas.flatMap(({ sources }) => sources))].sort(),
    parents: metas.map(parentOf),
    hints,
  };
}

/** The origin of a block that has what is not deleted of another; as if it were cut from the head. */
export function rewrittenOrigin(meta: BlockMeta): Omit<BlockOrigin, 'sourceUlids'> {
  const { minTime, maxTime, hints } = meta;
  return { minTime, maxTime, level: 1, parents: [parentOf(meta)], hints };
}

function parentOf({ ulid, minTime, maxTime }: BlockMeta): BlockParent {
  return { ulid, minTime, maxTime };
}
