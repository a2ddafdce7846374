import { METADATA, METADATA_STRIDE } from '../kernels/exposition-metadata.ts';
import { EXEMPLAR_STRIDE } from '../kernels/open-metrics-scan.ts';
import type { Body } from './body.ts';
import { type ExpositionRows, METRIC_TYPES, type MetricType } from './rows.ts';
import { SeriesWalk } from './series-walk.ts';

/** Types whose series may have a time at which they began, in a series `<family>_created` of their own. */
const IS_STARTING = METRIC_TYPES.map((type) => type === 'counter' || type === 'summary' || type === 'histogram');
const SUFFIX = Buffer.from('_created');
const NONE = 0xffffffff;

/**
 * Start times out of a body of OpenMetrics, where `_created` series tell them.
 *
 * A series has the start time of the next `_created` series behind it, before any line of metadata, if that belongs to the
 * same metric: the family's name, and all labels but the bounds of buckets and quantiles. Series that follow it have it
 * as well, as long as they belong to the metric. Who belongs where is what the reference makes of it.
 *
 * One instance serves all bodies, one after the other.
 */
export class CreatedTimes {
  #startTimes = new Float64Array(0);
  /** Type of each row, and the length of the family's name that the last line of metadata gives. */
  #types = new Uint8Array(0);
  #familyLengths = new Uint32Array(0);
  /** The `_created` row that follows, or `NONE`; a row that is one itself has its own number. */
  #created = new Uint32Array(0);
  readonly #walk = new SeriesWalk();
  readonly #other = new SeriesWalk();

  /**
   * Takes the `_created` rows out of the parsed body, and returns the start times of the others (ms, 0 = none), which are
   * valid until the next call.
   */
  take(body: Body, rows: ExpositionRows): Float64Array {
    this.#reserve(rows.length);
    if (!this.#describe(body.bytes, rows)) {
      this.#startTimes.fill(0, 0, rows.length);
      return this.#startTimes;
    }
    this.#match(body.bytes, rows);
    this.#dropCreated(rows);
    return this.#startTimes;
  }

