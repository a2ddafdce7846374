import { type Intervals, NO_INTERVALS } from './intervals.ts';

/**
 * Deleted times of some places of a list, as plain columns: a map of as many arrays takes the main thread half a second to send
 * for half a million places. Place `places[i]`, which rise, has the numbers `starts[i] .. starts[i + 1] - 1` of `times`.
 */
export interface DeletedTimes {
  readonly places: Uint32Array;
  /** One more than places. */
  readonly starts: Uint32Array;
  readonly times: Float64Array;
}

/** The intervals of a place; none where it has none. */
export function deletedTimesAt(deleted: DeletedTimes | null, place: number): Intervals {
  if (deleted === null) return NO_INTERVALS;
  const { places, starts, times } = deleted;
  let low = 0;
  let high = places.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (places[middle]! < place) low = middle + 1;
    else high = middle;
  }
  if (places[low] !== place) return NO_INTERVALS;
  return Array.from(times.subarray(starts[low]!, starts[low + 1]!));
}

/** Collects deleted times of rising places. */
export class DeletedTimesBuilder {
  #places = new Uint32Array(64);
  #starts = new Uint32Array(65);
  #times = new Float64Array(128);
  #count = 0;

  /** Some intervals of a place above those before. */
  add(place: number, intervals: Intervals): void {
    const count = this.#count;
    if (count === this.#places.length) {
      this.#places = grown(this.#places, Uint32Array);
      this.#starts = grown(this.#starts, Uint32Array);
    }
    const start = this.#starts[count]!;
    while (start + intervals.length > this.#times.length) this.#times = grown(this.#times, Float64Array);
    for (let i = 0; i < intervals.length; i++) this.#times[start + i] = intervals[i]!;
    this.#places[count] = place;
    this.#starts[count + 1] = start + intervals.length;
    this.#count++;
  }

  /** What was collected; null where that is nothing. The builder is used up. */
  take(): DeletedTimes | null {
    const count = this.#count;
    if (count === 0) return null;
    return {
      places: this.#places.subarray(0, count),
      starts: this.#starts.subarray(0, count + 1),
      times: this.#times.subarray(0, this.#starts[count]),
    };
  }
}

function grown<Column extends Uint32Array | Float64Array>(
  column: Column,
  make: new (length: number) => Column,
): Column {
  const larger = new make(2 * column.length);
  larger.set(column);
  return larger;
}
