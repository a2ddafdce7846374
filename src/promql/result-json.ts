import { BRACKET_CLOSE, BRACKET_OPEN, COMMA, QUOTE } from '../kernels/ascii.ts';
import { type Spend, untold } from '../kernels/blocks.ts';
import { NUMBER_BYTES_MAX, writePlainNumber, writeSampleNumber, writeTimestamp } from '../kernels/format-number.ts';
import type { FloatHistogram } from '../model/histogram.ts';
import { histogramWork } from '../model/histogram-work.ts';
import { compareLabels, type Labels } from '../model/labels.ts';
import type { SampleColumn } from '../storage/query.ts';
import { JsonBlocks } from './json-blocks.ts';
import { JsonBytes, type Piece } from './json-bytes.ts';
import { type PointWriter, pointWriter } from './point-writer.ts';
import type { ResultSink, ResultType } from './result.ts';
import type { Grid } from './steps/grid.ts';
import { isEmptyColumn, type StepColumn } from './steps/step-column.ts';
import { type TextWords, textWords } from './text-words.ts';

/** A series of the answer, already written: where its object lies, with the comma before it. */
interface WrittenSeries extends Piece {
  readonly labels: Labels;
}

/** Of a series in the list of those that are written, and of the text that its label set keeps, beside the characters. */
const SERIES_BYTES = 116;
/** A point is at most `,[<timestamp>,"<number>"]`. */
const POINT_BYTES_MAX = NUMBER_BYTES_MAX + 32;
/** Samples written between two calls of `spend`. */
const SAMPLES_TOLD = 1024;
/** Comparing two label sets, in samples looked at, and how many bytes of theirs are like one. */
const COMPARING_TOLD = 20;
const BYTES_PER_TOLD = 8;
const NEVER_ENDED = () => {};
const NO_TEXT = textWords('');
const timestampBytes = new Uint8Array(NUMBER_BYTES_MAX);
const timestampView = new DataView(timestampBytes.buffer);
const BEFORE_LABELS = textWords(',{"metric":');

/**
 * Writes an answer in the form of the HTTP API, `{"status":"success","data":{"resultType":...,"result":...},...}`,
 * series by series as they come; a matrix is put into label order at the end by moving bytes.
 */
export class JsonSink implements ResultSink {
  readonly #out: JsonBytes;
  readonly #limit: number;
  #type: ResultType = 'vector';
  #grid: Grid = { start: 0, step: 1, count: 0 };
  #series: WrittenSeries[] = [];
  /** What `#series` takes, and the texts that its label sets keep. */
  #seriesBytes = 0;
  /** Bytes of the longest label set. */
  #longestLabels = 0;
  #bodyStart = 0;
  #isTruncated = false;
  /** Of a matrix. */
  #points: PointWriter | null = null;
  /** Of an instant vector: `,"value":[<timestamp>,"`, which every series repeats. */
  #beforeValue: TextWords = NO_TEXT;

  /** `limit`: at most so many series; 0 = all. Answers that share `blocks` use the same memory one after the other. */
  constructor(limit: number, blocks: JsonBlocks = new JsonBlocks()) {
    this.#limit = limit;
    this.#out = new JsonBytes(blocks);
  }

  /** True once series were left out because of the limit. */
  get isTruncated(): boolean {
    return this.#isTruncated;
  }

  begin(type: ResultType, grid: Grid): void {
    this.#type = type;
    this.#grid = grid;
    const out = this.#out;
    out.ascii('{"status":"success","data":{"resultType":"');
    out.ascii(type);
    out.ascii('","result":');
    this.#bodyStart = out.position;
    if (type === 'vector') {
      const end = writeTimestamp(timestampBytes, timestampView, 0, grid.start);
      this.#beforeValue = textWords(`,"value":[${String.fromCharCode(...timestampBytes.subarray(0, end))},"`);
    }
    if (type === 'matrix') this.#points = pointWriter();
  }

