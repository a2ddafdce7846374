import { xxhash64Fraction } from '../../kernels/xxhash64.ts';
import { compareLabels, Labels } from '../../model/labels.ts';
import type { Matcher } from '../../model/matcher.ts';
import type { Exemplar, SeriesExemplars } from '../../storage/exemplar.ts';
import type { TimeRange } from '../../storage/query.ts';
import { MatcherSets } from './matcher-sets.ts';

/** Code points that all names and values of an exemplar's labels may have together. */
const EXEMPLAR_LABELS_MAX = 128;

/** Work between two points at which a search may be interrupted, in steps of matching: 2 ms; a condition is so many at least. */
const STEP_WORK = 50_000;
const CONDITION_WORK = 2;

/** What became of an exemplar that was offered. */
export type ExemplarVerdict = 'new' | 'duplicate' | 'outOfOrder' | 'labelsTooLong' | 'disabled';

/** The exemplars of one series in the order of their times, from `first` on. */
interface SeriesEntry {
  readonly key: string;
  readonly labels: Labels;
  exemplars: Exemplar[];
  first: number;
}

/**
 * The newest exemplars of all series together, at most `max`; each new one then pushes the oldest out. They stay when
 * their series leaves the head.
 *
 * Exemplars of a series come in the order of time, then value, then hash of the labels, so that one that comes again
 * (a histogram brings several at once) is found by looking at the newest only. Within the window for samples out of
 * order, older ones are taken too, one for each time.
 */
export class ExemplarRing {
  readonly #series = new Map<string, SeriesEntry>();
  /** The series of each exemplar in the order of arrival, from `#oldest` on, around the end. */
  #ring: SeriesEntry[] = [];
  /** Parallel to `#ring`. */
  #arrived: Exemplar[] = [];
  #oldest = 0;
  #max: number;
  #outOfOrderMs = 0;
  #appended = 0;
  #outOfOrder = 0;

  constructor(max: number) {
    this.#max = Math.max(0, max);
  }

  get max(): number {
    return this.#max;
  }

  /** Exemplars that are kept. */
  get count(): number {
    return this.#ring.length;
  }

  get seriesCount(): number {
    return this.#series.size;
  }

  /** Exemplars taken, and refused as out of order, since the start. */
  get appended(): number {
    return this.#appended;
  }

  get outOfOrder(): number {
    return this.#outOfOrder;
  }

  /** The time (ms) of the exemplar that is pushed out next; 0 where there is none. */
  get oldestTime(): number {
    return this.#arrived[this.#oldest]?.time ?? 0;
  }

  /** True where one that is kept is older than a time (ms). */
  hasBefore(time: number): boolean {
    return this.#arrived.some((exemplar) => exemplar.time < time);
  }

  /** How far behind the newest exemplar of its series one may come, ms. */
  setOutOfOrderWindow(windowMs: number): void {
    this.#outOfOrderMs = windowMs;
  }

