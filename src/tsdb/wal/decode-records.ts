import { signedFromHalves } from '../../kernels/varint.ts';
import { labelBytesEnd } from '../../model/label-bytes.ts';
import type { Labels } from '../../model/labels.ts';
import type { ExemplarEntry } from '../../storage/append.ts';
import { decodeHistograms, type HistogramForm } from './decode-histograms.ts';
import { createSampleColumns, decodeSamples, decodeSamplesV2, isUsable, readSum } from './decode-samples.ts';
import { MalformedRecord, RecordCursor } from './record-cursor.ts';
import { METRIC_TYPES, type MetadataEntry, type MmapMarker, RECORD, type TombstoneEntry } from './record-types.ts';
import type { WalVisitor } from './visitor.ts';

/** What the records held, entry by entry. */
export interface EntryCounts {
  series: number;
  samples: number;
  histograms: number;
  exemplars: number;
  tombstones: number;
  metadata: number;
  markers: number;
  /** Records of a type that is not known: a newer writer's. They are passed over. */
  unknownRecords: number;
  /** Entries with a ref, time or histogram schema that can not be represented. */
  leftOut: number;
}

/** Decodes records and hands them to a visitor, using its buffers again for each. */
export class RecordDecoder {
  readonly counts: EntryCounts = {
    series: 0,
    samples: 0,
    histograms: 0,
    exemplars: 0,
    tombstones: 0,
    metadata: 0,
    markers: 0,
    unknownRecords: 0,
    leftOut: 0,
  };
  readonly #visitor: WalVisitor;
  readonly #cursor = new RecordCursor();
  readonly #columns = createSampleColumns();
  readonly #seriesRefs: number[] = [];
  readonly #seriesLabels: Labels[] = [];

  constructor(visitor: WalVisitor) {
    this.#visitor = visitor;
  }

  /** null when the record was visited or passed over; otherwise why it is malformed, and the visitor saw none of it. */
  visit(record: Uint8Array): string | null {
    const type = record[0];
    if (type === RECORD.samples) return this.#samples(decodeSamples(record, this.#columns));
    if (type === RECORD.samplesV2) return this.#samples(decodeSamplesV2(record, this.#columns));
    this.#cursor.begin(record);
    try {
      this.#visitOther();
      return null;
    } catch (error) {
      if (error instanceof MalformedRecord) return error.message;
      throw error;
    }
  }

  #samples(leftOut: number): string | null {
    if (leftOut < 0) return 'malformed samples';
    this.counts.leftOut += leftOut;
    this.counts.samples += this.#columns.length;
    if (this.#columns.length > 0) this.#visitor.samples(this.#columns);
    return null;
  }

