import type { Matcher } from '../model/matcher.ts';
import type { FileLock, FileSystem } from '../std/file-system.ts';
import { nodeFiles } from '../std/node-files.ts';
import { createSerial } from '../std/serial.ts';
import { runInTurns, type Turns, turnsOf } from '../std/turns.ts';
import type { Appender } from '../storage/append.ts';
import type { SeriesExemplars } from '../storage/exemplar.ts';
import { mergeQueriers } from '../storage/merge-queriers.ts';
import type { Querier, TimeRange } from '../storage/query.ts';
import type { MetadataArchive } from '../storage/target-metadata.ts';
import type { BlockList } from './block/block-list.ts';
import type { BlockMeta } from './block/block-meta.ts';
import type { ResidentBlocks } from './block/resident-blocks.ts';
import { chunkMerge } from './chunk/merge-chunks.ts';
import type { SampleForms } from './chunk/sample-forms.ts';
import { InlineMaintenance } from './compact/inline-maintenance.ts';
import type { MaintenanceRunner } from './compact/maintenance-runner.ts';
import { MaintenanceThread } from './compact/maintenance-thread.ts';
import { dataDirectory } from './data-directory.ts';
import type { Database } from './database.ts';
import type { DatabaseReplay, DatabaseStats } from './database-stats.ts';
import { CHUNK_RANGE_MS_DEFAULT } from './defaults.ts';
import { deleteSamples } from './delete-samples.ts';
import { directoryBytes } from './directory-bytes.ts';
import type { HeadQuerier } from './head/head-querier.ts';
import type { HeadBounds } from './head/head-state.ts';
import type { LabelStatistics } from './head/label-statistics.ts';
import { ImageWriting } from './head-image/image-writing.ts';
import type { FoundLock } from './lock.ts';
import { type CopyOutOfOrderParts, compactOutOfOrder, copyOutOfOrder } from './maintenance/compact-out-of-order.ts';
import type { ExpiringRefs } from './maintenance/expiring-refs.ts';
import type { Maintenance } from './maintenance/maintenance.ts';
import { openMaintenance } from './maintenance/open-maintenance.ts';
import type { SnapshotOptions } from './maintenance/take-snapshot.ts';
import { KeptMetadata } from './metadata/kept-metadata.ts';
import type { DatabaseOptions } from './options.ts';
import type { LateLogWriter } from './out-of-order/late-log-writer.ts';
import { ResidentQuerier } from './resident-querier.ts';
import type { LoadedHead } from './start/load-head.ts';
import { ThreadReads } from './threads/thread-reads.ts';
import type { WalWriter } from './wal/writer.ts';
import type { WriteGate } from './write-gate.ts';

/** A select that takes longer lets the event loop run in between, ms. */
export const SELECT_PIECE_MS = 5;
/** Turns of the event loop that a deletion waits for files of late samples: readers of that moment end meanwhile. */
const LATE_FILES_TURNS = 1000;

/** What a database is made of. */
interface OpenParts {
  /** The head, with what the logs had. */
  readonly loaded: LoadedHead;
  readonly blocks: BlockList;
  readonly wal: WalWriter;
  readonly wbl: LateLogWriter;
  readonly gate: WriteGate;
  /** Null where the directory is not locked. */
  readonly lock: FileLock | null;
  /** What the lock's file said before; null where nobody looked. */
  readonly foundLock: FoundLock | null;
  readonly replay: DatabaseReplay;
  /** The refs that the log has and the head no longer knows. */
  readonly expiring: ExpiringRefs;
}

/** A database that was opened: ties head, blocks, logs and upkeep together. */
export class OpenDatabase implements Database {
  readonly #fileSystem: FileSystem;
  readonly #turns: Turns;
  readonly #loaded: LoadedHead;
  readonly #blocks: BlockList;
  readonly #wal: WalWriter;
  readonly #wbl: LateLogWriter;
  readonly #gate: WriteGate;
  readonly #lock: FileLock | null;
  readonly #foundLock: FoundLock | null;
  readonly #replay: DatabaseReplay;
  readonly #exclusive = createSerial();
  readonly metadata: MetadataArchive;
  readonly #runner: MaintenanceRunner;
  readonly #maintenance: Maintenance;
  readonly #images: ImageWriting;
  readonly #options: DatabaseOptions;
  #closing: Promise<void> | null = null;

