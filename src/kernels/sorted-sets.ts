/**
 * Sets of rows as rising `Uint32Array`s without repetition. Outputs may be the first input itself; they hold at most
 * what the signature says. Every function returns how many entries it wrote.
 */

/** Where one list is so many times longer than the other, searching it beats walking it. */
const SEARCH_RATIO = 16;

/** Rows that are in both; `out` has room for the shorter list and may be `a`. */
export function intersectSorted(
  a: Uint32Array,
  aCount: number,
  b: Uint32Array,
  bCount: number,
  out: Uint32Array,
): number {
  if (bCount > SEARCH_RATIO * aCount) return intersectSearching(a, aCount, b, bCount, out);
  if (aCount > SEARCH_RATIO * bCount && out !== a) return intersectSearching(b, bCount, a, aCount, out);
  let i = 0;
  let j = 0;
  let count = 0;
  while (i < aCount && j < bCount) {
    const x = a[i]!;
    const y = b[j]!;
    if (x === y) {
      out[count++] = x;
      i++;
      j++;
    } else if (x < y) {
      i++;
    } else {
      j++;
    }
  }
  return count;
}

/** Rows of `a` that are not in `b`; `out` has room for `a` and may be `a`. */
export function subtractSorted(
  a: Uint32Array,
  aCount: number,
  b: Uint32Array,
  bCount: number,
  out: Uint32Array,
): number {
  const searching = bCount > SEARCH_RATIO * aCount;
  let j = 0;
  let count = 0;
  for (let i = 0; i < aCount; i++) {
    const x = a[i]!;
    if (searching) j = gallop(b, j, bCount, x);
    else while (j < bCount && b[j]! < x) j++;
    if (j === bCount || b[j] !== x) out[count++] = x;
  }
  return count;
}

/** The first index from `from` on whose entry is at least `wanted`, or `count`. */
export function gallop(rows: Uint32Array, from: number, count: number, wanted: number): number {
  let step = 1;
  let low = from;
  let high = from;
  while (high < count && rows[high]! < wanted) {
    low = high + 1;
    high += step;
    step *= 2;
  }
  if (high > count) high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (rows[middle]! < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Marks rows in a bitmap of 32 rows a word. Uniting many lists this way costs one pass over each. */
export function markRows(bitmap: Uint32Array, rows: Uint32Array, count: number): void {
  for (let i = 0; i < count; i++) {
    const row = rows[i]!;
    bitmap[row >>> 5]! |= 1 << (row & 31);
  }
}

/** How many bits are set. */
export function countMarked(bitmap: Uint32Array): number {
  let count = 0;
  for (let i = 0; i < bitmap.length; i++) {
    let word = bitmap[i]!;
    word -= (word >>> 1) & 0x55555555;
    word = (word & 0x33333333) + ((word >>> 2) & 0x33333333);
    count += Math.imul((word + (word >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
  }
  return count;
}

/** The marked rows, rising; `out` has room for all of them. The first bit of the bitmap stands for row `first`. */
export function markedRows(bitmap: Uint32Array, out: Uint32Array, first = 0): number {
  let count = 0;
  for (let i = 0; i < bitmap.length; i++) {
    let word = bitmap[i]!;
    while (word !== 0) {
      const lowest = word & -word;
      out[count++] = first + i * 32 + 31 - Math.clz32(lowest);
      word ^= lowest;
    }
  }
  return count;
}

/** Rows of `a` that are marked; `out` has room for `a` and may be `a`. */
export function keepMarked(a: Uint32Array, aCount: number, bitmap: Uint32Array, out: Uint32Array): number {
  let count = 0;
  for (let i = 0; i < aCount; i++) {
    const row = a[i]!;
    if ((bitmap[row >>> 5]! >>> (row & 31)) & 1) out[count++] = row;
  }
  return count;
}

/** Rows of `a` that are not marked; `out` has room for `a` and may be `a`. */
export function dropMarked(a: Uint32Array, aCount: number, bitmap: Uint32Array, out: Uint32Array): number {
  let count = 0;
  for (let i = 0; i < aCount; i++) {
    const row = a[i]!;
    if (((bitmap[row >>> 5]! >>> (row & 31)) & 1) === 0) out[count++] = row;
  }
  return count;
}

function intersectSearching(
  few: Uint32Array,
  fewCount: number,
  many: Uint32Array,
  manyCount: number,
  out: Uint32Array,
): number {
  let j = 0;
  let count = 0;
  for (let i = 0; i < fewCount && j < manyCount; i++) {
    const x = few[i]!;
    j = gallop(many, j, manyCount, x);
    if (j < manyCount && many[j] === x) out[count++] = x;
  }
  return count;
}