  setScalar(value: number): void {
    const out = this.#out;
    out.ascii('[');
    this.#timestamp(this.#grid.start);
    out.ascii(',"');
    out.reserve(NUMBER_BYTES_MAX);
    out.at = writePlainNumber(out.bytes, out.view, out.at, value);
    out.ascii('"]');
  }

  setString(text: string): void {
    this.#out.ascii('[');
    this.#timestamp(this.#grid.start);
    this.#out.ascii(',');
    this.#out.resultString(text);
    this.#out.ascii(']');
  }

  addColumn(labels: Labels, column: StepColumn, spend: Spend = untold): void {
    if (isEmptyColumn(column)) return;
    if (this.#type === 'vector' && this.#isFull()) return;
    const start = this.#open(labels);
    if (this.#type === 'vector') this.#writeSample(column, spend);
    else this.#writeColumn(column, spend);
    this.#close(labels, start);
  }

  addSamples(labels: Labels, samples: SampleColumn, spend: Spend): void {
    if (samples.length === 0) return;
    const start = this.#open(labels);
    const { times, values, histograms, length } = samples;
    let isFirst = true;
    for (let i = 0; i < length; i++) {
      if (i % SAMPLES_TOLD === 0) spend(SAMPLES_TOLD);
      if (histograms?.[i] !== undefined) continue;
      this.#out.ascii(isFirst ? ',"values":[[' : ',[');
      isFirst = false;
      this.#timestamp(times[i]!);
      this.#value(values[i]!);
    }
    if (!isFirst) this.#out.ascii(']');
    if (histograms !== null) this.#writeHistograms(histograms, (i) => (i < length ? times[i]! : -1), spend);
    this.#close(labels, start);
  }

  get byteLength(): number {
    return this.#out.position;
  }

  get heldBytes(): number {
    return this.#out.position + this.#seriesBytes;
  }

  end(spend: Spend): void {
    if (this.#type === 'scalar' || this.#type === 'string') return;
    if (this.#type === 'matrix') this.#sort(spend);
    else this.#out.ascii(this.#series.length === 0 ? '[]' : ']');
  }

  /**
   * Adds statistics, warnings and infos, and gives the whole response. `stats`: JSON text, or null for none. `look` is called
   * now and then, and may throw.
   */
  finish(
    stats: string | null,
    warnings: readonly string[],
    infos: readonly string[],
    look: () => void = NEVER_ENDED,
  ): Uint8Array {
    const out = this.#out;
    if (stats !== null) {
      out.ascii(',"stats":');
      out.ascii(stats);
    }
    out.ascii('}');
    this.#list('warnings', warnings);
    this.#list('infos', infos);
    out.ascii('}');
    return out.take(look);
  }

  /** Gives the memory of what was written back, where there will be no answer. */
  drop(): void {
    this.#out.drop();
  }

  #isFull(): boolean {
    if (this.#limit === 0 || this.#series.length < this.#limit) return false;
    this.#isTruncated = true;
    return true;
  }

  /** Begins the object of a series, up to its labels. Returns where the object begins. */
  #open(labels: Labels): number {
    const out = this.#out;
    const { words, size } = BEFORE_LABELS;
    out.words(words, 0, size);
    if (this.#series.length === 0 && this.#type === 'vector') out.bytes[out.at - size] = BRACKET_OPEN;
    const start = out.position - size;
    const written = out.labels(labels);
    this.#seriesBytes += SERIES_BYTES + written;
    if (written > this.#longestLabels) this.#longestLabels = written;
    return start;
  }

  #close(labels: Labels, start: number): void {
    this.#out.ascii('}');
    this.#series.push({ labels, start, end: this.#out.position });
  }

  /** The one sample of an instant vector. */
  #writeSample(column: StepColumn, spend: Spend): void {
    const out = this.#out;
    const histogram = column.histograms === null ? undefined : column.histograms[0];
    if (histogram !== undefined) {
      spend(histogramWork(histogram));
      out.ascii(',"histogram":[');
      this.#timestamp(this.#grid.start);
      out.ascii(',');
      out.histogram(histogram, spend);
      out.ascii(']');
      return;
    }
    const { words, size } = this.#beforeValue;
    out.words(words, 0, size);
    out.reserve(POINT_BYTES_MAX);
    const { bytes, view } = out;
    const end = writeSampleNumber(bytes, view, out.at, column.values[0]!);
    bytes[end] = QUOTE;
    bytes[end + 1] = BRACKET_CLOSE;
    out.at = end + 2;
  }

  #writeColumn(column: StepColumn, spend: Spend): void {
    const points = this.#points;
    if (points?.take(column, this.#grid) === true) this.#writePieces(points);
    else this.#writeEachPoint(column, spend);
  }

  #writePieces(points: PointWriter): void {
    const out = this.#out;
    const { count } = this.#grid;
    let isFirst = true;
    for (let from = 0; from < count; from = points.pieceEnd(from)) {
      const piece = points.write(from, points.pieceEnd(from));
      if (piece.length === 0) continue;
      if (isFirst) {
        out.ascii(',"values":');
        piece[0] = BRACKET_OPEN;
        isFirst = false;
      }
      out.reserve(piece.length);
      out.bytes.set(piece, out.at);
      out.at += piece.length;
    }
    out.ascii(']');
  }

  #writeEachPoint({ values, present, histograms }: StepColumn, spend: Spend): void {
    const { start, step } = this.#grid;
    let isFirst = true;
    for (let i = 0; i < present.length; i++) {
      if (present[i] === 0 || histograms?.[i] !== undefined) continue;
      this.#out.ascii(isFirst ? ',"values":[[' : ',[');
      isFirst = false;
      this.#timestamp(start + i * step);
      this.#value(values[i]!);
    }
    if (!isFirst) this.#out.ascii(']');
    if (histograms !== null)
      this.#writeHistograms(histograms, (i) => (present[i] === 1 ? start + i * step : -1), spend);
  }

  /** `timeOf` gives -1 for entries that do not count. */
  #writeHistograms(
    histograms: readonly (FloatHistogram | undefined)[],
    timeOf: (index: number) => number,
    spend: Spend,
  ): void {
    let isFirst = true;
    histograms.forEach((histogram, i) => {
      const time = timeOf(i);
      if (histogram === undefined || time === -1) return;
      spend(histogramWork(histogram));
      this.#out.ascii(isFirst ? ',"histograms":[[' : ',[');
      isFirst = false;
      this.#timestamp(time);
      this.#out.ascii(',');
      this.#out.histogram(histogram, spend);
      this.#out.ascii(']');
    });
    if (!isFirst) this.#out.ascii(']');
  }

  #timestamp(time: number): void {
    const out = this.#out;
    out.reserve(32);
    out.at = writeTimestamp(out.bytes, out.view, out.at, time);
  }

