import { compareLabels, Labels } from '../../model/labels.ts';
import { ChunkEncoder } from '../chunk/chunk-encoder.ts';
import type { ChunkSource, SourceChunk } from './chunk-source.ts';
import { clipChunks } from './clip-chunks.ts';
import { mergeChunks } from './merge-chunks.ts';

/** Samples of a chunk that is made of overlapping ones; the reference's number. */
const MERGED_SAMPLES_MAX = 120;

/** The series of several sources in the order of their labels, each once, with the chunks of all sources. */
export class MergedSeries {
  labels = Labels.EMPTY;
  /** Without overlap, oldest first; none where everything is deleted or out of range. Valid until `next`. */
  chunks: readonly SourceChunk[] = [];
  readonly #minTime: number;
  readonly #maxTime: number;
  /** Those that stand at a series, and those of them that have the one at hand. */
  #sources: readonly ChunkSource[];
  #current: ChunkSource[] = [];
  #isAtStart = true;
  readonly #gathered: SourceChunk[] = [];
  readonly #rest = new ChunkEncoder(Number.POSITIVE_INFINITY);
  readonly #merged = new ChunkEncoder(MERGED_SAMPLES_MAX);

  /** Samples between two times (ms), both included. */
  constructor(sources: readonly ChunkSource[], minTime: number, maxTime: number) {
    this.#sources = sources;
    this.#minTime = minTime;
    this.#maxTime = maxTime;
  }

  next(): boolean {
    const behind = this.#isAtStart ? this.#sources : this.#current;
    this.#isAtStart = false;
    for (const source of behind) if (!source.next()) this.#sources = this.#sources.filter((other) => other !== source);
    if (this.#sources.length === 0) return false;
    this.#chooseSeries();
    const gathered = this.#gathered;
    gathered.length = 0;
    for (const { chunks, deleted } of this.#current) {
      clipChunks(chunks, deleted, this.#minTime, this.#maxTime, this.#rest, gathered);
    }
    this.chunks = mergeChunks(gathered, this.#merged);
    return true;
  }

  #chooseSeries(): void {
    const current = this.#current;
    current.length = 0;
    for (const source of this.#sources) {
      const order = current.length === 0 ? -1 : compareLabels(source.labels, this.labels);
      if (order > 0) continue;
      if (order < 0) {
        current.length = 0;
        this.labels = source.labels;
      }
      current.push(source);
    }
  }
}
