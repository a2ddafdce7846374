import type { Clock } from '../../std/clock.ts';
import type { FileSystem } from '../../std/file-system.ts';
import type { Turns } from '../../std/turns.ts';
import type { Log } from '../../telemetry/log.ts';
import { PLAIN_FORMS, type SampleForms } from '../chunk/sample-forms.ts';
import { type ChunkSnapshot, isLater, lastChunkSnapshot, whyNotBehind } from '../chunk-snapshot/find-chunk-snapshot.ts';
import { readChunkSnapshot } from '../chunk-snapshot/read-chunk-snapshot.ts';
import { DamagedFile } from '../damaged-file.ts';
import type { DataDirectory } from '../data-directory.ts';
import { Head } from '../head/head.ts';
import type { HeadReplayCounts } from '../head/head-stats.ts';
import type { WholeChunk } from '../head/take-chunk.ts';
import { type HeadImage, openHeadImage, readHeadImage } from '../head-image/read-head-image.ts';
import type { LateReplay } from '../out-of-order/late-replay.ts';
import { AheadLost, type StartAhead } from '../wal/ahead/log-ahead.ts';
import { logParts } from '../wal/log-parts.ts';
import { type ReplayProgress, type ReplayReport, replayWalInSteps } from '../wal/replay.ts';
import { StartVisitor } from './start-visitor.ts';

export interface LoadHeadOptions {
  readonly fileSystem: FileSystem;
  readonly directory: DataDirectory;
  readonly log: Log;
  readonly chunkRangeMs: number;
  /** Samples that a chunk of floats should get; default 120. */
  readonly samplesPerChunk?: number | undefined;
  /** Where the newest block ends: older samples of the log are in blocks. -Infinity where there is none. */
  readonly minValidTime: number;
  /** How late samples and exemplars may come, ms; default not at all. */
  readonly outOfOrderMs?: number | undefined;
  /** Exemplars that the head keeps. */
  readonly exemplarsMax: number;
  /** Bytes of chunks that stay in memory although they are in files; default 48 MiB. */
  readonly residentChunkBytes?: number | undefined;
  /** In which forms samples are kept; default the plain ones. */
  readonly forms?: SampleForms;
  /** How long a select of the head may hold the thread; without it, as long as it takes. */
  readonly turns?: Turns;
  /** True changes the log where that is needed to go on with it; false only reads. */
  readonly repairs: boolean;
  /** For the writer of sealed chunks; null where nothing is written. */
  readonly clock: Clock | null;
  /** Reads the log ahead; then the caller lets the event loop run between steps. */
  readonly ahead?: StartAhead;
}

/** The newest samples, as the files of a directory have them. */
export interface LoadedHead {
  readonly head: Head;
  readonly counts: HeadReplayCounts;
  /** Series that came from an image; the log was read from there. */
  readonly imageSeries: number;
  /** Likewise from a snapshot of Prometheus'. */
  readonly snapshotSeries: number;
  /** Images and snapshots that were left aside for damage. */
  readonly damagedBeginnings: number;
  readonly wal: ReplayReport;
  /** The log of out-of-order samples; null where there is none. */
  readonly wbl: ReplayReport | null;
  /** Samples of that log whose series the other one does not name. */
  readonly wblUnknownRefs: number;
}

/**
 * Reads the image of the head, or a snapshot of Prometheus' where that reaches further into the log, `chunks_head/`, `wal/`
 * and `wbl/`, in steps between which the caller may let the event loop run. An image or a snapshot that does not fit the
 * log, or is damaged, is left aside.
 */
export function* loadHead(options: LoadHeadOptions): Generator<ReplayProgress, LoadedHead> {
  const image = options.repairs ? fittingImage(options) : null;
  let damagedBeginnings = 0;
  try {
    const snapshot = fittingSnapshot(options);
    if (snapshot !== null && (image === null || isLater(snapshot.place, image.place))) {
      const loaded = yield* unlessDamaged(options, 'The snapshot of the head', { snapshot });
      if (loaded !== null) return { ...loaded, damagedBeginnings };
      damagedBeginnings++;
    }
    if (image !== null) {
      const loaded = yield* unlessDamaged(options, 'The image of the head', { image });
      if (loaded !== null) return { ...loaded, damagedBeginnings };
      damagedBeginnings++;
    }
  } finally {
    image?.file.closeSync();
  }
  return { ...(yield* loadAnyway(options, {})), damagedBeginnings };
}

/** What one attempt gives. */
type Loaded = Omit<LoadedHead, 'damagedBeginnings'>;

/** What is read before the log, or nothing. */
interface Beginning {
  readonly image?: HeadImage;
  readonly snapshot?: ChunkSnapshot;
}

/** As `loadAnyway`; null, and a line in the log, where what comes before the log can not be used. */
function* unlessDamaged(
  options: LoadHeadOptions,
  name: string,
  beginning: Beginning,
): Generator<ReplayProgress, Loaded | null> {
  try {
    return yield* loadAnyway(options, beginning);
  } catch (error) {
    if (!(error instanceof DamagedFile)) throw error;
    options.log.warn(`${name} is left aside`, { reason: error.message });
    return null;
  }
}

/** Begins anew where whoever read the log ahead is lost. */
function* loadAnyway(options: LoadHeadOptions, beginning: Beginning): Generator<ReplayProgress, Loaded> {
  try {
    return yield* load(options, beginning);
  } catch (error) {
    if (!(error instanceof AheadLost)) throw error;
    options.log.warn('The log is read again', { reason: error.message });
  }
  const { ahead: _, ...rest } = options;
  return yield* load(rest, beginning);
}

