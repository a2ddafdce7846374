import { compareBytes, LABEL_SIZE_BYTES_MAX, writeLabelSize, writeLabelText } from '../model/label-bytes.ts';
import { METRIC_NAME } from '../model/labels.ts';

/** More labels than this take the way through strings. */
const PAIRS_MAX = 64;

/**
 * Label sets of a request as the head takes them, one behind the other, without strings: for what senders nearly always
 * send, ASCII names and values in order, none empty, each below 128 bytes or a little more. `labelsFromMessage` does all
 * the rest, and tells what is wrong.
 */
export class WriteLabelBytes {
  /** The label sets; `model/label-bytes.ts` draws one. */
  bytes = new Uint8Array(4096);
  size = 0;
  /** Starts and ends of name and value of each label. */
  readonly #places = new Uint32Array(4 * PAIRS_MAX);

  clear(): void {
    this.size = 0;
    if (this.bytes.length > KEPT_BYTES_MAX) this.bytes = new Uint8Array(4096);
  }

  /**
   * Adds the labels of the `Label` fields (number 1) that fill `message[start..end-1]`. False where the way through
   * strings is needed; nothing was added then.
   */
  add(message: Uint8Array, start: number, end: number): boolean {
    const count = this.#read(message, start, end);
    if (count <= 0) return false;
    const room = this.size + (end - start) + LABEL_SIZE_BYTES_MAX * (2 * count + 1);
    if (room > this.bytes.length) {
      const grown = new Uint8Array(2 * room);
      grown.set(this.bytes.subarray(0, this.size));
      this.bytes = grown;
    }
    const { bytes } = this;
    const places = this.#places;
    let to = writeLabelSize(bytes, this.size, count);
    for (let at = 0; at < 4 * count; at += 2) to = writeLabelText(bytes, to, message, places[at]!, places[at + 1]!);
    this.size = to;
    return true;
  }

  /** Fills `#places`; the number of labels, or -1. */
  #read(message: Uint8Array, start: number, end: number): number {
    const places = this.#places;
    let count = 0;
    let hasMetric = false;
    let at = start;
    while (at < end) {
      if (count === PAIRS_MAX || message[at++] !== LABEL_TAG) return -1;
      let size = message[at++]!;
      if (size >= 0x80) {
        const high = message[at++]!;
        if (high >= 0x80) return -1;
        size = (size & 0x7f) | (high << 7);
      }
      const labelEnd = at + size;
      if (labelEnd > end) return -1;
      const place = 4 * count;
      at = readText(message, at, labelEnd, NAME_TAG, places, place);
      if (at < 0) return -1;
      at = readText(message, at, labelEnd, VALUE_TAG, places, place + 2);
      if (at !== labelEnd) return -1;
      const name = places[place]!;
      const nameEnd = places[place + 1]!;
      if (count > 0) {
        const before = places[place - 4]!;
        if (compareBytes(message, before, places[place - 3]!, message, name, nameEnd) >= 0) return -1;
      }
      hasMetric ||= compareBytes(message, name, nameEnd, METRIC_BYTES, 0, METRIC_BYTES.length) === 0;
      count++;
    }
    return hasMetric ? count : -1;
  }
}

/** Reads a field with a text that is ASCII and not empty into `places`; the offset behind it, or -1. */
function readText(
  message: Uint8Array,
  start: number,
  end: number,
  tag: number,
  places: Uint32Array,
  place: number,
): number {
  if (start + 2 > end || message[start] !== tag) return -1;
  let at = start + 1;
  let size = message[at++]!;
  if (size >= 0x80) {
    const high = message[at++]!;
    if (high >= 0x80) return -1;
    size = (size & 0x7f) | (high << 7);
  }
  const textEnd = at + size;
  if (size === 0 || textEnd > end) return -1;
  places[place] = at;
  places[place + 1] = textEnd;
  let seen = 0;
  for (; at < textEnd; at++) seen |= message[at]!;
  return seen > 0x7f ? -1 : textEnd;
}

/** Number and wire type: `labels` of a time series, `name` and `value` of a label. */
const LABEL_TAG = 0x0a;
const NAME_TAG = 0x0a;
const VALUE_TAG = 0x12;

const METRIC_BYTES = new TextEncoder().encode(METRIC_NAME);

/** What a request with 100,000 new series needs is not kept for the next one. */
const KEPT_BYTES_MAX = 1 << 20;
