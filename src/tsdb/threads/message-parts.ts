import type { Matcher } from '../../model/matcher.ts';
import type { HeadSnapshot } from '../head/head-snapshot.ts';
import type { ThreadRequest } from './thread-answer.ts';

// A query or a list may have thousands of selectors. What is said of them goes in parts, each of which takes either thread about a
// millisecond to make and as much to read: some 3 µs for a request, 5 µs for a snapshot. The usual query has one part.

/** Requests, selectors of a list, snapshots or series of one message. */
export const PART_ITEMS_MAX = 256;
/** UTF-16 units in the matchers of one message; what one request or selector has beyond that goes by itself. */
const PART_TEXT_MAX = 1 << 18;
/** Rows in the snapshots of one message, some 25 bytes each; those of one snapshot stay together. Or samples in its series, 9 bytes each. */
export const PART_ROWS_MAX = 1 << 16;
/** A histogram, which is an object with lists, takes as long as so many rows. */
export const HISTOGRAM_ROWS = 64;

/** Where the part of the requests ends that begins at `from`: behind at least one, unless there is none. */
export function endOfRequests(requests: readonly ThreadRequest[], from: number): number {
  return endOfPart(requests, from, PART_TEXT_MAX, ({ floatMatchers, matchers }) => {
    const units = textUnits(matchers);
    // They are nearly all among the matchers, but are sent as a list of their own.
    return floatMatchers === undefined ? units : 2 * units;
  });
}

/** As `endOfRequests`, of selectors that may have symbols beside their matchers, each byte of which counts as a unit. */
export function endOfSelectors(
  selectors: readonly { readonly matchers: readonly Matcher[]; readonly headSymbols: Uint32Array | null }[],
  from: number,
): number {
  return endOfPart(selectors, from, PART_TEXT_MAX, ({ headSymbols, matchers }) => {
    return textUnits(matchers) + (headSymbols?.byteLength ?? 0);
  });
}

function textUnits(matchers: readonly Matcher[]): number {
  let units = 0;
  for (const { name, value } of matchers) units += name.length + value.length;
  return units;
}

/** Where the part of the snapshots ends that begins at `from`: behind at least one, unless there is none. */
export function endOfSnapshots(snapshots: readonly HeadSnapshot[], from: number): number {
  return endOfPart(snapshots, from, PART_ROWS_MAX, ({ late, rows }) => {
    return rows.length + HISTOGRAM_ROWS * (late?.histograms?.length ?? 0);
  });
}

/** Where the part ends whose items, of such sizes, come to so much: behind at least one, unless there is none. */
export function endOfPart<Item>(
  items: readonly Item[],
  from: number,
  sizeMax: number,
  sizeOf: (item: Item) => number,
): number {
  const last = Math.min(items.length, from + PART_ITEMS_MAX);
  let size = 0;
  for (let at = from; at < last; at++) {
    size += sizeOf(items[at]!);
    if (size > sizeMax && at > from) return at;
  }
  return last;
}
