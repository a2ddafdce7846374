import type { Labels } from '../../model/labels.ts';
import type { Matcher } from '../../model/matcher.ts';
import type { Querier, SampleColumn, SelectRequest, SeriesSet, TimeRange } from '../../storage/query.ts';
import { matchersToRows } from '../select/matchers-to-rows.ts';
import type { HeadBounds } from './head.ts';
import type { HeadMemory } from './head-memory.ts';
import type { HeadReader } from './head-reader.ts';
import type { HeadRowIndex } from './head-row-index.ts';
import { HeadSnapshot } from './head-snapshot.ts';
import type { LabelIndex } from './label-index.ts';
import { sortRowsByLabels } from './sort-rows.ts';

export interface HeadQuerierParts {
  readonly memory: HeadMemory;
  readonly labelIndex: LabelIndex;
  readonly rowIndex: HeadRowIndex;
  readonly reader: HeadReader;
  readonly bounds: HeadBounds;
  readonly range: TimeRange;
}

/**
 * One reader of the head. From its creation to `close` it pins the memory it may look at; what a select gives shows the
 * head as it stood in that turn.
 */
export class HeadQuerier implements Querier {
  readonly #parts: HeadQuerierParts;
  #pin: number | null;

  constructor(parts: HeadQuerierParts) {
    this.#parts = parts;
    this.#pin = parts.memory.epochs.pin();
  }

  /** Throws `RegexSyntaxError`. */
  select({ matchers, range, sorted, limit }: SelectRequest): SeriesSet {
    this.#assertOpen();
    const { memory, rowIndex, reader } = this.#parts;
    const wanted: TimeRange = {
      minTime: Math.max(range.minTime, this.#parts.range.minTime),
      maxTime: Math.min(range.maxTime, this.#parts.range.maxTime),
    };
    const snapshot = new HeadSnapshot(memory, matchersToRows(rowIndex, matchers), wanted, (rows) => {
      if (sorted) sortRowsByLabels(memory, rows);
      return limit > 0 ? rows.subarray(0, limit) : rows;
    });
    return new HeadSeriesSet(reader, snapshot, wanted);
  }

  labelNames(matchers: readonly Matcher[], limit: number): string[] {
    this.#assertOpen();
    if (!this.#overlaps()) return [];
    const { labelIndex, memory, rowIndex } = this.#parts;
    if (matchers.length === 0) return this.#texts(labelIndex.names(), limit);
    const names = new Set<number>();
    for (const row of matchersToRows(rowIndex, matchers)) {
      const position = memory.series.labels(row);
      const words = memory.labelLog.slabOf(position);
      const offset = memory.labelLog.offsetOf(position);
      for (let i = 1; i < 2 * words[offset]!; i += 2) names.add(words[offset + i]!);
    }
    return this.#texts([...names], limit);
  }

  labelValues(name: string, matchers: readonly Matcher[], limit: number): string[] {
    this.#assertOpen();
    if (!this.#overlaps()) return [];
    const { labelIndex, memory, rowIndex } = this.#parts;
    const id = memory.symbols.find(name);
    if (id < 0) return [];
    if (matchers.length === 0) return this.#texts(firstIds(labelIndex.values(id), limit), limit);
    const values = new Set<number>();
    for (const row of matchersToRows(rowIndex, matchers)) {
      const position = memory.series.labels(row);
      const words = memory.labelLog.slabOf(position);
      const offset = memory.labelLog.offsetOf(position);
      for (let i = 1; i < 2 * words[offset]!; i += 2) {
        if (words[offset + i] !== id) continue;
        values.add(words[offset + i + 1]!);
        break;
      }
    }
    return this.#texts([...values], limit);
  }

  close(): void {
    if (this.#pin === null) return;
    this.#parts.memory.epochs.unpin(this.#pin);
    this.#pin = null;
  }

  #texts(ids: Uint32Array | readonly number[], limit: number): string[] {
    const { symbols } = this.#parts.memory;
    const sorted = Uint32Array.from(ids).sort((a, b) => symbols.compare(a, b));
    return Array.from(limit > 0 ? sorted.subarray(0, limit) : sorted, (id) => symbols.text(id));
  }

  #overlaps(): boolean {
    const { bounds, range } = this.#parts;
    return bounds.minTime <= range.maxTime && bounds.maxTime >= range.minTime;
  }

  #assertOpen(): void {
    if (this.#pin === null) throw new Error('Cannot use a querier after it was closed');
  }
}

class HeadSeriesSet implements SeriesSet {
  readonly warnings: readonly string[] = [];
  readonly #reader: HeadReader;
  readonly #snapshot: HeadSnapshot;
  readonly #range: TimeRange;

  constructor(reader: HeadReader, snapshot: HeadSnapshot, range: TimeRange) {
    this.#reader = reader;
    this.#snapshot = snapshot;
    this.#range = range;
  }

  get length(): number {
    return this.#snapshot.length;
  }

  labels(row: number): Labels {
    return this.#reader.labels(this.#snapshot.rows[row]!);
  }

  read(row: number, into: SampleColumn): void {
    this.#reader.read(this.#snapshot, row, this.#range, into);
  }
}

/**
 * The `limit` values that came first, where there is a limit: which ones a client gets is then as the reference has it,
 * and not all of them have to be sorted.
 */
function firstIds(ids: Uint32Array, limit: number): Uint32Array {
  return limit > 0 && ids.length > limit ? ids.slice().sort().subarray(0, limit) : ids;
}