  #visitOther(): void {
    if (this.#cursor.left === 0) {
      this.counts.unknownRecords++;
      return;
    }
    const type = this.#cursor.byte();
    if (type === RECORD.series) this.#series();
    else if (type === RECORD.tombstones) this.#tombstones();
    else if (type === RECORD.exemplars) this.#exemplars();
    else if (type === RECORD.metadata) this.#metadata();
    else if (type === RECORD.mmapMarkers) this.#markers();
    else {
      const form = HISTOGRAM_FORMS.get(type);
      if (form === undefined) this.counts.unknownRecords++;
      else this.#histograms(form);
    }
  }

  #series(): void {
    const { seriesBytes } = this.#visitor;
    if (seriesBytes !== undefined && this.#seriesAsBytes()) return;
    const cursor = this.#cursor;
    const refs = this.#seriesRefs;
    const labels = this.#seriesLabels;
    refs.length = 0;
    labels.length = 0;
    while (cursor.left > 0) {
      refs.push(cursor.int64());
      labels.push(cursor.labels());
    }
    for (let i = 0; i < refs.length; i++) {
      if (!this.#keep(refs[i]!, 0)) continue;
      this.counts.series++;
      this.#visitor.series(refs[i]!, labels[i]!);
    }
  }

  /** Hands the label sets over as they are; false, and nothing was, where one is not as they should be. */
  #seriesAsBytes(): boolean {
    const { at: first, bytes, end } = this.#cursor;
    const places = this.#seriesRefs;
    places.length = 0;
    for (let at = first; at < end; ) {
      if (end - at <= REF_BYTES) return false;
      const labelsEnd = labelBytesEnd(bytes, at + REF_BYTES, end);
      if (labelsEnd < 0) return false;
      places.push(at);
      at = labelsEnd;
    }
    for (let i = 0; i < places.length; i++) {
      const start = places[i]! + REF_BYTES;
      this.#cursor.at = places[i]!;
      const ref = this.#cursor.int64();
      if (!this.#keep(ref, 0)) continue;
      this.counts.series++;
      this.#visitor.seriesBytes!(ref, bytes, start, i + 1 < places.length ? places[i + 1]! : end);
    }
    this.#cursor.at = end;
    return true;
  }

  #histograms(form: HistogramForm): void {
    const { entries, leftOut } = decodeHistograms(this.#cursor, form);
    this.counts.leftOut += leftOut;
    this.counts.histograms += entries.length;
    if (entries.length > 0) this.#visitor.histograms(entries);
  }

  #exemplars(): void {
    const cursor = this.#cursor;
    if (cursor.left === 0) return;
    const entries: ExemplarEntry[] = [];
    cursor.int64();
    const firstRef = cursor.halves.slice();
    cursor.int64();
    const firstTime = cursor.halves.slice();
    while (cursor.left > 0) {
      const ref = readDelta(cursor, firstRef);
      const time = readDelta(cursor, firstTime);
      const value = cursor.float64();
      const labels = cursor.labels();
      if (this.#keep(ref, time)) entries.push({ ref, time, value, labels });
    }
    this.counts.exemplars += entries.length;
    if (entries.length > 0) this.#visitor.exemplars(entries);
  }

  #tombstones(): void {
    const cursor = this.#cursor;
    const entries: TombstoneEntry[] = [];
    while (cursor.left > 0) {
      const ref = cursor.int64();
      const minTime = toSafe(cursor.varint());
      const maxTime = toSafe(cursor.varint());
      if (this.#keep(ref, 0)) entries.push({ ref, minTime, maxTime });
    }
    this.counts.tombstones += entries.length;
    if (entries.length > 0) this.#visitor.tombstones(entries);
  }

  #metadata(): void {
    const cursor = this.#cursor;
    const entries: MetadataEntry[] = [];
    while (cursor.left > 0) {
      const ref = cursor.uvarint();
      const type = METRIC_TYPES[cursor.byte()] ?? 'unknown';
      let unit = '';
      let help = '';
      for (let fields = cursor.count(2); fields > 0; fields--) {
        const name = cursor.text();
        const value = cursor.text();
        if (name === 'UNIT') unit = value;
        else if (name === 'HELP') help = value;
      }
      if (this.#keep(ref, 0)) entries.push({ ref, type, unit, help });
    }
    this.counts.metadata += entries.length;
    if (entries.length > 0) this.#visitor.metadata(entries);
  }

  #markers(): void {
    const cursor = this.#cursor;
    const entries: MmapMarker[] = [];
    while (cursor.left > 0) {
      const ref = cursor.int64();
      cursor.int64();
      const [offset, fileNumber] = cursor.halves;
      if (this.#keep(ref, 0)) entries.push({ ref, fileNumber: fileNumber!, offset: offset! });
    }
    this.counts.markers += entries.length;
    if (entries.length > 0) this.#visitor.markers?.(entries);
  }

  #keep(ref: number, time: number): boolean {
    if (isUsable(ref, time)) return true;
    this.counts.leftOut++;
    return false;
  }
}

/** Bytes of a ref in a record of series. */
const REF_BYTES = 8;

const HISTOGRAM_FORMS: ReadonlyMap<number, HistogramForm> = new Map([
  [RECORD.histograms, { kind: 'integer', hasStartTimes: false }],
  [RECORD.floatHistograms, { kind: 'float', hasStartTimes: false }],
  [RECORD.customHistograms, { kind: 'integer', hasStartTimes: false }],
  [RECORD.customFloatHistograms, { kind: 'float', hasStartTimes: false }],
  [RECORD.histogramsV2, { kind: 'integer', hasStartTimes: true }],
  [RECORD.floatHistogramsV2, { kind: 'float', hasStartTimes: true }],
]);

const sum = new Uint32Array(2);

function readDelta(cursor: RecordCursor, base: Uint32Array): number {
  const next = readSum(cursor.bytes, cursor.at, cursor.end, base, sum);
  if (next < 0) throw new MalformedRecord(`a malformed integer at byte ${cursor.at}`);
  cursor.at = next;
  return signedFromHalves(sum[0]!, sum[1]!);
}

/** An interval that reaches beyond what doubles hold exactly reaches beyond every sample. */
function toSafe(time: number): number {
  return Math.max(-Number.MAX_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, time));
}
