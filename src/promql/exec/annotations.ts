import type { PositionRange } from '../syntax/ast.ts';
import { byteText } from '../syntax/byte-text.ts';
import { lineAndColumn } from '../syntax/error.ts';

/** At most so many warnings and so many infos are shown; a line then says how many were left out. */
const ANNOTATIONS_SHOWN_MAX = 10;

/** How far the buckets of classic histograms had to be mended; merged over all steps and series. */
export interface ForcedMonotonicity {
  time: number;
  minBucket: number;
  maxBucket: number;
  maxDiff: number;
}

interface Entry {
  position: PositionRange | null;
  /** How many times the text was given; start-time overlaps print it. */
  count: number;
  /** Prints what follows the text and precedes the position. */
  detail: ((entry: Entry) => string) | null;
  minTime: number;
  maxTime: number;
  monotonicity: ForcedMonotonicity | null;
}

/**
 * Collects the warnings and infos of one query. Equal texts are kept once, with the position that is evaluated last:
 * the outer of two nested ones, otherwise the later in the text.
 */
export class Annotations {
  readonly warnings = new Map<string, Entry>();
  readonly infos = new Map<string, Entry>();

  /** `text` without the "PromQL warning: " prefix. */
  warn(text: string, position: PositionRange | null): void {
    add(this.warnings, `PromQL warning: ${text}`, position);
  }

  /** `text` without the "PromQL info: " prefix. */
  info(text: string, position: PositionRange | null): void {
    add(this.infos, `PromQL info: ${text}`, position);
  }

  /** A warning without prefix and position, such as the one on truncated results. */
  plainWarning(text: string): void {
    add(this.warnings, text, null);
  }

  /** The info on mended classic buckets: `text` as for `info`, what was mended at one step as `found`. */
  forcedMonotonicity(text: string, position: PositionRange, found: ForcedMonotonicity): void {
    const entry = add(this.infos, `PromQL info: ${text}`, position);
    const merged = entry.monotonicity;
    if (merged === null) {
      entry.monotonicity = { ...found };
      entry.minTime = found.time;
      entry.maxTime = found.time;
      entry.detail = monotonicityDetail;
      return;
    }
    entry.minTime = Math.min(entry.minTime, found.time);
    entry.maxTime = Math.max(entry.maxTime, found.time);
    merged.minBucket = Math.min(merged.minBucket, found.minBucket);
    merged.maxBucket = Math.max(merged.maxBucket, found.maxBucket);
    merged.maxDiff = Math.max(merged.maxDiff, found.maxDiff);
  }

  /** The warning on a start time before the previous sample; prints how often it happened. */
  startTimeOverlap(metricName: string, position: PositionRange): void {
    const text = `PromQL warning: sample has start time that overlaps with previous sample timestamp for metric ${JSON.stringify(metricName)}`;
    add(this.warnings, text, position).detail = overlapDetail;
  }

  /** The lines of an answer; `query` turns positions into `line:column`. */
  render(query: string): { warnings: string[]; infos: string[] } {
    return { warnings: lines(this.warnings, query, 'warning'), infos: lines(this.infos, query, 'info') };
  }
}

function add(entries: Map<string, Entry>, text: string, position: PositionRange | null): Entry {
  const known = entries.get(text);
  if (known === undefined) {
    const entry = { position, count: 1, detail: null, minTime: 0, maxTime: 0, monotonicity: null };
    entries.set(text, entry);
    return entry;
  }
  known.count++;
  if (position !== null && known.position !== null && isLater(position, known.position)) known.position = position;
  return known;
}

/** Operands are evaluated from left to right, and before what contains them. */
function isLater(a: PositionRange, b: PositionRange): boolean {
  if (a.start <= b.start && a.end >= b.end) return true;
  if (b.start <= a.start && b.end >= a.end) return false;
  return a.start > b.start;
}

function lines(entries: Map<string, Entry>, query: string, kind: string): string[] {
  const shown: string[] = [];
  const bytes = byteText(query);
  for (const [text, entry] of entries) {
    if (shown.length === ANNOTATIONS_SHOWN_MAX) {
      shown.push(`${entries.size - ANNOTATIONS_SHOWN_MAX} more ${kind} annotations omitted`);
      break;
    }
    const detail = entry.detail === null ? '' : entry.detail(entry);
    const place = entry.position === null ? '' : ` (${lineAndColumn(bytes, entry.position.start)})`;
    shown.push(`${text}${detail}${place}`);
  }
  return shown;
}

function overlapDetail(entry: Entry): string {
  return entry.count > 1 ? ` (${entry.count} occurrences)` : '';
}

function monotonicityDetail(entry: Entry): string {
  const { minBucket, maxBucket, maxDiff } = entry.monotonicity!;
  return (
    `, from buckets ${formatG(minBucket)} to ${formatG(maxBucket)}, with a max diff of ${formatGPrecision(maxDiff, 2)},` +
    ` over ${entry.count} samples from ${formatSeconds(entry.minTime)} to ${formatSeconds(entry.maxTime)}`
  );
}

/** Go's `%g`: shortest digits, exponent form below 1e-4 and from 1e6 on. */
export function formatG(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (value === Infinity) return '+Inf';
  if (value === -Infinity) return '-Inf';
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  const magnitude = Math.abs(value);
  if (magnitude < 1e-4 || magnitude >= 1e6) return padExponent(value.toExponential());
  return String(value);
}

/** Go's `%.<digits>g`: so many significant digits, without trailing zeros. */
function formatGPrecision(value: number, digits: number): string {
  if (!Number.isFinite(value) || value === 0) return formatG(value);
  const [mantissa, exponentText] = value.toExponential(digits - 1).split('e') as [string, string];
  const exponent = Number(exponentText);
  if (exponent < -4 || exponent >= digits) return padExponent(`${trimZeros(mantissa)}e${exponentText}`);
  return trimZeros(value.toFixed(Math.max(0, digits - 1 - exponent)));
}

function trimZeros(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

/** Go writes at least two digits of exponent. */
function padExponent(text: string): string {
  return text.replace(/e([+-])(\d)$/, 'e$10$2');
}

/** RFC 3339 in UTC, whole seconds, rounded towards zero as the reference does. */
function formatSeconds(timeMs: number): string {
  const date = new Date(Math.trunc(timeMs / 1000) * 1000);
  return Number.isNaN(date.getTime()) ? String(timeMs) : date.toISOString().replace('.000Z', 'Z');
}