function fittingSnapshot({ directory, fileSystem, log }: LoadHeadOptions): ChunkSnapshot | null {
  const snapshot = lastChunkSnapshot(fileSystem, directory.root);
  if (snapshot === null) return null;
  const reason = whyNotBehind(fileSystem, directory.wal, snapshot);
  if (reason === null) return snapshot;
  log.info('The snapshot of the head is left aside', { path: snapshot.path, reason });
  return null;
}

function fittingImage({ chunkRangeMs, directory, fileSystem, log }: LoadHeadOptions): HeadImage | null {
  const image = openHeadImage(fileSystem, directory.headImage, directory.wal, chunkRangeMs);
  if (typeof image !== 'string') return image;
  log.info('The image of the head is left aside', { reason: image });
  return null;
}

/** Throws `DamagedFile` where what is read before the log can not be used; the caller begins anew without it. */
function* load(options: LoadHeadOptions, { image, snapshot }: Beginning): Generator<ReplayProgress, Loaded> {
  const { chunkRangeMs, clock, directory, exemplarsMax, fileSystem, log, minValidTime, repairs } = options;
  const { forms = PLAIN_FORMS, residentChunkBytes, samplesPerChunk } = options;
  const chunksHead = { fileSystem, directory: directory.chunksHead };
  const from = image?.place ?? snapshot?.place ?? null;
  // At once: before an image is read, and the memory of a head is there.
  const ahead = options.ahead?.(logParts(fileSystem, directory.wal, from).parts) ?? null;
  const kept = { exemplarsMax, residentChunkBytes, samplesPerChunk, forms };
  const head = new Head({ chunkRangeMs, minValidTime, chunksHead, ...kept, ...turnsOf(options) });
  // Exemplars of the log came out of order too.
  head.setOutOfOrderWindow(options.outOfOrderMs ?? 0);
  const store = head.chunkStore!;
  const filling = head.filling();
  const damagedDirectory = repairs ? directory.walDamaged : null;
  try {
    const found = yield* withProgress(store.open(minValidTime, damagedDirectory, log, image?.files));
    if (found.restored.overlapping > 0) {
      log.warn('Chunks of the head that overlap were left out', { count: found.restored.overlapping });
    }
    if (clock !== null) store.write(found.files, clock, log);
    let imageSeries = 0;
    if (image !== undefined) {
      if (found.lostBytes) throw new DamagedFile(image.file.path, 0, 'chunks_head does not have all that it leads to');
      imageSeries = yield* withProgress(readHeadImage(image, filling.imageTarget(found.restored, found.files)));
    }
    const inner = filling.replay(found.restored);
    const visitor = new StartVisitor({ head, inner, minValidTime });
    let snapshotSeries = 0;
    if (snapshot !== undefined) {
      // What damaged bytes had is in the log before the snapshot.
      if (found.damage !== null) throw found.damage;
      // Exemplars are in no block.
      const all = new StartVisitor({ head, inner, minValidTime, exemplarsFrom: Number.NEGATIVE_INFINITY });
      const target = { visitor: all, takeChunk: (ref: number, chunk: WholeChunk) => filling.takeChunk(ref, chunk) };
      snapshotSeries = yield* withProgress(readChunkSnapshot(fileSystem, snapshot.path, target));
    }
    const wal = yield* replayWalInSteps(fileSystem, directory.wal, visitor, {
      ...(damagedDirectory === null ? {} : { damagedDirectory }),
      ...(from === null ? {} : { from }),
      ahead,
      log,
    });
    inner.settle();
    if (image === undefined && snapshot === undefined) filling.noteLogOrder();
    filling.beginAt(minValidTime);
    found.restored.clear();
    const late = filling.lateReplay(found.late);
    late.begin();
    const wbl = yield* replayLateLog(options, late, wal);
    yield* withProgress(
      late.finish((err) => log.warn('An out-of-order chunk of the head can not be read; the log may have it', { err })),
    );
    if (snapshot !== undefined && late.unknownRefs > 0) {
      throw new DamagedFile(snapshot.path, 0, 'late samples are of series that only the log before it names');
    }
    if (late.unknownRefs + late.leftOut > 0) {
      const { leftOut, unknownRefs } = late;
      log.warn('Out-of-order samples were left out', { of_unknown_series: unknownRefs, unusable: leftOut });
    }
    store.start();
    return { head, counts: inner.counts, imageSeries, snapshotSeries, wal, wbl, wblUnknownRefs: late.unknownRefs };
  } catch (error) {
    ahead?.close();
    store.reader.closeSync();
    throw error;
  }
}

/** Before the log is read there is no segment to name. */
function* withProgress<T>(steps: Generator<void, T>): Generator<ReplayProgress, T> {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    yield { first: -1, last: -1, current: -1 };
  }
}

function* replayLateLog(
  { directory, fileSystem, log, repairs }: LoadHeadOptions,
  late: LateReplay,
  { firstSegment, lastSegment }: ReplayReport,
): Generator<ReplayProgress, ReplayReport | null> {
  if (fileSystem.statSync(directory.wbl) === null) return null;
  const steps = replayWalInSteps(fileSystem, directory.wbl, late, {
    ...(repairs ? { damagedDirectory: directory.wblDamaged } : {}),
    log,
  });
  for (;;) {
    const step = steps.next();
    if (step.done !== true) {
      // The progress that is told is that of the other log.
      yield { first: firstSegment, last: lastSegment, current: lastSegment };
      continue;
    }
    return step.value;
  }
}

function turnsOf({ turns }: LoadHeadOptions): { turns?: Turns } {
  return turns === undefined ? {} : { turns };
}
