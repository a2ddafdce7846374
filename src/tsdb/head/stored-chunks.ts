import type { EncodedChunk, TimeRange } from '../../storage/query.ts';
import { ChunkEncoder } from '../chunk/chunk-encoder.ts';
import type { SourceChunk } from '../chunk/chunk-source.ts';
import { clipChunks, withoutRange } from '../chunk/clip-chunks.ts';
import { CHUNK_BYTES_CUT, HISTOGRAM_BYTES_TARGET } from '../chunk/cut-rule.ts';
import { decodeChunk } from '../chunk/decode-chunk.ts';
import { hasStartTimes, isFloatEncoding } from '../chunk/encoding.ts';
import { CHUNK_RESET, CHUNK_RESET_MASK } from '../chunk/histogram-layout.ts';
import { mergeSamples } from '../chunk/merge-chunks.ts';
import type { SampleForms } from '../chunk/sample-forms.ts';
import { hasLateSamples, type LateSamples } from '../out-of-order/late-samples.ts';
import { deletedTimesAt } from '../tombstones/deleted-times.ts';
import { coversWithin, type Intervals } from '../tombstones/intervals.ts';
import type { HeadSnapshot } from './head-snapshot.ts';
import type { ReadableHead } from './head-view.ts';
import { RowChunks } from './row-chunks.ts';

/**
 * The head's rows as chunks, for who hands samples on without looking at them. Chunks are cut where the reference cuts them
 * (`tsdb/querier.go`, `tsdb/ooo_head_read.go`): late samples that lie in the times of other chunks become new chunks with
 * those, cut by their bytes.
 */
export class StoredChunks {
  readonly #rows: RowChunks;
  readonly #rest = new ChunkEncoder(Number.POSITIVE_INFINITY);
  readonly #open = new ChunkEncoder(Number.POSITIVE_INFINITY);
  readonly #merged = new ChunkEncoder(Number.POSITIVE_INFINITY, undefined, {
    floats: CHUNK_BYTES_CUT,
    histograms: HISTOGRAM_BYTES_TARGET,
  });

  constructor(head: ReadableHead) {
    this.#rows = new RowChunks(head);
  }

  /**
   * Puts the chunks of a place of the snapshot behind those of `into`, as `SeriesSet.readChunks`. Throws `DamagedFile` and
   * `FileSystemError` where a chunk is in a file that can not be read.
   */
  read(snapshot: HeadSnapshot, place: number, range: TimeRange, into: EncodedChunk[]): void {
    const inOrderRange = { minTime: Math.max(range.minTime, snapshot.inOrderMinTime), maxTime: range.maxTime };
    const inOrder = this.#rows.gather(snapshot, place, inOrderRange);
    const open = this.#rows.endsOpen ? inOrder.at(-1)! : null;
    // The reference encodes what is still open again, since it takes it to reach beyond every range that ends.
    if (open !== null && range.maxTime < Number.MAX_SAFE_INTEGER) forgetReset(open);
    const deleted = deletedTimesAt(snapshot.deleted, place);
    const late = snapshot.late === null ? [] : this.#lateChunks(snapshot.late, place, range, snapshot.forms);
    if (late.length === 0) {
      clipChunks(inOrder, deleted, inOrderRange.minTime, range.maxTime, this.#rest, into);
      return;
    }
    for (const group of overlapping(inOrder, late, open)) this.#readGroup(group, deleted, range, snapshot.forms, into);
  }

  #readGroup(
    group: readonly SourceChunk[],
    deleted: Intervals,
    range: TimeRange,
    forms: SampleForms,
    into: EncodedChunk[],
  ): void {
    if (group.length === 1) {
      clipChunks(group, deleted, range.minTime, range.maxTime, this.#rest, into);
      return;
    }
    const minTime = group[0]!.minTime;
    const maxTime = group.reduce((newest, chunk) => Math.max(newest, chunk.maxTime), minTime);
    if (coversWithin(deleted, minTime, maxTime, range)) return;
    this.#merged.forms = forms;
    const gone = withoutRange(deleted, range.minTime, range.maxTime);
    for (const chunk of mergeSamples(group.map(decodeChunk), gone, this.#merged)) into.push(chunk);
  }

  /** What came late, in the order in which it did. */
  #lateChunks(late: LateSamples, place: number, range: TimeRange, forms: SampleForms): SourceChunk[] {
    const found: SourceChunk[] = [];
    if (!hasLateSamples(late, place)) return found;
    for (let at = late.chunkStarts[place]!; at < late.chunkStarts[place + 1]!; at++) {
      found.push(this.#rows.sealedChunk(late.chunks[at]!));
    }
    const encoder = this.#open;
    encoder.forms = forms;
    for (let at = late.openStarts[place]!; at < late.openStarts[place + 1]!; at++) {
      const flat = late.histograms?.[at] ?? null;
      const start = late.startTimes?.[at] ?? 0;
      const time = late.times[at]!;
      if (flat === null) encoder.float(time, late.bits[2 * at]!, late.bits[2 * at + 1]!, start);
      else encoder.histogram(time, flat, start);
    }
    found.push(...encoder.finish());
    return found.filter((chunk) => chunk.maxTime >= range.minTime && chunk.minTime <= range.maxTime);
  }
}

/** The chunks by their first times, those whose times overlap together; what is `open` overlaps all that begins after it. */
function overlapping(
  inOrder: readonly SourceChunk[],
  late: readonly SourceChunk[],
  open: SourceChunk | null,
): SourceChunk[][] {
  const sorted = [...inOrder, ...late].sort((a, b) => a.minTime - b.minTime);
  const groups: SourceChunk[][] = [];
  let end = Number.NEGATIVE_INFINITY;
  for (const chunk of sorted) {
    if (chunk.minTime > end) groups.push([chunk]);
    else groups.at(-1)!.push(chunk);
    end = Math.max(end, chunk === open ? Number.POSITIVE_INFINITY : chunk.maxTime);
  }
  return groups;
}

/** Takes from the copy of a chunk of histograms what its header says of a counter reset, but that it is one of gauges. */
function forgetReset({ bytes, encoding }: SourceChunk): void {
  if (isFloatEncoding(encoding)) return;
  const at = hasStartTimes(encoding) ? 0 : 2;
  const isGauge = (bytes[at]! & CHUNK_RESET_MASK) === CHUNK_RESET.gauge;
  if (!isGauge) bytes[at]! &= ~CHUNK_RESET_MASK;
}
