import type { Labels } from '../../model/labels.ts';
import type { ExemplarEntry, HistogramEntry } from '../../storage/append.ts';
import { RecordDecoder } from './decode-records.ts';
import { createSampleColumns, decodeSamples } from './decode-samples.ts';
import { RecordBuffer } from './record-buffer.ts';
import { MalformedRecord, RecordCursor } from './record-cursor.ts';
import { type MetadataEntry, RECORD, type TombstoneEntry } from './record-types.ts';
import { exemplarsRecord, histogramRecords, metadataRecord, samplesRecord, tombstonesRecord } from './records.ts';
import type { RefSet } from './ref-set.ts';
import { type SampleTimes, scanSampleTimes } from './scan-sample-times.ts';
import type { SampleColumns, WalVisitor } from './visitor.ts';

/** Entries of one record of metadata. */
const METADATA_ENTRIES = 10_000;

/** What a checkpoint keeps of a log. */
export interface ThinningRules {
  /** Samples, histograms and exemplars before it go, as do deletions that end before it; ms. */
  readonly minTime: number;
  /** Series, deletions and metadata of other refs go. */
  readonly refs: RefSet;
}

/** What was found and what of it was left out. */
export interface ThinningCounts {
  series: number;
  samples: number;
  others: number;
  seriesDropped: number;
  samplesDropped: number;
  /** Tombstones, exemplars, metadata. */
  othersDropped: number;
}

/** `whole`: the record stays as it is; else what is left of it. A string says why it is malformed. */
export type Thinned = 'whole' | readonly Uint8Array[] | { readonly malformed: string };

const NOTHING: readonly Uint8Array[] = [];

/** Leaves out of the records of a log what a checkpoint does not need, record by record. */
export class RecordThinner {
  readonly counts: ThinningCounts = {
    series: 0,
    samples: 0,
    others: 0,
    seriesDropped: 0,
    samplesDropped: 0,
    othersDropped: 0,
  };
  readonly #rules: ThinningRules;
  readonly #columns = createSampleColumns();
  readonly #times: SampleTimes = { count: 0, minTime: 0, maxTime: 0 };
  readonly #cursor = new RecordCursor();
  readonly #series = new RecordBuffer();
  readonly #seen = new SeenEntries();
  readonly #decoder = new RecordDecoder(this.#seen);
  #indexes = new Uint32Array(0);
  /** The newest of each ref. */
  readonly #metadata = new Map<number, MetadataEntry>();

  constructor(rules: ThinningRules) {
    this.#rules = rules;
  }

  /** Records of types that are not known go, as in the reference. What is returned stays valid. */
  thin(record: Uint8Array): Thinned {
    if (record[0] === RECORD.samples) return this.#thinSamples(record);
    if (record[0] === RECORD.series) return this.#thinSeries(record);
    this.#seen.clear();
    const malformed = this.#decoder.visit(record);
    if (malformed !== null) return { malformed };
    return this.#thinSeen(record[0]!);
  }

  /** The newest metadata of each series, for the end of the checkpoint. */
  metadataRecords(): Uint8Array[] {
    const entries = [...this.#metadata.values()];
    const records: Uint8Array[] = [];
    for (let at = 0; at < entries.length; at += METADATA_ENTRIES) {
      records.push(metadataRecord(entries.slice(at, at + METADATA_ENTRIES)));
    }
    return records;
  }

  #thinSamples(record: Uint8Array): Thinned {
    const { minTime } = this.#rules;
    const times = this.#times;
    if (scanSampleTimes(record, times) && (times.maxTime < minTime || times.minTime >= minTime)) {
      this.counts.samples += times.count;
      if (times.minTime >= minTime) return 'whole';
      this.counts.samplesDropped += times.count;
      return NOTHING;
    }
    return this.#thinMixedSamples(record);
  }

  #thinMixedSamples(record: Uint8Array): Thinned {
    const columns = this.#columns;
    if (decodeSamples(record, columns) < 0) return { malformed: 'malformed samples' };
    const { bits, length, refs, times } = columns;
    const { minTime } = this.#rules;
    if (this.#indexes.length < length) this.#indexes = new Uint32Array(2 * length);
    const indexes = this.#indexes;
    let kept = 0;
    for (let i = 0; i < length; i++) if (times[i]! >= minTime) indexes[kept++] = i;
    this.counts.samples += length;
    this.counts.samplesDropped += length - kept;
    if (kept === 0) return NOTHING;
    return kept === length ? 'whole' : [samplesRecord(refs, times, bits, indexes, kept)];
  }

