import { type FileSystem, FileSystemError } from '../../std/file-system.ts';
import { Block, type BlockCaches } from '../block/block.ts';
import type { KnownRange } from '../block/block-list.ts';
import { PageCache } from '../block/paged-file.ts';
import { markBlock } from '../block/write-block-meta.ts';
import { PLAIN_FORMS, type SampleForms } from '../chunk/sample-forms.ts';
import { BlockChunkSource } from './block-chunk-source.ts';
import { compactedOrigin, markedOrigin, rewrittenOrigin } from './compacted-meta.ts';
import { type WrittenBlock, writeBlock } from './write-block.ts';

/** Blocks are read from their beginning to their end, so little of them is worth keeping. */
const INDEX_CACHE_BYTES = 4 * 1024 * 1024;
const CHUNK_CACHE_BYTES = 4 * 1024 * 1024;

export interface CompactBlocks {
  /** The data directory. */
  readonly directory: string;
  /** The blocks, oldest first. */
  readonly ulids: readonly string[];
  /** Of the block that is made. */
  readonly ulid: string;
  /** What is known of the other blocks; without it, that they reach as far. */
  readonly known?: KnownRange;
  /** As `WriteBlockOptions.forms`. */
  readonly forms?: SampleForms;
  /** As `WriteBlockOptions.progress`; what it throws leaves all blocks as they are. */
  readonly progress?: (series: number) => void;
  /** As `WriteBlockOptions.segmentBytesMax`. */
  readonly segmentBytesMax?: number | undefined;
}

/**
 * Makes one block of several, or of one without what is deleted of it, and names them its parents: from the moment it
 * is there they are out of use, and whoever keeps the directory may remove them. Returns its meta; null where nothing is
 * left, and then the blocks are marked deletable.
 *
 * Blocks the thread. Throws a `FileSystemError`, `DamagedFile` or an `Error` that tells why; where the blocks
 * themselves are the reason they are marked as failed, so that the next plan leaves them alone.
 */
export function compactBlocks(fileSystem: FileSystem, task: CompactBlocks): WrittenBlock | null {
  const directories = task.ulids.map((ulid) => `${task.directory}/${ulid}`);
  try {
    return withBlocks(fileSystem, directories, (blocks) => {
      const origin = compactedOrigin(blocks.map(({ meta }) => meta));
      return writeFrom(fileSystem, task, blocks, origin);
    });
  } catch (error) {
    if (isOfBlocks(error)) markFailed(fileSystem, directories);
    throw error;
  }
}

/**
 * Makes a block of what is not deleted of another, which becomes its parent; otherwise as `compactBlocks`, except that
 * a failure leaves no mark.
 */
export function rewriteBlock(fileSystem: FileSystem, task: CompactBlocks): WrittenBlock | null {
  const directories = task.ulids.map((ulid) => `${task.directory}/${ulid}`);
  return withBlocks(fileSystem, directories, (blocks) =>
    writeFrom(fileSystem, task, blocks, rewrittenOrigin(blocks[0]!.meta)),
  );
}

function markFailed(fileSystem: FileSystem, directories: readonly string[]): void {
  for (const directory of directories) {
    try {
      markBlock(fileSystem, directory, { failed: true });
    } catch {
      // Without the mark the next plan tries again; what failed first is what to tell of.
    }
  }
}

type Origin = ReturnType<typeof rewrittenOrigin> & { readonly sourceUlids?: readonly string[] };

function writeFrom(
  fileSystem: FileSystem,
  { directory, forms = PLAIN_FORMS, known, progress, segmentBytesMax, ulid }: CompactBlocks,
  blocks: readonly Block[],
  origin: Origin,
): WrittenBlock | null {
  const sources = blocks.map((block) => new BlockChunkSource(block, origin.minTime, origin.maxTime - 1));
  const marked = known === undefined ? origin : markedOrigin(origin, known);
  const options = { directory, ulid, sources, forms, segmentBytesMax, ...marked };
  const meta = writeBlock(fileSystem, { ...options, ...(progress && { progress }) });
  if (meta === null) for (const block of blocks) markBlock(fileSystem, block.directory, { deletable: true });
  return meta;
}

function withBlocks<T>(fileSystem: FileSystem, directories: readonly string[], body: (blocks: Block[]) => T): T {
  const caches: BlockCaches = { index: new PageCache(INDEX_CACHE_BYTES), chunks: new PageCache(CHUNK_CACHE_BYTES) };
  const blocks: Block[] = [];
  try {
    for (const directory of directories) blocks.push(Block.open(fileSystem, directory, caches));
    return body(blocks);
  } finally {
    for (const block of blocks) block.close();
  }
}

/** Thrown by `progress` to end a task. */
export class TaskCancelled extends Error {
  override readonly name = 'TaskCancelled';

  constructor() {
    super('Cancelled');
  }
}

/** A full or failing disk passes; what can not be read or written for its content stays so. */
function isOfBlocks(error: unknown): boolean {
  return !(error instanceof TaskCancelled) && !(error instanceof FileSystemError && error.action !== 'read');
}
