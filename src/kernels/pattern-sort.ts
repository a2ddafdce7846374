/** A list that `patternSort` puts in order: it is looked at and changed by places alone. */
export interface Sortable {
  /** True where what lies at `a` has to come before what lies at `b`. It may contradict itself. */
  isLess(a: number, b: number): boolean;
  swap(a: number, b: number): void;
}

/** So many are sorted by insertion. */
const INSERTION_MAX = 12;
/** From so many on the pivot is the median of three medians. */
const NINTHER_MIN = 50;
/** A range is given up as sorted already after so many pairs in the wrong order, at once if it is short. */
const MENDED_PAIRS_MAX = 5;
const MENDED_LENGTH_MIN = 50;
/** A median of three compares three times; so many swaps in choosing a pivot mean that all was falling. */
const PIVOT_SWAPS_MAX = 12;

/**
 * Pattern-defeating quicksort (Orson Peters, 2021), without its block partitioning. It is not stable, and where equal things
 * end up, or such as `isLess` contradicts itself about, follows from which pivots it takes and when it changes its ways: all
 * of that is as Go's `sort.Sort` and `slices.SortFunc` have it, so that lists come out as those of a Go program.
 */
export function patternSort(list: Sortable, length: number): void {
  if (length > 1) sortRange(list, 0, length, 32 - Math.clz32(length));
}

/** Sorts `[from, end)`; after `badPivotsMax` pivots that divided badly it is a heap sort. */
function sortRange(list: Sortable, from: number, end: number, badPivotsMax: number): void {
  let badPivotsLeft = badPivotsMax;
  let wasBalanced = true;
  let wasPartitioned = true;
  for (;;) {
    const length = end - from;
    if (length <= INSERTION_MAX) {
      insertionSort(list, from, end);
      return;
    }
    if (badPivotsLeft === 0) {
      heapSort(list, from, length);
      return;
    }
    if (!wasBalanced) {
      scatter(list, from, length);
      badPivotsLeft--;
    }
    const choice = choosePivot(list, from, length);
    let pivot = choice.place;
    let mayBeSorted = choice.swaps === 0;
    if (choice.swaps === PIVOT_SWAPS_MAX) {
      for (let i = from, k = end - 1; i < k; i++, k--) list.swap(i, k);
      pivot = end - 1 - (pivot - from);
      mayBeSorted = true;
    }
    if (wasBalanced && wasPartitioned && mayBeSorted && mendAlmostSorted(list, from, end)) return;
    // What lies before the range is not greater than anything in it: a pivot equal to it is the least there is.
    if (from > 0 && !list.isLess(from - 1, pivot)) {
      from = partitionEqual(list, from, end, pivot);
      continue;
    }
    const parts = partition(list, from, end, pivot);
    wasPartitioned = parts.wasPartitioned;
    const { middle } = parts;
    wasBalanced = Math.min(middle - from, end - middle) >= length >>> 3;
    if (middle - from < end - middle) {
      sortRange(list, from, middle, badPivotsLeft);
      from = middle + 1;
    } else {
      sortRange(list, middle + 1, end, badPivotsLeft);
      end = middle;
    }
  }
}

function insertionSort(list: Sortable, from: number, end: number): void {
  for (let i = from + 1; i < end; i++) {
    for (let k = i; k > from && list.isLess(k, k - 1); k--) list.swap(k, k - 1);
  }
}

function heapSort(list: Sortable, from: number, length: number): void {
  for (let root = (length - 1) >>> 1; root >= 0; root--) siftDown(list, from, root, length);
  for (let last = length - 1; last >= 0; last--) {
    list.swap(from, from + last);
    siftDown(list, from, 0, last);
  }
}

/** Lets the entry at `root` of the heap of `length` entries that begins at `from` sink; the greatest is on top. */
function siftDown(list: Sortable, from: number, root: number, length: number): void {
  for (let at = root; ; ) {
    let child = 2 * at + 1;
    if (child >= length) return;
    if (child + 1 < length && list.isLess(from + child, from + child + 1)) child++;
    if (!list.isLess(from + at, from + child)) return;
    list.swap(from + at, from + child);
    at = child;
  }
}

