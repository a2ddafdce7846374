import { goFloatFromText } from './go-float.ts';

/**
 * A moment as a time parameter of the API names it. Whole seconds are a bigint because clients send moments that lie
 * outside every calendar ("the beginning of time"), and the reference answers those with wrapped 64-bit arithmetic.
 */
export interface Moment {
  /** Seconds since the epoch, a signed 64-bit integer. */
  readonly seconds: bigint;
  /** 0 to 999,999,999. */
  readonly nanoseconds: number;
}

/** The moments that stand for "no limit" where a time range is optional. */
export const MIN_MOMENT: Moment = { seconds: -9_223_309_901_257_974n, nanoseconds: 0 };
export const MAX_MOMENT: Moment = { seconds: 9_223_309_901_257_974n, nanoseconds: 999_999_999 };

/** How the reference prints those two; its own parser refuses years of more than four digits otherwise. */
const MIN_MOMENT_TEXT = '-292273086-05-16T16:47:06Z';
const MAX_MOMENT_TEXT = '292277025-08-18T07:12:54.999999999Z';

const NANOSECONDS = 1_000_000_000n;

/** Reads seconds since the epoch (rounded to milliseconds) or RFC 3339; null where `text` is neither. */
export function momentFromText(text: string): Moment | null {
  const seconds = goFloatFromText(text);
  if (seconds !== null) return momentFromSeconds(seconds);
  if (text === MIN_MOMENT_TEXT) return MIN_MOMENT;
  if (text === MAX_MOMENT_TEXT) return MAX_MOMENT;
  return momentFromRfc3339(text);
}

/** `ms` since the epoch, fractions down to nanoseconds. */
export function momentFromMs(ms: number): Moment {
  const seconds = Math.floor(ms / 1000);
  return { seconds: BigInt(seconds), nanoseconds: Math.round((ms - seconds * 1000) * 1e6) };
}

/** Negative, zero or positive, as `a` lies before, at or after `b`. */
export function compareMoments(a: Moment, b: Moment): number {
  const x = comparedSeconds(a);
  const y = comparedSeconds(b);
  if (x !== y) return x < y ? -1 : 1;
  return a.nanoseconds - b.nanoseconds;
}

/** From the first second of the year 1 to the epoch. */
const YEAR_ONE_SECONDS = 62_135_596_800n;

/** The reference counts seconds from the year 1, in 64 bits that wrap: moments that are no numbers show it. */
function comparedSeconds({ seconds }: Moment): bigint {
  return BigInt.asIntN(64, seconds + YEAR_ONE_SECONDS);
}

/** Nanoseconds from `a` to `b`, kept within 64 bits. */
export function nanosecondsBetween(a: Moment, b: Moment): bigint {
  const difference = (comparedSeconds(b) - comparedSeconds(a)) * NANOSECONDS + BigInt(b.nanoseconds - a.nanoseconds);
  const limit = 2n ** 63n;
  return difference >= limit ? limit - 1n : difference < -limit ? -limit : difference;
}

/** Milliseconds for a query's evaluation: nanoseconds in 64 bits that wrap, then cut to milliseconds. */
export function evaluationMs(moment: Moment): number {
  const nanoseconds = BigInt.asIntN(64, moment.seconds * NANOSECONDS + BigInt(moment.nanoseconds));
  return Number(nanoseconds / 1_000_000n);
}

/** Milliseconds for a storage range, kept within the integers that a number can hold exactly. */
export function storageMs(moment: Moment): number {
  return Math.max(-Number.MAX_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, momentMs(moment)));
}

/** Milliseconds since the epoch, in 64 bits that wrap; what is left of the last one is cut off. */
export function momentMs({ seconds, nanoseconds }: Moment): number {
  return Number(BigInt.asIntN(64, seconds * 1000n + BigInt(Math.trunc(nanoseconds / 1e6))));
}

/** Seconds of a duration, rounded as the reference does: whole seconds plus the rest. */
export function secondsFromNanoseconds(duration: bigint): number {
  return Number(duration / NANOSECONDS) + Number(duration % NANOSECONDS) / 1e9;
}

/** A double as a 64-bit integer the way amd64 converts it: what does not fit becomes the smallest one. */
export function int64FromDouble(value: number): bigint {
  if (!(Math.abs(value) < 2 ** 63)) return -(2n ** 63n);
  return BigInt(Math.trunc(value));
}

function momentFromSeconds(value: number): Moment {
  const whole = Math.trunc(value);
  const fraction = Number.isFinite(value) ? Math.round((value - whole) * 1000) / 1000 : Number.NaN;
  const nanoseconds = int64FromDouble(fraction * 1e9);
  let carry = nanoseconds / NANOSECONDS;
  let rest = nanoseconds - carry * NANOSECONDS;
  if (rest < 0n) {
    rest += NANOSECONDS;
    carry -= 1n;
  }
  return { seconds: BigInt.asIntN(64, int64FromDouble(whole) + carry), nanoseconds: Number(rest) };
}

const RFC3339 = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:[.,](\d+))?(?:Z|([+-])(\d\d):(\d\d))$/;

function momentFromRfc3339(text: string): Moment | null {
  const match = RFC3339.exec(text);
  if (match === null) return null;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return null;
  if (hour > 23 || minute > 59 || second > 59) return null;
  const offsetHours = Number(match[9] ?? 0);
  const offsetMinutes = Number(match[10] ?? 0);
  // Some write 24 hours or 60 minutes, and the reference takes them.
  if (offsetHours > 24 || offsetMinutes > 60) return null;
  const offset = (offsetHours * 3600 + offsetMinutes * 60) * (match[8] === '-' ? -1 : 1);
  const seconds = daysFromCivil(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second - offset;
  return { seconds: BigInt(seconds), nanoseconds: Number((match[7] ?? '').slice(0, 9).padEnd(9, '0')) };
}

function daysInMonth(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** Days from 1970-01-01 in the proleptic Gregorian calendar; years are counted from March so that leap days end them. */
function daysFromCivil(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}