  constructor(options: DatabaseOptions, parts: OpenParts) {
    const { blocks, expiring, foundLock, gate, loaded, lock, replay, wal, wbl } = parts;
    const { clock, fileSystem } = options;
    this.#options = options;
    this.#fileSystem = fileSystem;
    this.#turns = turnsOf(clock, SELECT_PIECE_MS);
    const isOnDisk = fileSystem === nodeFiles;
    this.#runner = options.runner ?? (isOnDisk ? new MaintenanceThread(clock) : new InlineMaintenance(fileSystem));
    const path = dataDirectory(options.directory).targetMetadata;
    this.metadata = new KeptMetadata({ fileSystem, path, clock, turns: this.#turns, log: options.log });
    this.#loaded = loaded;
    this.#blocks = blocks;
    this.#wal = wal;
    this.#wbl = wbl;
    this.#gate = gate;
    this.#lock = lock;
    this.#foundLock = foundLock;
    this.#replay = replay;
    this.#images = new ImageWriting({
      fileSystem,
      directory: dataDirectory(options.directory),
      head: loaded.head,
      wal,
      clock,
      turns: this.#turns,
      log: options.log,
      replayedBytes: replay.wal.bytes,
    });
    this.#maintenance = openMaintenance(options, {
      directory: dataDirectory(options.directory),
      head: loaded.head,
      blocks,
      wal,
      runner: this.#runner,
      lateSamples: {
        compact: () => this.#compactOutOfOrder(),
        copyTo: (target) => copyOutOfOrder({ ...this.#lateParts(), directory: target }),
        firstChunkFile: () =>
          loaded.head.outOfOrder.bounds.minTime === Number.POSITIVE_INFINITY ? Number.POSITIVE_INFINITY : 0,
      },
      exclusive: this.#exclusive,
      expiring,
      onFailed: (error) => gate.reportOfDisk(error),
      turns: this.#turns,
    });
  }

  startMaintenance(): void {
    this.#maintenance.start();
    this.#images.start();
  }

  get headBounds(): HeadBounds {
    return this.#loaded.head.bounds;
  }

  get appendsStopped(): string | null {
    return this.#gate.reason;
  }

