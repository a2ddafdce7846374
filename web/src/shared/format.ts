import type { Metric } from './api.ts';

/** `name{a="b"}` as PromQL writes it. */
export function metricText(metric: Metric): string {
  const { name, members } = metricParts(metric);
  const inside = members.map(({ label, value }) => (label === '' ? value : `${label}=${value}`));
  return inside.length === 0 && name !== '' ? name : `${name}{${inside.join(', ')}}`;
}

/** What stands before the braces, and in them; names that PromQL takes in quotes only have them. */
export interface MetricParts {
  /** Empty: the metric has no name, or one that stands in the braces. */
  readonly name: string;
  /** `label` is empty for a metric's name. */
  readonly members: readonly { readonly label: string; readonly value: string }[];
}

export function metricParts(metric: Metric): MetricParts {
  const name = metric['__name__'] ?? '';
  const isPlain = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(name);
  const members = Object.entries(metric)
    .filter(([label]) => label !== '__name__')
    .map(([label, value]) => ({
      label: /^[a-zA-Z_][a-zA-Z0-9_]*$/.test(label) ? label : quoted(label),
      value: quoted(value),
    }));
  if (name !== '' && !isPlain) members.unshift({ label: '', value: quoted(name) });
  return { name: isPlain ? name : '', members };
}

/**
 * A PromQL string. Control characters are escaped, also those that turn the direction of writing: with them a value could
 * show as another one.
 */
export function quoted(text: string): string {
  return JSON.stringify(text).replace(
    /[\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060\u2066-\u2069\ufeff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

const UNITS: readonly (readonly [string, number])[] = [
  ['w', 604_800_000],
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
  ['ms', 1],
];

/** Milliseconds as a Prometheus duration: `1h30m`. */
export function durationText(ms: number): string {
  let rest = Math.round(ms);
  if (rest === 0) return '0s';
  let text = '';
  for (const [unit, size] of UNITS) {
    const count = Math.floor(rest / size);
    if (count > 0) text += `${count}${unit}`;
    rest -= count * size;
  }
  return text;
}

/** Ten thousand years: calendars of browsers go no further. */
const DURATION_MAX_MS = 315_360_000_000_000;

/** A Prometheus duration in milliseconds, more than nothing; null where the text is none, or one that no query can have. */
export function durationMs(text: string): number | null {
  const parts = [...text.trim().matchAll(/(\d+)(ms|[smhdwy])/g)];
  if (parts.length === 0 || parts.map((part) => part[0]).join('') !== text.trim()) return null;
  const sizes: Record<string, number> = { ...Object.fromEntries(UNITS), y: 31_536_000_000 };
  const ms = parts.reduce((sum, part) => sum + Number(part[1]) * sizes[part[2]!]!, 0);
  return ms > 0 && ms <= DURATION_MAX_MS ? ms : null;
}

/** A number for an axis or a tooltip: short, with an SI suffix where that is shorter. */
export function shortNumber(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (size >= 1e15 || (size > 0 && size < 1e-4)) return value.toExponential(2);
  for (const [suffix, unit] of [
    ['T', 1e12],
    ['G', 1e9],
    ['M', 1e6],
    ['k', 1e3],
  ] as const) {
    if (size >= 10 * unit || (size >= unit && unit > 1e3)) return `${trim(value / unit)}${suffix}`;
  }
  return trim(value);
}

function trim(value: number): string {
  return String(Number(value.toPrecision(4)));
}

/** How long ago the time of an answer (RFC 3339) was; the reference's zero time is `never`. */
export function agoText(iso: string): string {
  const ms = Date.now() - Date.parse(iso);
  if (!Number.isFinite(ms) || iso.startsWith('0001')) return 'never';
  if (ms < 60_000) return `${(Math.max(0, ms) / 1000).toFixed(1)} s ago`;
  return `${durationText(Math.floor(ms / 1000) * 1000)} ago`;
}