  /** Notes for each row what it belongs to; false where there is no `_created` row. */
  #describe(bytes: Uint8Array, rows: ExpositionRows): boolean {
    const { length, metadata, metadataCount } = rows;
    const created = this.#created;
    let line = 0;
    let type = 0;
    let familyLength = 0;
    let any = false;
    for (let row = 0; row < length; row++) {
      for (; line < metadataCount && metadata[METADATA_STRIDE * line + 5]! <= row; line++) {
        const at = METADATA_STRIDE * line;
        if (metadata[at]! >= METADATA.type) type = metadata[at]! - METADATA.type;
        familyLength = metadata[at + 2]! - metadata[at + 1]!;
      }
      this.#types[row] = type;
      this.#familyLengths[row] = familyLength;
      const isCreated = IS_STARTING[type]! && this.#isCreated(bytes, rows, row);
      created[row] = isCreated ? row : NONE;
      any ||= isCreated;
    }
    if (!any) return false;
    line = metadataCount;
    for (let row = length - 1, next = NONE; row >= 0; row--) {
      if (created[row] === row) next = row;
      else created[row] = next;
      // What stands behind a line of metadata is of another family.
      while (line > 0 && metadata[METADATA_STRIDE * (line - 1) + 5]! > row) line--;
      if (line > 0 && metadata[METADATA_STRIDE * (line - 1) + 5] === row) next = NONE;
    }
    return true;
  }

  #match(bytes: Uint8Array, rows: ExpositionRows): void {
    const { length, values } = rows;
    const startTimes = this.#startTimes;
    const created = this.#created;
    /** The row that was given a start time last, unless a row since then was of a metric without. */
    let known = NONE;
    let start = 0;
    for (let row = 0; row < length; row++) {
      startTimes[row] = 0;
      const next = created[row]!;
      if (next === row) continue;
      if (!IS_STARTING[this.#types[row]!]) {
        known = NONE;
        continue;
      }
      if (known !== NONE && start > 0 && this.#isSameMetric(bytes, rows, row, known)) {
        startTimes[row] = start;
      } else if (next !== NONE && this.#isStartOf(bytes, rows, next, row)) {
        start = startTimeOf(values[next]!);
        known = row;
        startTimes[row] = start;
      } else {
        known = NONE;
      }
    }
  }

  #dropCreated(rows: ExpositionRows): void {
    const { bits, entries, exemplars, hasTime, length, metadata, metadataCount, seriesEnd, seriesStart, times } = rows;
    const { exemplarNumbers } = rows;
    const startTimes = this.#startTimes;
    let kept = 0;
    let line = 0;
    let exemplar = 0;
    let keptExemplars = 0;
    for (let row = 0; row < length; row++) {
      for (; line < metadataCount && metadata[METADATA_STRIDE * line + 5]! <= row; line++) {
        metadata[METADATA_STRIDE * line + 5] = kept;
      }
      const isKept = this.#created[row] !== row;
      for (; exemplar < rows.exemplarCount && exemplars[EXEMPLAR_STRIDE * exemplar] === row; exemplar++) {
        if (!isKept) continue;
        const to = EXEMPLAR_STRIDE * keptExemplars;
        exemplars[to] = kept;
        exemplars[to + 1] = exemplars[EXEMPLAR_STRIDE * exemplar + 1]!;
        exemplars[to + 2] = exemplars[EXEMPLAR_STRIDE * exemplar + 2]!;
        exemplarNumbers[2 * keptExemplars] = exemplarNumbers[2 * exemplar]!;
        exemplarNumbers[2 * keptExemplars + 1] = exemplarNumbers[2 * exemplar + 1]!;
        keptExemplars++;
      }
      if (!isKept) continue;
      seriesStart[kept] = seriesStart[row]!;
      seriesEnd[kept] = seriesEnd[row]!;
      bits[2 * kept] = bits[2 * row]!;
      bits[2 * kept + 1] = bits[2 * row + 1]!;
      times[kept] = times[row]!;
      hasTime[kept] = hasTime[row]!;
      entries[kept] = entries[row]!;
      startTimes[kept] = startTimes[row]!;
      kept++;
    }
    for (; line < metadataCount; line++) metadata[METADATA_STRIDE * line + 5] = kept;
    rows.length = kept;
    rows.exemplarCount = keptExemplars;
  }

  #isCreated(bytes: Uint8Array, rows: ExpositionRows, row: number): boolean {
    const walk = this.#walk;
    walk.open(bytes, rows.seriesStart[row]!, rows.seriesEnd[row]!);
    if (walk.nameEnd - walk.name < SUFFIX.length) return false;
    return areEqual(bytes, walk.nameEnd - SUFFIX.length, SUFFIX, 0, SUFFIX.length);
  }

  /** True where the `_created` row belongs to the metric of another row. */
  #isStartOf(bytes: Uint8Array, rows: ExpositionRows, created: number, row: number): boolean {
    this.#other.open(bytes, rows.seriesStart[created]!, rows.seriesEnd[created]!);
    const length = this.#other.nameEnd - this.#other.name - SUFFIX.length;
    return length === this.#familyLengths[row] && this.#hasSameIdentity(bytes, rows, row, created, length);
  }

  #isSameMetric(bytes: Uint8Array, rows: ExpositionRows, row: number, known: number): boolean {
    if (this.#familyLengths[row] !== this.#familyLengths[known]) return false;
    this.#other.open(bytes, rows.seriesStart[known]!, rows.seriesEnd[known]!);
    return this.#hasSameIdentity(bytes, rows, row, known, this.#familyLengths[row]!);
  }

  /** Compares the first bytes of the names, and all labels but bounds; `#other` stands at the second row. */
  #hasSameIdentity(bytes: Uint8Array, rows: ExpositionRows, row: number, second: number, length: number): boolean {
    const walk = this.#walk;
    const other = this.#other;
    walk.open(bytes, rows.seriesStart[row]!, rows.seriesEnd[row]!);
    if (walk.nameEnd - walk.name < length || other.nameEnd - other.name < length) return false;
    if (!areEqual(bytes, walk.name, bytes, other.name, length)) return false;
    for (;;) {
      const hasLabel = this.#nextLabel(bytes, walk, this.#types[row]!);
      if (hasLabel !== this.#nextLabel(bytes, other, this.#types[second]!)) return false;
      if (!hasLabel) return true;
      const nameLength = walk.labelEnd - walk.label;
      const valueLength = walk.valueEnd - walk.value;
      if (nameLength !== other.labelEnd - other.label || valueLength !== other.valueEnd - other.value) return false;
      if (!areEqual(bytes, walk.label, bytes, other.label, nameLength)) return false;
      if (!areEqual(bytes, walk.value, bytes, other.value, valueLength)) return false;
    }
  }

  #nextLabel(bytes: Uint8Array, walk: SeriesWalk, type: number): boolean {
    const bound = BOUNDS[METRIC_TYPES[type]!];
    while (walk.next()) {
      const isBound =
        bound !== undefined &&
        walk.labelEnd - walk.label === bound.length &&
        areEqual(bytes, walk.label, bound, 0, bound.length);
      if (!isBound) return true;
    }
    return false;
  }

  #reserve(rows: number): void {
    if (this.#startTimes.length >= rows) return;
    const capacity = Math.max(rows, 2 * this.#startTimes.length);
    this.#startTimes = new Float64Array(capacity);
    this.#types = new Uint8Array(capacity);
    this.#familyLengths = new Uint32Array(capacity);
    this.#created = new Uint32Array(capacity);
  }
}

/** The label that tells parts of one metric apart. */
const BOUNDS: Partial<Record<MetricType, Uint8Array>> = {
  histogram: Buffer.from('le'),
  summary: Buffer.from('quantile'),
};

/** Seconds -> milliseconds, cut to the integer; 0 for what can not be told exactly. */
function startTimeOf(seconds: number): number {
  const milliseconds = Math.trunc(seconds * 1000) + 0;
  return Number.isSafeInteger(milliseconds) ? milliseconds : 0;
}

function areEqual(a: Uint8Array, from: number, b: Uint8Array, other: number, length: number): boolean {
  for (let i = 0; i < length; i++) if (a[from + i] !== b[other + i]) return false;
  return true;
}