  /** Labels are stepped over, not decoded. Nearly always every series stays: only where one goes, the others are copied. */
  #thinSeries(record: Uint8Array): Thinned {
    const cursor = this.#cursor;
    const { refs } = this.#rules;
    cursor.begin(record);
    cursor.at = 1;
    const rest = this.#series;
    let kept = 0;
    let count = 0;
    try {
      while (cursor.left > 0) {
        const start = cursor.at;
        const ref = cursor.int64();
        for (let texts = 2 * cursor.count(2); texts > 0; texts--) {
          const size = cursor.count(1);
          cursor.at += size;
        }
        const stays = refs.has(ref);
        if (!stays && kept === count) {
          rest.begin(RECORD.series);
          rest.raw(record, 1, start);
        }
        if (stays && kept < count) rest.raw(record, start, cursor.at);
        count++;
        if (stays) kept++;
      }
    } catch (error) {
      if (error instanceof MalformedRecord) return { malformed: error.message };
      throw error;
    }
    this.counts.series += count;
    this.counts.seriesDropped += count - kept;
    if (kept === 0) return NOTHING;
    return kept === count ? 'whole' : [rest.take()];
  }

  #thinSeen(type: number): Thinned {
    const { minTime, refs } = this.#rules;
    const {
      exemplarEntries: exemplars,
      histogramEntries: histograms,
      metadataEntries: metadata,
      times: sampleTimes,
      tombstoneEntries: tombstones,
    } = this.#seen;
    if (sampleTimes !== null) {
      // Samples with start times: there is no other form that holds them, so the record stays while it has one.
      const kept = sampleTimes.filter((time) => time >= minTime).length;
      this.counts.samples += sampleTimes.length;
      if (kept > 0) return 'whole';
      this.counts.samplesDropped += sampleTimes.length;
      return NOTHING;
    }
    if (histograms.length > 0) {
      const kept = histograms.filter(({ time }) => time >= minTime);
      this.counts.samples += histograms.length;
      if (kept.length === histograms.length || (kept.length > 0 && hasStartTimes(type))) return 'whole';
      this.counts.samplesDropped += histograms.length - kept.length;
      return histogramRecords(kept);
    }
    if (exemplars.length > 0) {
      const kept = exemplars.filter(({ time }) => time >= minTime);
      this.#countOthers(exemplars.length, kept.length);
      if (kept.length === exemplars.length) return 'whole';
      return kept.length === 0 ? NOTHING : [exemplarsRecord(kept)];
    }
    if (tombstones.length > 0) {
      const kept = tombstones.filter(({ ref, maxTime }) => maxTime >= minTime && refs.has(ref));
      this.#countOthers(tombstones.length, kept.length);
      if (kept.length === tombstones.length) return 'whole';
      return kept.length === 0 ? NOTHING : [tombstonesRecord(kept)];
    }
    let fresh = 0;
    for (const entry of metadata) {
      if (!refs.has(entry.ref)) continue;
      if (!this.#metadata.has(entry.ref)) fresh++;
      this.#metadata.set(entry.ref, entry);
    }
    this.#countOthers(metadata.length, fresh);
    return NOTHING;
  }

  #countOthers(count: number, kept: number): void {
    this.counts.others += count;
    this.counts.othersDropped += count - kept;
  }
}

function hasStartTimes(type: number): boolean {
  return type === RECORD.histogramsV2 || type === RECORD.floatHistogramsV2;
}

/** What one record held, apart from series and plain samples. */
class SeenEntries implements WalVisitor {
  times: Float64Array | null = null;
  histogramEntries: readonly HistogramEntry[] = [];
  exemplarEntries: readonly ExemplarEntry[] = [];
  tombstoneEntries: readonly TombstoneEntry[] = [];
  metadataEntries: readonly MetadataEntry[] = [];

  clear(): void {
    this.times = null;
    this.histogramEntries = [];
    this.exemplarEntries = [];
    this.tombstoneEntries = [];
    this.metadataEntries = [];
  }

  series(_ref: number, _labels: Labels): void {}

  samples({ length, times }: SampleColumns): void {
    this.times = times.slice(0, length);
  }

  histograms(entries: readonly HistogramEntry[]): void {
    this.histogramEntries = entries;
  }

  exemplars(entries: readonly ExemplarEntry[]): void {
    this.exemplarEntries = entries;
  }

  tombstones(entries: readonly TombstoneEntry[]): void {
    this.tombstoneEntries = entries;
  }

  metadata(entries: readonly MetadataEntry[]): void {
    this.metadataEntries = entries;
  }
}
