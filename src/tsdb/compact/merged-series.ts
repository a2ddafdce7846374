import type { SymbolTable } from '../../memory/symbol-table.ts';
import { compareSymbols } from '../block/order-symbols.ts';
import { ChunkEncoder } from '../chunk/chunk-encoder.ts';
import type { ChunkSource, SourceChunk } from '../chunk/chunk-source.ts';
import { clipChunks } from '../chunk/clip-chunks.ts';
import { MERGED_SAMPLES_MAX, mergeChunks } from '../chunk/merge-chunks.ts';
import type { SampleForms } from '../chunk/sample-forms.ts';
import { SourceCursor } from './source-cursor.ts';

/** The series of several sources in the order of their labels, each once, with the chunks of all sources. */
export class MergedSeries {
  /** Numbers of the symbol table: name, value, name, value, ... Valid until `next`. */
  labels: Uint32Array = new Uint32Array(0);
  /** Without overlap, oldest first; none where everything is deleted or out of range. Valid until `next`. */
  chunks: readonly SourceChunk[] = [];
  readonly #symbols: SymbolTable;
  readonly #minTime: number;
  readonly #maxTime: number;
  /** Those that stand at a series, and those of them that have the one at hand. */
  #cursors: readonly SourceCursor[];
  #current: SourceCursor[] = [];
  #isAtStart = true;
  readonly #gathered: SourceChunk[] = [];
  readonly #rest = new ChunkEncoder(Number.POSITIVE_INFINITY);
  readonly #merged: ChunkEncoder;

  /** Samples between two times (ms), both included. Those of chunks that overlap are encoded in `forms`. */
  constructor(
    sources: readonly ChunkSource[],
    symbols: SymbolTable,
    minTime: number,
    maxTime: number,
    forms: SampleForms,
  ) {
    this.#merged = new ChunkEncoder(MERGED_SAMPLES_MAX, forms);
    this.#symbols = symbols;
    this.#cursors = sources.map((source) => new SourceCursor(source, symbols));
    this.#minTime = minTime;
    this.#maxTime = maxTime;
  }

  next(): boolean {
    const behind = this.#isAtStart ? this.#cursors : this.#current;
    this.#isAtStart = false;
    for (const cursor of behind) if (!cursor.next()) this.#cursors = this.#cursors.filter((other) => other !== cursor);
    if (this.#cursors.length === 0) return false;
    this.#chooseSeries();
    const gathered = this.#gathered;
    gathered.length = 0;
    for (const { source } of this.#current) {
      clipChunks(source.chunks, source.deleted, this.#minTime, this.#maxTime, this.#rest, gathered);
    }
    this.chunks = mergeChunks(gathered, this.#merged);
    return true;
  }

  #chooseSeries(): void {
    const current = this.#current;
    current.length = 0;
    for (const cursor of this.#cursors) {
      const order = current.length === 0 ? -1 : compareSymbols(this.#symbols, cursor.labels, this.labels);
      if (order > 0) continue;
      if (order < 0) {
        current.length = 0;
        this.labels = cursor.labels;
      }
      current.push(cursor);
    }
  }
}
