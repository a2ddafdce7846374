import type { HeadChunkFile } from '../chunks-head/head-chunk-writer.ts';
import { LateReplay } from '../out-of-order/late-replay.ts';
import type { RestoredLateChunks } from '../out-of-order/restored-late-chunks.ts';
import type { HeadDeletions } from '../tombstones/head-deletions.ts';
import type { ExemplarRing } from './exemplar-ring.ts';
import type { HeadMemory } from './head-memory.ts';
import type { HeadReader } from './head-reader.ts';
import { HeadReplay } from './head-replay.ts';
import type { HeadState } from './head-state.ts';
import type { OpenChunks } from './open-chunks.ts';
import { RestoredChunks } from './restored-chunks.ts';
import type { SeriesDirectory } from './series-directory.ts';
import { takeChunk, type WholeChunk } from './take-chunk.ts';

/** The parts of a head. */
export interface HeadParts {
  readonly memory: HeadMemory;
  readonly directory: SeriesDirectory;
  readonly openChunks: OpenChunks;
  readonly reader: HeadReader;
  readonly state: HeadState;
  readonly exemplars: ExemplarRing;
  readonly deletions: HeadDeletions;
  readonly lateDeletions: HeadDeletions;
}

/** What an image of the head is written of. */
export interface ImagedHead
  extends Pick<HeadParts, 'memory' | 'directory' | 'exemplars' | 'deletions' | 'lateDeletions'> {
  readonly chunkRangeMs: number;
}

/** What an image fills. */
export interface ImageTarget
  extends Pick<HeadParts, 'memory' | 'directory' | 'openChunks' | 'exemplars' | 'deletions' | 'lateDeletions'> {
  /** Chunks that came to the files after the image. */
  readonly restored: RestoredChunks;
  /** From numbers of files to slots; undefined for a file that is not there. */
  readonly slots: ReadonlyMap<number, number>;
  /** Chunks in files that end before are in blocks, ms. */
  readonly minValidTime: number;
  /** Told of each chunk that the head got. */
  readonly widen: (firstTime: number, lastTime: number) => void;
}

/** What fills a head before its first transaction: an image or a snapshot, then the log, then late samples. */
export class HeadFilling {
  readonly #parts: HeadParts;

  constructor(parts: HeadParts) {
    this.#parts = parts;
  }

  /** What an image fills, before the log is read from there; `files` are those that its chunks may be in. */
  imageTarget(restored: RestoredChunks, files: readonly HeadChunkFile[]): ImageTarget {
    const { state } = this.#parts;
    return {
      ...this.#parts,
      restored,
      slots: new Map(files.map(({ number, slot }) => [number, slot])),
      minValidTime: state.minValidTime,
      widen: (firstTime, lastTime) => {
        state.minTime = Math.min(state.minTime, firstTime);
        state.maxTime = Math.max(state.maxTime, lastTime);
      },
    };
  }

  /** As `takeChunk`, before the log is read. */
  takeChunk(ref: number, chunk: WholeChunk): boolean {
    return takeChunk(this.#parts, ref, chunk);
  }

  /** Takes what the log has. A series that it names gets its chunks of `restored` before any sample. */
  replay(restored = new RestoredChunks(this.#parts.memory)): HeadReplay {
    const { directory, exemplars, memory, openChunks, reader, state } = this.#parts;
    return new HeadReplay({
      memory,
      directory,
      openChunks,
      state,
      restored,
      takeExemplar: (ref, exemplar) => {
        const row = directory.refs.row(ref);
        if (row >= 0) exemplars.add(reader.labels(row), exemplar);
      },
    });
  }

  /** All of the head was made of the log. */
  noteLogOrder(): void {
    const { directory, memory } = this.#parts;
    memory.series.noteLogOrder(directory.nextRef);
  }

  /** What was read begins where the newest block ends (ms; -Infinity: there is none), even if its first sample is newer. */
  beginAt(time: number): void {
    const { state } = this.#parts;
    if (Number.isFinite(time) && state.maxTime >= time) state.minTime = Math.min(state.minTime, time);
  }

  /** Takes the samples that came out of order, once the log has been read, without those that are deleted. */
  lateReplay(restored: RestoredLateChunks): LateReplay {
    const { directory, lateDeletions, memory } = this.#parts;
    const { outOfOrder, series } = memory;
    return new LateReplay({
      directory,
      store: outOfOrder,
      restored,
      refOf: (row) => series.ref(row),
      deletions: { any: lateDeletions.size > 0, has: (row, time) => lateDeletions.covers(series.ref(row), time) },
    });
  }
}