  appender(): Appender {
    if (this.#closing !== null) throw new Error('Cannot append: the database is closed');
    this.#gate.assertOpen();
    return this.#loaded.head.appender();
  }

  inSteps<T>(work: Generator<undefined, T>): Generator<undefined, T> {
    return this.#loaded.head.transactions.run(work);
  }

  settle(): Generator<undefined, void> {
    return this.#loaded.head.transactions.settle();
  }

  settled(): Promise<void> | null {
    return this.#loaded.head.transactions.ended(this.#turns);
  }

  querier(range: TimeRange): Querier {
    const { head } = this.#loaded;
    return mergeQueriers([head.querier(range), ...this.#blocks.queriers(range)], chunkMerge(head.forms));
  }

  exemplars(
    range: TimeRange,
    matcherSets: readonly (readonly Matcher[])[],
  ): SeriesExemplars[] | Promise<SeriesExemplars[]> {
    return runInTurns(this.#loaded.head.findExemplars(range, matcherSets), this.#turns);
  }

  setExemplarsMax(max: number): void {
    this.#loaded.head.exemplars.resize(max);
  }

  labelStatistics(limit: number): LabelStatistics | Promise<LabelStatistics> {
    return this.#loaded.head.labelStatistics(limit);
  }

  delete(matcherSets: readonly (readonly Matcher[])[], range: TimeRange): Promise<void> {
    return this.#exclusive(() => {
      if (this.#closing !== null) throw new Error('Cannot delete samples: the database is closed');
      const { head } = this.#loaded;
      const parts = {
        fileSystem: this.#fileSystem,
        head,
        blocks: () => this.#blocks.blocks,
        compactLate: () => this.#compactOutOfOrder(),
        sparesLate: () => this.#isRidOfLate(),
        turns: this.#turns,
      };
      return deleteSamples(parts, matcherSets, range);
    });
  }

  /** Waits a moment for the files to be let go that could give late samples back which are in blocks; false where it can not. */
  async #isRidOfLate(): Promise<boolean> {
    const { chunkStore } = this.#loaded.head;
    for (let turns = 0; turns < LATE_FILES_TURNS && chunkStore?.hasRetiredLate === true; turns++) {
      await this.#turns.pause();
    }
    return chunkStore?.hasRetiredLate !== true;
  }

  compactOutOfOrder(): Promise<readonly BlockMeta[]> {
    return this.#exclusive(() => {
      if (this.#closing !== null) throw new Error('Cannot compact samples: the database is closed');
      return this.#compactOutOfOrder();
    });
  }

  #compactOutOfOrder(): Promise<readonly BlockMeta[]> {
    return compactOutOfOrder({ ...this.#lateParts(), lateLog: this.#wbl, takeIn: (made) => this.#takeIn(made) });
  }

  #lateParts(): CopyOutOfOrderParts {
    const { chunkRangeMs = CHUNK_RANGE_MS_DEFAULT, clock, directory, fileSystem, log } = this.#options;
    const now = (): number => clock.now();
    const { head } = this.#loaded;
    const { chunksHead } = dataDirectory(directory);
    return {
      head,
      runner: this.#runner,
      turns: this.#turns,
      now,
      fileSystem,
      directory,
      chunksHead,
      chunkRangeMs,
      segmentBytesMax: this.#options.maintenance?.chunkSegmentBytes,
      log,
    };
  }

  setOutOfOrderWindow(windowMs: number): void {
    this.#loaded.head.setOutOfOrderWindow(windowMs);
  }

  setForms(forms: SampleForms): void {
    this.#loaded.head.setForms(forms);
  }

  residentQuerier(range: TimeRange, seriesMax: number): Querier {
    const blocks = this.hasBlocks(range) ? this.#blocks.residentBlocks(range) : null;
    const { head } = this.#loaded;
    const querier = head.querier(range);
    const isPlain =
      !head.hasHistograms && querier.hasNoTypes && this.#blocks.hasFloatsOnly(range) && this.#blocks.hasNoTypes(range);
    return new ResidentQuerier(querier, blocks, seriesMax, isPlain);
  }

  residentBlocks(range: TimeRange): ResidentBlocks {
    return this.#blocks.residentBlocks(range);
  }

  headQuerier(range: TimeRange): HeadQuerier {
    return this.#loaded.head.querier(range);
  }

  hasBlocks(range: TimeRange): boolean {
    return this.#blocks.blocks.some((block) => block.overlaps(range));
  }

  blockMetas(): readonly BlockMeta[] {
    return this.#blocks.blocks.map(({ meta }) => meta).sort((a, b) => a.minTime - b.minTime);
  }

  threadReads(): ThreadReads {
    const { chunksHead } = dataDirectory(this.#options.directory);
    return new ThreadReads({ head: this.#loaded.head, blocks: this.#blocks, chunksHead });
  }

  #logStats(): DatabaseStats['logs'] {
    const { wal, wbl } = dataDirectory(this.#options.directory);
    const { checkpointDeletions, checkpointDeletionsFailed } = this.#maintenance.counts;
    const storedBytes = (directory: string) => () => directoryBytes(this.#fileSystem, directory);
    return {
      wal: {
        counters: this.#wal.counters,
        segment: this.#wal.segment,
        truncations: checkpointDeletions,
        truncationsFailed: checkpointDeletionsFailed,
        storedBytes: storedBytes(wal),
      },
      wbl: { ...this.#wbl.stats(), storedBytes: storedBytes(wbl) },
    };
  }

  stats(): DatabaseStats {
    return {
      lock: this.#foundLock,
      blockSymbolBytes: this.#blocks.symbolBytes,
      head: this.#loaded.head.stats(),
      wal: this.#wal.counters,
      logs: this.#logStats(),
      stops: this.#gate.counters,
      replay: this.#replay,
      chunkFiles: this.#loaded.head.chunkStore!.stats(),
    };
  }

  compact(): Promise<void> {
    return this.#maintenance.compact();
  }

  cleanTombstones(): Promise<void> {
    return this.#maintenance.cleanTombstones();
  }

  snapshot(options: SnapshotOptions): Promise<string> {
    return this.#maintenance.snapshot(options);
  }

  writeHeadImage(): Promise<boolean> {
    return this.#images.write();
  }

  exclusive<T>(work: () => T | Promise<T>): Promise<T> {
    return this.#exclusive(work);
  }

  async sync(): Promise<void> {
    await Promise.all([this.#wal.sync(), this.#wbl.sync()]);
  }

  /** Makes blocks that were written visible; throws where one of them can not be read. */
  async #takeIn(made: readonly BlockMeta[]): Promise<void> {
    await this.#blocks.openAhead(this.#turns);
    this.#blocks.reload();
    const present = new Set(this.#blocks.blocks.map(({ meta }) => meta.ulid));
    for (const { ulid } of made) if (!present.has(ulid)) throw new Error(`Cannot read the block ${ulid}, just written`);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#loaded.head.transactions.end();
    this.#gate.close();
    await this.#maintenance.stop();
    await this.#images.close();
    await Promise.allSettled([this.#loaded.head.chunkStore?.close(), this.#wal.close(), this.#wbl.close()]).then(
      (closed) => {
        this.#blocks.close();
        this.#lock?.releaseSync();
        for (const result of closed) if (result.status === 'rejected') throw result.reason;
      },
    );
  }
}
