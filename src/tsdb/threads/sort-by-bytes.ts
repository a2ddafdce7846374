import { TextColumn } from '../../memory/text-column.ts';
import { sortInSteps } from '../head/sort-in-steps.ts';

/** A key is five bytes of a text and the text's place, which is below this. */
const PLACES_MAX = 1 << 24;
const KEY_BYTES = 5;
/** Fewer are compared text by text. */
const KEYS_MIN = 64;
/** Texts between two points at which the work may be interrupted. */
const STEP_TEXTS = 4096;

/** Texts that agree in all bytes before `depth`, where one that ends sooner counts as going on with zeros. */
interface Range {
  readonly from: number;
  readonly to: number;
  readonly depth: number;
}

/**
 * Distinct texts in the order of their bytes, in steps. What all begin with is passed over and the next five bytes are sorted as numbers, then likewise
 * those that agree in them, until they are few, which are compared. Sorting the numbers is one step: a million take a tenth of a second, so this is
 * for threads that may take so long.
 */
export function* sortByBytes(texts: TextColumn): Generator<undefined, TextColumn> {
  const { length } = texts;
  const compare = (a: number, b: number) => texts.compare(a, texts, b);
  let places: Uint32Array = new Uint32Array(length);
  for (let i = 0; i < length; i++) places[i] = i;
  yield;
  if (length > PLACES_MAX) places = yield* sortInSteps(places, compare);
  else {
    const ranges: Range[] = [{ from: 0, to: length, depth: 0 }];
    for (let range = ranges.pop(); range !== undefined; range = ranges.pop()) {
      const { from, to } = range;
      const at = to - from < KEYS_MIN ? null : yield* differAt(texts, places, range);
      if (at === null) places.set(yield* sortInSteps(places.slice(from, to), compare), from);
      else yield* sortRange(texts, places, { ...range, depth: at }, ranges);
    }
  }
  const sorted = new TextColumn(length, texts.size);
  for (let i = 0; i < length; i++) {
    const place = places[i]!;
    sorted.push(texts.bytes, texts.start(place), texts.ends[place]!);
    if (i % STEP_TEXTS === STEP_TEXTS - 1) yield;
  }
  return sorted;
}

/** Sorts a range by five bytes from its depth on; texts that agree in them are left to do. */
function* sortRange(
  texts: TextColumn,
  places: Uint32Array,
  { depth, from, to }: Range,
  left: Range[],
): Generator<undefined, void> {
  const { bytes, ends } = texts;
  const count = to - from;
  const keys = new BigUint64Array(count);
  const halves = new Uint32Array(keys.buffer);
  for (let i = 0; i < count; i++) {
    const place = places[from + i]!;
    const start = texts.start(place) + depth;
    const end = ends[place]!;
    let high = 0;
    let low = 0;
    if (start + KEY_BYTES <= end) {
      high = (bytes[start]! << 24) | (bytes[start + 1]! << 16) | (bytes[start + 2]! << 8) | bytes[start + 3]!;
      low = bytes[start + 4]!;
    } else for (let k = start, shift = 24; k < end; k++, shift -= 8) high |= bytes[k]! << shift;
    halves[2 * i + HIGH] = high;
    halves[2 * i + LOW] = (low << 24) | place;
    if (i % STEP_TEXTS === STEP_TEXTS - 1) yield;
  }
  keys.sort();
  let first = 0;
  for (let i = 0; i < count; i++) {
    places[from + i] = halves[2 * i + LOW]! & (PLACES_MAX - 1);
    if (i % STEP_TEXTS === STEP_TEXTS - 1) yield;
    if (i + 1 < count && agree(halves, i, i + 1)) continue;
    if (i > first) left.push({ from: from + first, to: from + i + 1, depth: depth + KEY_BYTES });
    first = i + 1;
  }
}

/** The first byte from the depth on, counted from where each text begins, that not all of a range have; null where there is none. */
function* differAt(
  texts: TextColumn,
  places: Uint32Array,
  { depth, from, to }: Range,
): Generator<undefined, number | null> {
  const { bytes, ends } = texts;
  let shared = Number.POSITIVE_INFINITY;
  // The longest so far stands for all before: beyond the end of a shorter one it may have zeros, or not.
  let start = texts.start(places[from]!);
  let end = ends[places[from]!]!;
  for (let i = from + 1; i < to; i++) {
    const otherStart = texts.start(places[i]!);
    const otherEnd = ends[places[i]!]!;
    const longer = Math.max(end - start, otherEnd - otherStart);
    const most = Math.min(shared, longer);
    let at = depth;
    for (; at < most; at++) {
      const a = start + at < end ? bytes[start + at] : 0;
      if (a !== (otherStart + at < otherEnd ? bytes[otherStart + at] : 0)) break;
    }
    if (at < most) shared = at;
    if (longer > end - start) {
      start = otherStart;
      end = otherEnd;
    }
    if (i % STEP_TEXTS === 0) yield;
  }
  return shared === Number.POSITIVE_INFINITY ? null : shared;
}

/** True where two keys have the same bytes of text. */
function agree(halves: Uint32Array, i: number, j: number): boolean {
  return halves[2 * i + HIGH] === halves[2 * j + HIGH] && halves[2 * i + LOW]! >>> 24 === halves[2 * j + LOW]! >>> 24;
}

/** Where the halves of a key lie. */
const HIGH = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1 ? 1 : 0;
const LOW = 1 - HIGH;