/** Swaps three entries in the middle with others that a generator seeded by the length chooses. */
function scatter(list: Sortable, from: number, length: number): void {
  let random = BigInt(length);
  const mask = 2 ** (32 - Math.clz32(length)) - 1;
  const middle = from + 2 * (length >>> 2);
  for (let place = middle - 1; place <= middle + 1; place++) {
    random ^= BigInt.asUintN(64, random << 13n);
    random ^= random >> 7n;
    random ^= BigInt.asUintN(64, random << 17n);
    const other = Number(random & BigInt(mask));
    list.swap(place, from + (other >= length ? other - length : other));
  }
}

/** A place to divide at, and how often two that were compared for it stood in the wrong order. */
interface Pivot {
  readonly place: number;
  readonly swaps: number;
}

function choosePivot(list: Sortable, from: number, length: number): Pivot {
  const quarter = length >>> 2;
  const thirds = [from + quarter, from + 2 * quarter, from + 3 * quarter] as const;
  if (length < NINTHER_MIN) return medianOf(list, ...thirds);
  const [a, b, c] = thirds.map((place) => medianOf(list, place - 1, place, place + 1)) as [Pivot, Pivot, Pivot];
  const whole = medianOf(list, a.place, b.place, c.place);
  return { place: whole.place, swaps: a.swaps + b.swaps + c.swaps + whole.swaps };
}

function medianOf(list: Sortable, first: number, second: number, third: number): Pivot {
  let [low, middle, high] = [first, second, third];
  let swaps = 0;
  const order = (a: number, b: number): [number, number] => {
    if (!list.isLess(b, a)) return [a, b];
    swaps++;
    return [b, a];
  };
  [low, middle] = order(low, middle);
  [middle, high] = order(middle, high);
  [low, middle] = order(low, middle);
  return { place: middle, swaps };
}

/** Puts a few neighbours that stand in the wrong order right; true where all is in order then. */
function mendAlmostSorted(list: Sortable, from: number, end: number): boolean {
  let at = from + 1;
  for (let pairs = 0; pairs < MENDED_PAIRS_MAX; pairs++) {
    while (at < end && !list.isLess(at, at - 1)) at++;
    if (at === end) return true;
    if (end - from < MENDED_LENGTH_MIN) return false;
    list.swap(at, at - 1);
    if (at - from >= 2) for (let k = at - 1; k >= 1 && list.isLess(k, k - 1); k--) list.swap(k, k - 1);
    if (end - at >= 2) for (let k = at + 1; k < end && list.isLess(k, k - 1); k++) list.swap(k, k - 1);
  }
  return false;
}

/**
 * Puts what is less than the entry at `pivot` before it and the rest behind. `middle` is where that entry lies then;
 * `wasPartitioned`: nothing else had to move.
 */
function partition(
  list: Sortable,
  from: number,
  end: number,
  pivot: number,
): { readonly middle: number; readonly wasPartitioned: boolean } {
  list.swap(from, pivot);
  let left = from + 1;
  let right = end - 1;
  for (let wasPartitioned = true; ; wasPartitioned = false) {
    while (left <= right && list.isLess(left, from)) left++;
    while (left <= right && !list.isLess(right, from)) right--;
    if (left > right) {
      list.swap(right, from);
      return { middle: right, wasPartitioned };
    }
    list.swap(left++, right--);
  }
}

/** Puts what equals the entry at `pivot` first, where nothing is less than it; gives the place behind those. */
function partitionEqual(list: Sortable, from: number, end: number, pivot: number): number {
  list.swap(from, pivot);
  let left = from + 1;
  let right = end - 1;
  for (;;) {
    while (left <= right && !list.isLess(from, left)) left++;
    while (left <= right && list.isLess(from, right)) right--;
    if (left > right) return left;
    list.swap(left++, right--);
  }
}
