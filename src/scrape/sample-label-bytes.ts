import type { MetricType } from '../exposition/rows.ts';
import { isBoundLabel, normalBound } from '../exposition/series-labels.ts';
import { BACKSLASH, BRACE_CLOSE, BRACE_OPEN, COMMA, EQUAL, QUOTE, SPACE, TAB } from '../kernels/ascii.ts';
import { compareBytes, LABEL_SIZE_BYTES_MAX, writeLabelSize, writeLabelText } from '../model/label-bytes.ts';
import { type Labels, METRIC_NAME } from '../model/labels.ts';
import type { SampleLabeling } from './sample-labels.ts';
import type { SeriesKind } from './series-kinds.ts';

/** More labels than this take the way through strings. */
const PAIRS_MAX = 32;

/**
 * The labels of new series as bytes, without strings, for what nearly every series is: ASCII, no escapes, no relabelling
 * and limits, no name twice and no empty value. Says so where there is more to it; `sampleLabels` does all of it.
 *
 * Every label is a place: which of two buffers, and where in it its name and its value stand. `#texts` holds the metric
 * name's label name, the target's labels and rewritten bounds; the other buffer is the body.
 */
export class SampleLabelBytes {
  /** The labels after `encode` gave their size, from 0 on; `model/label-bytes.ts` draws them. */
  bytes = new Uint8Array(1024);
  readonly #places = new Uint32Array(PLACE_WORDS * (PAIRS_MAX + 1));
  #count = 0;
  #texts = new Uint8Array(1024);
  #textsSize = 0;
  /** Of `#texts`: the metric name's label name and the target's labels. */
  #targetSize = 0;
  #targetLabels: Labels | null = null;
  #targetPlaces: readonly Place[] = [];

