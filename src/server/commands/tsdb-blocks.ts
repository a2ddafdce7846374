import type { FileSystem } from '../../std/file-system.ts';
import { Block, type BlockCaches } from '../../tsdb/block/block.ts';
import { isUlid } from '../../tsdb/block/block-meta.ts';
import { PageCache } from '../../tsdb/block/paged-file.ts';

/** What a user asked for is not there; the message is the reference's. */
export class NoSuchBlock extends Error {
  override readonly name = 'NoSuchBlock';
}

const CACHE_BYTES = 16 * 1024 * 1024;

function createCaches(): BlockCaches {
  return { index: new PageCache(CACHE_BYTES), chunks: new PageCache(CACHE_BYTES) };
}

/** Names of the blocks of a data directory. Throws `NoSuchBlock` where there is no such directory. */
function blockNames(fileSystem: FileSystem, directory: string): string[] {
  if (fileSystem.statSync(directory) === null) {
    throw new NoSuchBlock(`opening the db dir: stat ${directory}: no such file or directory`);
  }
  return fileSystem
    .readDirectorySync(directory)
    .filter(({ kind, name }) => kind === 'directory' && isUlid(name))
    .map(({ name }) => name);
}

/**
 * Every block of a data directory, oldest first, also those that newer ones replace. One that can not be opened fails
 * the call unless a newer one replaces it. The caller closes them.
 */
export function openBlocks(fileSystem: FileSystem, directory: string): Block[] {
  const caches = createCaches();
  const blocks: Block[] = [];
  const failures = new Map<string, string>();
  for (const name of blockNames(fileSystem, directory)) {
    try {
      blocks.push(Block.open(fileSystem, `${directory}/${name}`, caches));
    } catch (error) {
      failures.set(name, (error as Error).message);
    }
  }
  for (const { meta } of blocks) for (const { ulid } of meta.parents) failures.delete(ulid);
  if (failures.size > 0) {
    for (const block of blocks) block.close();
    const lines = Array.from(failures, ([name, reason]) => `corrupted block ${name}: ${reason}`);
    throw new NoSuchBlock(lines.join('\n'));
  }
  return blocks.sort((a, b) => a.meta.minTime - b.meta.minTime);
}

/** One block by its name, or without one the block that was made last. Throws `NoSuchBlock`, `DamagedFile`. */
export function openBlock(fileSystem: FileSystem, directory: string, name: string | null): Block {
  const names = blockNames(fileSystem, directory);
  const chosen = name ?? newest(names);
  if (chosen === null) throw new NoSuchBlock('no blocks found');
  if (!names.includes(chosen)) throw new NoSuchBlock(`invalid block ID ${chosen}`);
  return Block.open(fileSystem, `${directory}/${chosen}`, createCaches());
}

/** Characters of a ULID that are its time; in directory order those of one millisecond keep their order. */
const TIME_CHARACTERS = 10;

/** The name with the latest time; of several with one time the first. */
function newest(names: readonly string[]): string | null {
  let found: string | null = null;
  for (const name of names) {
    const time = name.slice(0, TIME_CHARACTERS).toUpperCase();
    if (found === null || time > found.slice(0, TIME_CHARACTERS).toUpperCase()) found = name;
  }
  return found;
}
