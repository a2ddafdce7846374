import type { FileSystem } from '../std/file-system.ts';
import { mergeQueriers } from '../storage/merge-queriers.ts';
import type { Querier, Queryable, TimeRange } from '../storage/query.ts';
import type { Log } from '../telemetry/log.ts';
import { BlockList, type DamagedBlock } from './block/block-list.ts';
import { chunkMerge } from './chunk/merge-chunks.ts';
import { dataDirectory } from './data-directory.ts';
import { CHUNK_RANGE_MS_DEFAULT } from './defaults.ts';
import { hideCovered } from './start/covered-by-blocks.ts';
import { type LoadedHead, loadHead } from './start/load-head.ts';

export interface ReadOnlyOptions {
  readonly directory: string;
  readonly fileSystem: FileSystem;
  readonly log: Log;
}

/**
 * A data directory to look at, without its lock and without a change to it: what a server that runs on it writes
 * afterwards is not seen.
 */
export class ReadOnlyDatabase implements Queryable {
  readonly #blocks: BlockList;
  readonly #head: LoadedHead;

  /** Rejects with a `FileSystemError` where the directory can not be read. Damage is logged and passed over. */
  static async open({ directory: root, fileSystem, log }: ReadOnlyOptions): Promise<ReadOnlyDatabase> {
    const directory = dataDirectory(root);
    const blockOptions = { fileSystem, directory: root, log };
    const blocks = new BlockList(blockOptions);
    const chunkRangeMs = CHUNK_RANGE_MS_DEFAULT;
    const steps = loadHead({
      fileSystem,
      directory,
      log,
      chunkRangeMs,
      minValidTime: blocks.certainTime(chunkRangeMs),
      exemplarsMax: 0,
      repairs: false,
      clock: null,
    });
    for (;;) {
      const step = steps.next();
      if (step.done !== true) continue;
      await hideCovered(step.value.head, blocks, { ...blockOptions, chunkRangeMs, repairs: false });
      return new ReadOnlyDatabase(blocks, step.value);
    }
  }

  private constructor(blocks: BlockList, head: LoadedHead) {
    this.#blocks = blocks;
    this.#head = head;
  }

  get damagedBlocks(): readonly DamagedBlock[] {
    return this.#blocks.damaged;
  }

  querier(range: TimeRange): Querier {
    const { head } = this.#head;
    return mergeQueriers([head.querier(range), ...this.#blocks.queriers(range)], chunkMerge(head.forms));
  }

  close(): void {
    this.#head.head.chunkStore?.reader.closeSync();
    this.#blocks.close();
  }
}