  /** What would become of an exemplar, without taking it. */
  check(series: Labels, exemplar: Exemplar): ExemplarVerdict {
    if (this.#max === 0) return 'disabled';
    if (codePoints(exemplar.labels) > EXEMPLAR_LABELS_MAX) return 'labelsTooLong';
    const entry = this.#series.get(keyOf(series));
    if (entry === undefined) return 'new';
    const newest = entry.exemplars[entry.exemplars.length - 1]!;
    const order = compareExemplars(exemplar, newest);
    if (order === 0) return 'duplicate';
    if (order > 0) return 'new';
    const isLate = exemplar.time < newest.time && exemplar.time > newest.time - this.#outOfOrderMs;
    if (!isLate) return 'outOfOrder';
    return entry.exemplars[placeOf(entry, exemplar.time)]!.time === exemplar.time ? 'duplicate' : 'new';
  }

  /** Takes an exemplar where `check` says that it is new. */
  add(series: Labels, exemplar: Exemplar): ExemplarVerdict {
    const verdict = this.check(series, exemplar);
    if (verdict === 'outOfOrder') this.#outOfOrder++;
    if (verdict !== 'new') return verdict;
    const key = keyOf(series);
    let entry = this.#series.get(key);
    if (entry === undefined) {
      entry = { key, labels: series, exemplars: [], first: 0 };
      this.#series.set(key, entry);
    }
    const newest = entry.exemplars.at(-1);
    if (newest === undefined || exemplar.time >= newest.time) entry.exemplars.push(exemplar);
    else entry.exemplars.splice(placeOf(entry, exemplar.time), 0, exemplar);
    if (this.#ring.length < this.#max) {
      this.#ring.push(entry);
      this.#arrived.push(exemplar);
    } else {
      this.#drop(this.#ring[this.#oldest]!, this.#arrived[this.#oldest]!);
      this.#ring[this.#oldest] = entry;
      this.#arrived[this.#oldest] = exemplar;
      this.#oldest = (this.#oldest + 1) % this.#max;
    }
    this.#appended++;
    return verdict;
  }

  /** Changes how many are kept; the oldest leave where there are more. */
  resize(max: number): void {
    const kept = Math.max(0, max);
    if (kept === this.#max) return;
    const series = [...this.#ring.slice(this.#oldest), ...this.#ring.slice(0, this.#oldest)];
    const arrived = [...this.#arrived.slice(this.#oldest), ...this.#arrived.slice(0, this.#oldest)];
    const dropped = Math.max(0, series.length - kept);
    for (let i = 0; i < dropped; i++) this.#drop(series[i]!, arrived[i]!);
    this.#ring = series.slice(dropped);
    this.#arrived = arrived.slice(dropped);
    this.#oldest = 0;
    this.#max = kept;
  }

  /** All that are kept, the oldest arrival first. */
  inOrderOfArrival(): { readonly series: Labels; readonly exemplar: Exemplar }[] {
    const kept = this.#ring.map(({ labels }, i) => ({ series: labels, exemplar: this.#arrived[i]! }));
    return [...kept.slice(this.#oldest), ...kept.slice(0, this.#oldest)];
  }

  /**
   * The exemplars in the range of every series that meets all matchers of at least one set, in label order, found in steps.
   * Throws `RegexSyntaxError`.
   */
  *find(
    { minTime, maxTime }: TimeRange,
    matcherSets: readonly (readonly Matcher[])[],
  ): Generator<undefined, SeriesExemplars[]> {
    const sets = yield* MatcherSets.from(matcherSets);
    const found: SeriesExemplars[] = [];
    let work = 0;
    for (const { labels, exemplars, first } of this.#series.values()) {
      if (exemplars[exemplars.length - 1]!.time < minTime || exemplars[first]!.time > maxTime) continue;
      work += labels.pairs.length;
      let isWanted = false;
      for (const list of sets.candidates(labels)) {
        for (const set of list) {
          isWanted = set.every(({ holds, name, stepsPerUnit }) => {
            const value = labels.get(name);
            work += CONDITION_WORK + stepsPerUnit * value.length;
            return holds(value);
          });
          if (work > STEP_WORK) {
            work = 0;
            yield;
          }
          if (isWanted) break;
        }
        if (isWanted) break;
      }
      if (work > STEP_WORK) {
        work = 0;
        yield;
      }
      if (!isWanted) continue;
      const chosen = exemplars.slice(first).filter(({ time }) => time >= minTime && time <= maxTime);
      work += exemplars.length - first;
      if (chosen.length > 0) found.push({ labels, exemplars: chosen });
    }
    return found.sort((a, b) => compareLabels(a.labels, b.labels));
  }

  /** Takes an exemplar of a series out, and the series with its last one. */
  #drop(entry: SeriesEntry, exemplar: Exemplar): void {
    if (entry.exemplars[entry.first] === exemplar) entry.first++;
    else entry.exemplars.splice(entry.exemplars.indexOf(exemplar, entry.first), 1);
    if (entry.first === entry.exemplars.length) {
      this.#series.delete(entry.key);
    } else if (entry.first > 16 && entry.first > entry.exemplars.length / 2) {
      entry.exemplars = entry.exemplars.slice(entry.first);
      entry.first = 0;
    }
  }
}

/** The index of the first exemplar of a series that is not older than a time; the newest one is not. */
function placeOf({ exemplars, first }: SeriesEntry, time: number): number {
  let at = exemplars.length - 1;
  while (at > first && exemplars[at - 1]!.time >= time) at--;
  return at;
}

/** The labels without those whose value is empty, which mean nothing. */
export function withoutEmptyValues(labels: Labels): Labels {
  const { pairs } = labels;
  const kept: string[] = [];
  for (let i = 0; i < pairs.length; i += 2) if (pairs[i + 1] !== '') kept.push(pairs[i]!, pairs[i + 1]!);
  return kept.length === pairs.length ? labels : new Labels(kept);
}

function compareExemplars(a: Exemplar, b: Exemplar): number {
  if (a.time !== b.time) return a.time - b.time;
  if (a.value < b.value) return -1;
  if (a.value !== b.value) return 1;
  return a.labels.equals(b.labels) ? 0 : hashOf(a.labels) < hashOf(b.labels) ? -1 : 1;
}

function keyOf({ pairs }: Labels): string {
  return pairs.join('\u{10ffff}');
}

function codePoints({ pairs }: Labels): number {
  let count = 0;
  for (const text of pairs) for (const _ of text) count++;
  return count;
}

/** The hash that the reference orders label sets by: over sizes (one byte, or 0xff and three bytes) and texts. */
function hashOf({ pairs }: Labels): number {
  const parts: number[] = [];
  for (const text of pairs) {
    const bytes = Buffer.from(text);
    const { length } = bytes;
    if (length < 255) parts.push(length);
    else parts.push(255, length & 0xff, (length >>> 8) & 0xff, length >>> 16);
    parts.push(...bytes);
  }
  return xxhash64Fraction(Uint8Array.from(parts), parts.length);
}