  /** Encodes the labels of the series in `body[start..end-1]`; their size, or -1 where the way through strings is needed. */
  encode(body: Uint8Array, start: number, end: number, kind: SeriesKind, labeling: SampleLabeling): number {
    if (labeling.targetLabels !== this.#targetLabels) this.#takeTarget(labeling.targetLabels);
    const { limits } = labeling;
    if (kind.labels !== null || labeling.rules.length > 0 || labeling.scheme !== 'utf8') return -1;
    if (limits.labels > 0 || limits.nameLength > 0 || limits.valueLength > 0) return -1;
    this.#count = 0;
    this.#textsSize = this.#targetSize;
    for (const place of this.#targetPlaces) this.#add(body, 1, place.name, place.nameEnd, place.value, place.valueEnd);
    return this.#readSeries(body, start, end, kind.type) ? this.#write(body, end - start) : -1;
  }

  #readSeries(body: Uint8Array, start: number, end: number, type: MetricType): boolean {
    let at = start;
    while (at < end && isNameByte(body[at]!)) at++;
    if (at === start) return false;
    if (!this.#add(body, 0, start, at, start, at)) return false;
    while (at < end && isBlank(body[at]!)) at++;
    if (at === end) return true;
    if (body[at++] !== BRACE_OPEN) return false;
    for (;;) {
      while (at < end && (isBlank(body[at]!) || body[at] === COMMA)) at++;
      if (body[at] === BRACE_CLOSE) return at === end - 1;
      const name = at;
      while (at < end && isNameByte(body[at]!)) at++;
      const nameEnd = at;
      if (nameEnd === name) return false;
      while (at < end && isBlank(body[at]!)) at++;
      if (body[at++] !== EQUAL) return false;
      while (at < end && isBlank(body[at]!)) at++;
      if (body[at++] !== QUOTE) return false;
      const value = at;
      while (at < end && body[at] !== QUOTE) {
        const byte = body[at++]!;
        if (byte === 0 || byte === BACKSLASH || byte > 0x7f) return false;
      }
      if (at >= end || at === value) return false;
      const isBound = isBoundName(body, name, nameEnd) && isBoundLabel(latin1(body, name, nameEnd), type);
      const isAdded = isBound
        ? this.#addBound(body, name, nameEnd, latin1(body, value, at))
        : this.#add(body, 0, name, nameEnd, value, at);
      if (!isAdded) return false;
      at++;
    }
  }

  #addBound(body: Uint8Array, name: number, nameEnd: number, value: string): boolean {
    const start = this.#appendText(latin1(body, name, nameEnd));
    const middle = this.#textsSize;
    this.#appendText(normalBound(value));
    return this.#add(body, 1, start, middle, middle, this.#textsSize);
  }

  /** Adds a label at its place in the order of names; false for a name that is there already and for too many. */
  #add(body: Uint8Array, source: number, name: number, nameEnd: number, value: number, valueEnd: number): boolean {
    if (this.#count === PAIRS_MAX) return false;
    const places = this.#places;
    const texts = this.#texts;
    // The metric name stands in the body alone; its label name is the first text.
    const isMetric = source === 0 && name === value;
    const own = isMetric || source === 1 ? texts : body;
    const ownStart = isMetric ? 0 : name;
    const ownEnd = isMetric ? METRIC_NAME.length : nameEnd;
    let at = PLACE_WORDS * this.#count;
    while (at > 0) {
      const before = at - PLACE_WORDS;
      const other = places[before] === 0 ? body : texts;
      const order = compareBytes(other, places[before + 1]!, places[before + 2]!, own, ownStart, ownEnd);
      if (order === 0) return false;
      if (order < 0) break;
      places.copyWithin(at, before, at);
      at = before;
    }
    places[at] = own === texts ? 1 : 0;
    places[at + 1] = ownStart;
    places[at + 2] = ownEnd;
    places[at + 3] = source;
    places[at + 4] = value;
    places[at + 5] = valueEnd;
    this.#count++;
    return true;
  }

  #write(body: Uint8Array, seriesSize: number): number {
    const room = seriesSize + this.#textsSize + METRIC_NAME.length + LABEL_SIZE_BYTES_MAX * (2 * this.#count + 1);
    if (this.bytes.length < room) this.bytes = new Uint8Array(2 * room);
    const places = this.#places;
    const { bytes } = this;
    let to = writeLabelSize(bytes, 0, this.#count);
    const end = PLACE_WORDS * this.#count;
    for (let at = 0; at < end; at += PLACE_WORDS) {
      to = writeLabelText(bytes, to, places[at] === 0 ? body : this.#texts, places[at + 1]!, places[at + 2]!);
      to = writeLabelText(bytes, to, places[at + 3] === 0 ? body : this.#texts, places[at + 4]!, places[at + 5]!);
    }
    return to;
  }

  #takeTarget(labels: Labels): void {
    this.#textsSize = 0;
    this.#appendText(METRIC_NAME);
    const places: Place[] = [];
    for (let i = 0; i < labels.pairs.length; i += 2) {
      const name = this.#appendText(labels.pairs[i]!);
      const value = this.#appendText(labels.pairs[i + 1]!);
      places.push({ name, nameEnd: value, value, valueEnd: this.#textsSize });
    }
    this.#targetPlaces = places;
    this.#targetSize = this.#textsSize;
    this.#targetLabels = labels;
  }

  /** Where the text begins in `#texts`. */
  #appendText(text: string): number {
    const start = this.#textsSize;
    const encoded = encoder.encode(text);
    if (start + encoded.length > this.#texts.length) {
      const grown = new Uint8Array(2 * (start + encoded.length));
      grown.set(this.#texts.subarray(0, start));
      this.#texts = grown;
    }
    this.#texts.set(encoded, start);
    this.#textsSize = start + encoded.length;
    return start;
  }
}

interface Place {
  readonly name: number;
  readonly nameEnd: number;
  readonly value: number;
  readonly valueEnd: number;
}

/** Buffer, start and end of the name, then of the value. */
const PLACE_WORDS = 6;

const encoder = new TextEncoder();

function isBlank(byte: number): boolean {
  return byte === SPACE || byte === TAB;
}

/** `a-z A-Z 0-9 _ :`; where a digit or a colon may not stand, the scan has refused it. */
function isNameByte(byte: number): boolean {
  const lower = byte | 0x20;
  return (lower >= 0x61 && lower <= 0x7a) || (byte >= 0x30 && byte <= 0x3a) || byte === 0x5f;
}

/** Without a string: may this be `le` or `quantile`? */
function isBoundName(bytes: Uint8Array, start: number, end: number): boolean {
  return (end - start === 2 && bytes[start] === 0x6c) || (end - start === 8 && bytes[start] === 0x71);
}

function latin1(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1');
}