  #value(value: number): void {
    const out = this.#out;
    out.reserve(POINT_BYTES_MAX);
    const { bytes, view, at } = out;
    bytes[at] = COMMA;
    bytes[at + 1] = QUOTE;
    const end = writeSampleNumber(bytes, view, at + 2, value);
    bytes[end] = QUOTE;
    bytes[end + 1] = BRACKET_CLOSE;
    out.at = end + 2;
  }

  /** Puts the series into label order; leaves out what is beyond the limit. */
  #sort(spend: Spend): void {
    const series = this.#series;
    // Label sets that are the same but for their ends are compared to there.
    const told = COMPARING_TOLD + this.#longestLabels / BYTES_PER_TOLD;
    series.sort((a, b) => {
      spend(told);
      return compareLabels(a.labels, b.labels);
    });
    if (this.#limit > 0 && series.length > this.#limit) {
      series.length = this.#limit;
      this.#isTruncated = true;
    }
    this.#out.arrange(this.#bodyStart, series);
  }

  #list(name: string, texts: readonly string[]): void {
    if (texts.length === 0) return;
    const out = this.#out;
    out.ascii(`,"${name}":[`);
    texts.forEach((text, i) => {
      if (i > 0) out.ascii(',');
      out.htmlString(text);
    });
    out.ascii(']');
  }
}
