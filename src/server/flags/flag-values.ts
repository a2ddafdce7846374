import { bytesFromText, bytesText } from '../../config/byte-size.ts';
import { formatDuration, parseDuration } from '../../model/duration.ts';
import { goDuration } from '../../model/go-duration.ts';
import type { FlagKind } from './flag-table.ts';

/** Durations are milliseconds, sizes bytes. */
export type FlagValue = boolean | number | string | readonly string[];

/** Reads the text of one flag. Throws an Error whose message is what the reference says about the text. */
export function flagValueFromText(kind: FlagKind, text: string): FlagValue {
  if (typeof kind === 'object') {
    if ('oneOf' in kind) {
      if (!kind.oneOf.includes(text)) throw new Error(kind.refusal(text));
      return text;
    }
    const unknown = text.split(',').find((item) => !kind.someOf.includes(item));
    if (unknown !== undefined)
      throw new Error(
        `unknown type for remote write protobuf message ${unknown}, supported: ${kind.someOf.join(', ')}`,
      );
    return text.split(',');
  }
  switch (kind) {
    case 'switch':
      return text === 'true';
    case 'text':
      return text;
    case 'texts':
      return text === '' ? [] : [text];
    case 'integer':
      return Math.trunc(numberFromText(text));
    case 'number':
      return numberFromText(text);
    case 'duration':
      return parseDuration(text);
    case 'goDuration':
      return goDurationMsFromText(text);
    case 'bytes':
      return bytesFromText(text);
  }
}

/** The value as `/api/v1/status/flags` shows it. */
export function flagValueText(kind: FlagKind, value: FlagValue): string {
  if (Array.isArray(value)) return value.join(',');
  if (kind === 'duration') return formatDuration(value as number);
  if (kind === 'goDuration') return goDuration(value as number);
  if (kind === 'bytes') return bytesText(value as number);
  return String(value);
}

/** What a value of this kind looks like, for the line that tells what would be right. */
export function flagValueExample(kind: FlagKind): string {
  if (typeof kind === 'object') return 'oneOf' in kind ? `one of ${kind.oneOf.join(', ')}` : kind.someOf.join(', ');
  switch (kind) {
    case 'switch':
      return 'no value';
    case 'text':
    case 'texts':
      return 'a text';
    case 'integer':
      return 'a whole number such as 20';
    case 'number':
      return 'a number such as 0.9';
    case 'duration':
      return 'a duration such as 30s, 5m or 1h30m';
    case 'goDuration':
      return 'a duration such as 2ms or 1.5s';
    case 'bytes':
      return 'a size with its unit such as 512MB';
  }
}

const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;

function numberFromText(text: string): number {
  if (!DECIMAL.test(text)) throw new Error(`strconv.ParseFloat: parsing ${JSON.stringify(text)}: invalid syntax`);
  return Number(text);
}

const GO_UNIT_MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};
const GO_PART = /^(\d+\.?\d*|\.\d+)([^\d.]*)/;

/** Go's own durations: decimals and units from ns to h. */
function goDurationMsFromText(text: string): number {
  const invalid = new Error(`time: invalid duration ${JSON.stringify(text)}`);
  const negative = text.startsWith('-');
  let rest = /^[-+]/.test(text) ? text.slice(1) : text;
  if (rest === '0') return 0;
  if (rest === '') throw invalid;
  let total = 0;
  while (rest !== '') {
    const part = GO_PART.exec(rest);
    if (part === null) throw invalid;
    if (part[2] === '') throw new Error(`time: missing unit in duration ${JSON.stringify(text)}`);
    const unit = GO_UNIT_MS[part[2]!];
    if (unit === undefined)
      throw new Error(`time: unknown unit ${JSON.stringify(part[2])} in duration ${JSON.stringify(text)}`);
    total += Number(part[1]) * unit;
    rest = rest.slice(part[0].length);
  }
  return negative ? -total : total;
}
