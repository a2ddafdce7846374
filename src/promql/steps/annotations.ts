import { goFloatCompact, goFloatSignificant } from '../../model/go-float.ts';
import type { PositionRange } from '../syntax/ast.ts';
import { byteText } from '../syntax/byte-text.ts';
import { lineAndColumn } from '../syntax/error.ts';
import type { Grid } from './grid.ts';

/** At most so many warnings and so many infos are shown; a line then says how many were left out. */
const ANNOTATIONS_SHOWN_MAX = 10;

/** Of a text that is kept, with what is known of it, and of each of its UTF-16 units. */
const ANNOTATION_BYTES = 200;
const UNIT_BYTES = 2;

/** How far the buckets of classic histograms had to be mended; merged over all steps and series. */
export interface ForcedMonotonicity {
  time: number;
  minBucket: number;
  maxBucket: number;
  maxDiff: number;
}

/** What was mended so far, over all steps and series. */
interface Mended {
  minBucket: number;
  maxBucket: number;
  maxDiff: number;
  /** Time of a step -> how many histograms were mended there. */
  readonly countsByTime: Map<number, number>;
}

interface Entry {
  position: PositionRange | null;
  /** Where the expression that tells it lies. */
  teller: PositionRange | null;
  /** How many times the text was given; start-time overlaps print it. */
  count: number;
  /** Prints what follows the text and precedes the position. */
  detail: ((entry: Entry, grids: ReadonlyMap<string, Grid>) => string) | null;
  mended: Mended | null;
}

/**
 * Collects the warnings and infos of one query. Equal texts are kept once, with the position that is evaluated last (the
 * outer of two nested ones, otherwise the later in the text), those that count what they tell with the first, as in the
 * reference.
 */
export class Annotations {
  /** Told of the bytes that texts take, before they are kept. */
  onBytes: (bytes: number) => void = () => {};
  readonly warnings = new Map<string, Entry>();
  readonly infos = new Map<string, Entry>();
  /** The steps of the call whose vector argument stands at a position (`start:end`). */
  readonly #gridsByPosition = new Map<string, Grid>();

  /**
   * `text` without the "PromQL warning: " prefix; `teller` is where the expression that tells it lies, if `position` is that of
   * a part which is not evaluated last.
   */
  warn(text: string, position: PositionRange | null, teller = position): void {
    add(this, this.warnings, `PromQL warning: ${text}`, position, teller);
  }

  /** `text` without the "PromQL info: " prefix. */
  info(text: string, position: PositionRange | null): void {
    add(this, this.infos, `PromQL info: ${text}`, position);
  }

  /** A warning without prefix and position, such as the one on truncated results. */
  plainWarning(text: string): void {
    add(this, this.warnings, text, null);
  }

  /** The info on mended classic buckets: `text` as for `info`, what was mended at one step as `found`. */
  forcedMonotonicity(text: string, position: PositionRange, found: ForcedMonotonicity): void {
    const entry = add(this, this.infos, `PromQL info: ${text}`, position, position, 'first');
    entry.detail = mendedDetail;
    const { time, minBucket, maxBucket, maxDiff } = found;
    entry.mended ??= { minBucket, maxBucket, maxDiff, countsByTime: new Map() };
    const { mended } = entry;
    mended.minBucket = Math.min(mended.minBucket, minBucket);
    mended.maxBucket = Math.max(mended.maxBucket, maxBucket);
    mended.maxDiff = Math.max(mended.maxDiff, maxDiff);
    mended.countsByTime.set(time, 1 + (mended.countsByTime.get(time) ?? 0));
  }

  /** Tells the steps on which `forcedMonotonicity` may be called for a vector argument; its count depends on them. */
  setMonotonicityGrid(position: PositionRange, grid: Grid): void {
    this.#gridsByPosition.set(`${position.start}:${position.end}`, grid);
  }

  /** The warning on a start time before the previous sample; prints how often it happened. */
  startTimeOverlap(metricName: string, position: PositionRange): void {
    const text = `PromQL warning: sample has start time that overlaps with previous sample timestamp for metric ${JSON.stringify(metricName)}`;
    add(this, this.warnings, text, position, position, 'first').detail = overlapDetail;
  }

