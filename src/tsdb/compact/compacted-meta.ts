import type { KnownRange } from '../block/block-list.ts';
import {
  type BlockMeta,
  type BlockParent,
  certainEnd,
  hasWholeRange,
  OUT_OF_ORDER_HINT,
  SOME_SERIES_HINTS,
  WHOLE_RANGE_HINT,
} from '../block/block-meta.ts';

/** What the meta of a block tells of where it comes from. */
export interface BlockOrigin {
  readonly minTime: number;
  readonly maxTime: number;
  readonly level: number;
  readonly sourceUlids: readonly string[];
  readonly parents: readonly BlockParent[];
  readonly hints: readonly string[];
}

/**
 * The origin of a block that replaces all of these. It is out of order only if all of them are; a hint that only a part
 * of the head's series is in there stays, since whoever reads it takes the log for read up to the end of such a block.
 */
export function compactedOrigin(metas: readonly BlockMeta[]): BlockOrigin {
  const hints = SOME_SERIES_HINTS.filter((hint) => metas.some((meta) => meta.hints.includes(hint)));
  if (metas.every((meta) => meta.hints.includes(OUT_OF_ORDER_HINT))) hints.unshift(OUT_OF_ORDER_HINT);
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
  const { minTime, maxTime } = meta;
  const hints = meta.hints.filter((hint) => hint !== WHOLE_RANGE_HINT);
  return { minTime, maxTime, level: 1, parents: [parentOf(meta)], hints };
}

/**
 * The same origin, with the hint that the block has its whole range where that matters and does not follow otherwise: what is
 * deleted may be left out of it, and the log that still has it must not be read again.
 */
export function markedOrigin<Origin extends Omit<BlockOrigin, 'sourceUlids'>>(
  origin: Origin,
  { certainTime, chunkRangeMs }: KnownRange,
): Origin {
  const isKnown = origin.maxTime <= Math.max(certainTime, certainEnd(origin, chunkRangeMs));
  if (isKnown || !hasWholeRange(origin)) return origin;
  return { ...origin, hints: [...origin.hints, WHOLE_RANGE_HINT] };
}

function parentOf({ ulid, minTime, maxTime }: BlockMeta): BlockParent {
  return { ulid, minTime, maxTime };
}
