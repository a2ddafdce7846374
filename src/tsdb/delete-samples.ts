import type { Matcher } from '../model/matcher.ts';
import type { FileSystem } from '../std/file-system.ts';
import { runInTurns, type Turns } from '../std/turns.ts';
import { replaceFile } from '../std/whole-file.ts';
import type { TimeRange } from '../storage/query.ts';
import type { Block } from './block/block.ts';
import { deleteFromBlock } from './block/delete-from-block.ts';
import { markedMeta } from './block/write-block-meta.ts';
import type { Head } from './head/head.ts';
import type { Tombstones } from './tombstones/tombstones-file.ts';
import { intervalCount, tombstonesToBytes } from './tombstones/write-tombstones.ts';

export interface DeleteParts {
  readonly fileSystem: FileSystem;
  readonly head: Head;
  /** Those in use at the call. */
  readonly blocks: () => readonly Block[];
  /** Moves the samples that came late to blocks. */
  readonly compactLate: () => Promise<unknown>;
  /** As `HeadDeleteParts`; asked when the late samples are in blocks. */
  readonly sparesLate: () => Promise<boolean>;
  readonly turns: Turns;
}

/**
 * Deletes the samples of a range (ms, both ends included) of the series that any of the lists of matchers chooses; an
 * empty list chooses none. What is deleted is noted, in the log and in the tombstones of blocks, before queries stop to
 * see it; the samples leave the disk later. Nothing else may change blocks meanwhile. Rejects with `RegexSyntaxError`
 * before any change, with `FileSystemError` or `DamagedFile` where a part can not be deleted; other parts may be deleted
 * then.
 */
export async function deleteSamples(
  { fileSystem, head, blocks, compactLate, sparesLate, turns }: DeleteParts,
  matcherSets: readonly (readonly Matcher[])[],
  range: TimeRange,
): Promise<void> {
  const choosing = matcherSets.filter((matchers) => matchers.length > 0);
  if (choosing.length === 0 || range.minTime > range.maxTime) return;
  const late = head.outOfOrder.bounds;
  // In blocks they are deleted as others are, and what comes late afterwards is told from them.
  if (late.minTime <= range.maxTime && late.maxTime >= range.minTime) await compactLate();
  for (const block of blocks()) {
    const tombstones = await runInTurns(deleteFromBlock(block, choosing, range), turns);
    if (tombstones !== block.tombstones) await replaceTombstones(fileSystem, block, tombstones);
  }
  const options = { sparesLate: await sparesLate() };
  for (const matchers of choosing) await runInTurns(head.deleteSamples(matchers, range, options), turns);
}

/** The count in `meta.json` comes second and serves planning alone. */
async function replaceTombstones(fileSystem: FileSystem, block: Block, tombstones: Tombstones): Promise<void> {
  const { directory } = block;
  await replaceFile(fileSystem, `${directory}/tombstones`, tombstonesToBytes(tombstones));
  block.tombstonesReplaced(tombstones);
  const meta = markedMeta(fileSystem, directory, { tombstones: intervalCount(tombstones) });
  await replaceFile(fileSystem, `${directory}/meta.json`, meta);
}
