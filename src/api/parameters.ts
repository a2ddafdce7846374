import { parseDuration } from '../model/duration.ts';
import { goFloatFromText } from '../model/go-float.ts';
import { goQuote } from '../model/labels.ts';
import { int64FromDouble, type Moment, momentFromText } from '../model/timestamp.ts';
import { invalidParameter } from './api-error.ts';
import type { Form } from './form.ts';

/** No number and no time that means anything is so long; what is wrong with longer texts is told of their beginning. */
const TEXT_LENGTH_MAX = 10_000;

function quoted(text: string): string {
  return text.length > TEXT_LENGTH_MAX ? `${goQuote(text.slice(0, TEXT_LENGTH_MAX))}...` : goQuote(text);
}

function momentFrom(text: string): Moment | null {
  return text.length > TEXT_LENGTH_MAX ? null : momentFromText(text);
}

/** A time that must be there. */
export function requiredTime(form: Form, name: string): Moment {
  const text = form.get(name);
  const moment = momentFrom(text);
  if (moment === null) throw invalidParameter(name, `cannot parse ${quoted(text)} to a valid timestamp`);
  return moment;
}

/** A time that has a default where it is absent or empty. */
export function optionalTime(form: Form, name: string, whenAbsent: Moment): Moment {
  const text = form.get(name);
  if (text === '') return whenAbsent;
  const moment = momentFrom(text);
  if (moment !== null) return moment;
  throw invalidParameter(name, `invalid time value for '${name}': cannot parse ${quoted(text)} to a valid timestamp`);
}

/** The `limit` parameter; 0 means none. */
export function limitParameter(form: Form): number {
  const text = form.get('limit');
  if (text === '') return 0;
  const parsed = integerFromText(text);
  if (typeof parsed === 'string') throw invalidParameter('limit', parsed);
  if (parsed < 0) throw invalidParameter('limit', 'limit must be non-negative');
  return parsed;
}

const INT64_DIGITS = 19;

/** Go's Atoi, or with 32 bits its ParseInt: the number, or what is wrong in its words. */
export function integerFromText(text: string, bits: 64 | 32 = 64): number | string {
  const refused = `strconv.${bits === 64 ? 'Atoi' : 'ParseInt'}: parsing ${quoted(text)}`;
  if (text.length > TEXT_LENGTH_MAX || !/^[+-]?\d+$/.test(text)) return `${refused}: invalid syntax`;
  const digits = text.replace(/^[+-]?0*/, '');
  // Reading millions of digits takes seconds.
  if (digits.length > INT64_DIGITS) return `${refused}: value out of range`;
  const value = BigInt(`${text.startsWith('-') ? '-' : ''}${digits || '0'}`);
  return value === BigInt.asIntN(bits, value) ? Number(value) : `${refused}: value out of range`;
}

const TRUE_TEXTS = ['1', 't', 'T', 'TRUE', 'true', 'True'];
const FALSE_TEXTS = ['0', 'f', 'F', 'FALSE', 'false', 'False'];

/** Go's ParseBool: the value, or what is wrong in its words. */
export function booleanFromText(text: string): boolean | string {
  if (TRUE_TEXTS.includes(text)) return true;
  if (FALSE_TEXTS.includes(text)) return false;
  return `strconv.ParseBool: parsing ${quoted(text)}: invalid syntax`;
}

/** Nanoseconds of a duration in seconds (`15`, `0.5`) or with units (`1h30m`); a text says what is wrong. */
export function durationFromText(text: string): bigint | string {
  if (text.length > TEXT_LENGTH_MAX) return `cannot parse ${quoted(text)} to a valid duration`;
  const seconds = goFloatFromText(text);
  if (seconds !== null) {
    const nanoseconds = seconds * 1e9;
    if (Math.abs(nanoseconds) > 2 ** 63) {
      return `cannot parse ${quoted(text)} to a valid duration. It overflows int64`;
    }
    return int64FromDouble(nanoseconds);
  }
  try {
    return BigInt(parseDuration(text)) * 1_000_000n;
  } catch {
    return `cannot parse ${quoted(text)} to a valid duration`;
  }
}

/** A duration that a request gives, in nanoseconds. Throws `ApiError` where it is missing or none. */
export function durationParameter(form: Form, name: string): bigint {
  const duration = durationFromText(form.get(name));
  if (typeof duration === 'string') throw invalidParameter(name, duration);
  return duration;
}

/** Milliseconds with fractions of the smallest durations kept. */
export function msFromNanoseconds(nanoseconds: bigint): number {
  return Number(nanoseconds) / 1e6;
}