  /** The lines of an answer; `query` turns positions into `line:column`. */
  render(query: string): { warnings: string[]; infos: string[] } {
    const grids = this.#gridsByPosition;
    return { warnings: lines(this.warnings, query, 'warning', grids), infos: lines(this.infos, query, 'info', grids) };
  }
}

function add(
  { onBytes }: Annotations,
  entries: Map<string, Entry>,
  text: string,
  position: PositionRange | null,
  teller: PositionRange | null = position,
  told: 'first' | 'last' = 'last',
): Entry {
  const known = entries.get(text);
  if (known === undefined) {
    onBytes(ANNOTATION_BYTES + UNIT_BYTES * text.length);
    const entry = { position, teller, count: 1, detail: null, mended: null };
    entries.set(text, entry);
    return entry;
  }
  known.count++;
  if (teller === null || known.teller === null) return known;
  if (told === 'last' ? isLater(teller, known.teller) : isLater(known.teller, teller)) {
    known.position = position;
    known.teller = teller;
  }
  return known;
}

/** Operands are evaluated from left to right, and before what contains them. */
function isLater(a: PositionRange, b: PositionRange): boolean {
  if (a.start <= b.start && a.end >= b.end) return true;
  if (b.start <= a.start && b.end >= a.end) return false;
  return a.start > b.start;
}

function lines(entries: Map<string, Entry>, query: string, kind: string, grids: ReadonlyMap<string, Grid>): string[] {
  const shown: string[] = [];
  const bytes = byteText(query);
  for (const [text, entry] of entries) {
    if (shown.length === ANNOTATIONS_SHOWN_MAX) {
      shown.push(`${entries.size - ANNOTATIONS_SHOWN_MAX} more ${kind} annotations omitted`);
      break;
    }
    const detail = entry.detail === null ? '' : entry.detail(entry, grids);
    const place = entry.position === null ? '' : ` (${lineAndColumn(bytes, entry.position.start)})`;
    shown.push(`${text}${detail}${place}`);
  }
  return shown;
}

function overlapDetail(entry: Entry): string {
  return entry.count > 1 ? ` (${entry.count} occurrences)` : '';
}

function mendedDetail({ mended, position }: Entry, grids: ReadonlyMap<string, Grid>): string {
  const { minBucket, maxBucket, maxDiff, countsByTime } = mended!;
  const times = [...countsByTime.keys()];
  const minTime = times.reduce((a, b) => Math.min(a, b));
  const maxTime = times.reduce((a, b) => Math.max(a, b));
  const grid = position === null ? undefined : grids.get(`${position.start}:${position.end}`);
  return (
    `, from buckets ${goFloatCompact(minBucket)} to ${goFloatCompact(maxBucket)}, with a max diff of ${goFloatSignificant(maxDiff, 2)},` +
    ` over ${mendedCount(countsByTime, grid)} samples from ${formatSeconds(minTime)} to ${formatSeconds(maxTime)}`
  );
}

/** After 64 doublings nothing of a step is left in 64 bits. */
const STEPS_THAT_COUNT = 16_384;

/**
 * The number of mended samples as the reference prints it: on every step after the first with any, it adds what it has
 * counted so far to itself once more, in 64 bits. It is the true number for a single step only.
 */
function mendedCount(countsByTime: ReadonlyMap<number, number>, grid: Grid | undefined): bigint {
  if (grid === undefined) return [...countsByTime.values()].reduce((sum, count) => sum + BigInt(count), 0n);
  let more = -1n;
  for (let i = Math.max(0, grid.count - STEPS_THAT_COUNT); i < grid.count; i++) {
    const count = BigInt(countsByTime.get(grid.start + i * grid.step) ?? 0);
    if (more === -1n) more = count - 1n;
    else more = BigInt.asIntN(64, 2n * (more + count) + 1n);
  }
  return more + 1n;
}

/** RFC 3339 in UTC, whole seconds, rounded towards zero as the reference does. */
function formatSeconds(timeMs: number): string {
  const date = new Date(Math.trunc(timeMs / 1000) * 1000);
  return Number.isNaN(date.getTime()) ? String(timeMs) : date.toISOString().replace('.000Z', 'Z');
}
