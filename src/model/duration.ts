import { goQuote } from './labels.ts';

/** A text that is no duration; the message is the reference's. */
export class DurationSyntaxError extends Error {
  override readonly name = 'DurationSyntaxError';
}

/** Units from biggest to smallest, in which order they must be written. */
const UNITS: readonly { readonly name: string; readonly ms: number; readonly onlyWhole: boolean }[] = [
  // Years and weeks are only printed where nothing is left over: `90d` is easier to read than `12w6d`.
  { name: 'y', ms: 365 * 24 * 3_600_000, onlyWhole: true },
  { name: 'w', ms: 7 * 24 * 3_600_000, onlyWhole: true },
  { name: 'd', ms: 24 * 3_600_000, onlyWhole: false },
  { name: 'h', ms: 3_600_000, onlyWhole: false },
  { name: 'm', ms: 60_000, onlyWhole: false },
  { name: 's', ms: 1000, onlyWhole: false },
  { name: 'ms', ms: 1, onlyWhole: false },
];

/** Whole milliseconds in 2^63 - 1 nanoseconds, the longest duration that the reference can hold: about 292 years. */
export const DURATION_MS_MAX = 9_223_372_036_854;

/** 20 digits and more do not fit the reference's 64-bit counter. */
const COUNT_MAX = 18_446_744_073_709_551_615n;

/**
 * Parses a duration such as `5m`, `1h30m` or `0` (the only one without a unit): a year has 365 days, a week 7, a day
 * 24 hours. Returns milliseconds; throws `DurationSyntaxError`.
 */
export function parseDuration(text: string): number {
  if (text === '0') return 0;
  if (text === '') throw new DurationSyntaxError('empty duration string');
  let total = 0;
  let lastUnit = -1;
  let at = 0;
  while (at < text.length) {
    const digits = skip(text, at, true);
    const end = skip(text, digits, false);
    if (digits === at || end === digits || !fitsCount(text.slice(at, digits))) throw malformed(text);
    const name = text.slice(digits, end);
    const unit = UNITS.findIndex((candidate) => candidate.name === name);
    if (unit < 0) throw new DurationSyntaxError(`unknown unit ${goQuote(name)} in duration ${goQuote(text)}`);
    if (unit <= lastUnit) throw malformed(text);
    lastUnit = unit;
    total += Number(text.slice(at, digits)) * UNITS[unit]!.ms;
    if (total > DURATION_MS_MAX) throw new DurationSyntaxError('duration out of range');
    at = end;
  }
  return total;
}

/** Prints whole milliseconds as Prometheus does: `5400000` is `1h30m`, `0` is `0s`. */
export function formatDuration(ms: number): string {
  if (ms === 0) return '0s';
  let text = ms < 0 ? '-' : '';
  let rest = Math.abs(ms);
  for (const unit of UNITS) {
    if (unit.onlyWhole && rest % unit.ms !== 0) continue;
    const count = Math.floor(rest / unit.ms);
    if (count > 0) text += `${count}${unit.name}`;
    rest -= count * unit.ms;
  }
  return text;
}

function skip(text: string, from: number, digits: boolean): number {
  let at = from;
  while (at < text.length && isDigit(text.charCodeAt(at)) === digits) at++;
  return at;
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

function fitsCount(digits: string): boolean {
  if (digits.length < 20) return true;
  const significant = digits.replace(/^0+/, '');
  return significant.length < 20 || (significant.length === 20 && BigInt(significant) <= COUNT_MAX);
}

function malformed(text: string): DurationSyntaxError {
  return new DurationSyntaxError(`not a valid duration string: ${goQuote(text)}`);
}
