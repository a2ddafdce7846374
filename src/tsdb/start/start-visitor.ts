import type { Labels } from '../../model/labels.ts';
import type { ExemplarEntry, HistogramEntry } from '../../storage/append.ts';
import type { HeadDeletions } from '../tombstones/head-deletions.ts';
import type { MetadataEntry, TombstoneEntry } from '../wal/record-types.ts';
import type { ChunkBatch, SampleColumns, WalVisitor } from '../wal/visitor.ts';

/** What of the head the start needs. */
export interface StartingHead {
  readonly deletions: HeadDeletions;
  readonly lateDeletions: HeadDeletions;
  /** The ref that deletions go by, or 0. */
  ownRef(ref: number): number;
  remove(refs: Float64Array): void;
}

export interface StartVisitorParts {
  readonly head: StartingHead;
  /** Takes what is left of the log. */
  readonly inner: WalVisitor & {
    /** Lets samples in that wait: before series leave the head. */
    settle(): void;
    seriesRecord(record: Uint8Array, flags: number): number;
    adoptSeries(): boolean;
    workAhead(): void;
    /** Without samples from before `minValidTime`. */
    chunksFrom(batch: ChunkBatch, minValidTime: number): void;
  };
  /** Older samples are in blocks. */
  readonly minValidTime: number;
  /** Older exemplars are left out; default `minValidTime`. */
  readonly exemplarsFrom?: number;
}

/**
 * Stands between the log and the head at the start:
 * - samples, histograms and exemplars from before the end of the newest block do not come through;
 * - deletions are noted, and series that were deleted as a whole leave the head.
 */
export class StartVisitor implements WalVisitor {
  readonly #parts: StartVisitorParts;

  constructor(parts: StartVisitorParts) {
    this.#parts = parts;
  }

  series(ref: number, labels: Labels): void {
    this.#parts.inner.series(ref, labels);
  }

  seriesBytes(ref: number, bytes: Uint8Array, start: number, end: number): void {
    this.#parts.inner.seriesBytes!(ref, bytes, start, end);
  }

  seriesRecord(record: Uint8Array, flags: number): number {
    return this.#parts.inner.seriesRecord(record, flags);
  }

  adoptSeries(): boolean {
    return this.#parts.inner.adoptSeries();
  }

  workAhead(): void {
    this.#parts.inner.workAhead();
  }

  samples(columns: SampleColumns): void {
    const { minValidTime } = this.#parts;
    const { bits, length, refs, startTimes, times } = columns;
    let kept = 0;
    while (kept < length && times[kept]! >= minValidTime) kept++;
    for (let i = kept + 1; i < length; i++) {
      if (times[i]! < minValidTime) continue;
      refs[kept] = refs[i]!;
      times[kept] = times[i]!;
      bits[2 * kept] = bits[2 * i]!;
      bits[2 * kept + 1] = bits[2 * i + 1]!;
      if (startTimes !== null) startTimes[kept] = startTimes[i]!;
      kept++;
    }
    columns.length = kept;
    if (kept > 0) this.#parts.inner.samples(columns);
  }

  chunks(batch: ChunkBatch): void {
    this.#parts.inner.chunksFrom(batch, this.#parts.minValidTime);
  }

  histograms(entries: readonly HistogramEntry[]): void {
    const kept = entries.filter(({ time }) => time >= this.#parts.minValidTime);
    if (kept.length > 0) this.#parts.inner.histograms(kept);
  }

  exemplars(entries: readonly ExemplarEntry[]): void {
    const { exemplarsFrom, inner, minValidTime } = this.#parts;
    const kept = entries.filter(({ time }) => time >= (exemplarsFrom ?? minValidTime));
    if (kept.length > 0) inner.exemplars(kept);
  }

  tombstones(entries: readonly TombstoneEntry[]): void {
    const { head, inner, minValidTime } = this.#parts;
    for (let i = 0; i < entries.length; i++) {
      const { maxTime, minTime, ref } = entries[i]!;
      const own = head.ownRef(ref);
      // One that stands twice does not mean late samples.
      const sparesLate = isSame(entries[i]!, entries[i + 1]);
      if (sparesLate) i++;
      if (own === 0) continue;
      if (minTime <= -Number.MAX_SAFE_INTEGER && maxTime >= Number.MAX_SAFE_INTEGER) {
        inner.settle();
        head.remove(Float64Array.of(ref));
        head.deletions.forget(own);
        continue;
      }
      if (maxTime >= minValidTime) head.deletions.add(own, minTime, maxTime);
      // Also where they lie before the blocks' end: there may be samples that came out of order.
      if (!sparesLate) head.lateDeletions.add(own, minTime, maxTime);
    }
    inner.tombstones(entries);
  }

  metadata(entries: readonly MetadataEntry[]): void {
    this.#parts.inner.metadata(entries);
  }

  workOff(): boolean {
    return this.#parts.inner.workOff?.() ?? false;
  }
}

function isSame(a: TombstoneEntry, b: TombstoneEntry | undefined): boolean {
  return b !== undefined && a.ref === b.ref && a.minTime === b.minTime && a.maxTime === b.maxTime;
}
