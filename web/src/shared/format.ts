import type { Metric } from './api.ts';

/** `name{a="b"}` as PromQL writes it; names that need quotes get them. */
export function metricText(metric: Metric): string {
  const name = metric['__name__'] ?? '';
  const plain = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(name);
  const labels = Object.entries(metric)
    .filter(([label]) => label !== '__name__')
    .map(([label, value]) => `${labelText(label)}=${JSON.stringify(value)}`);
  if (name !== '' && !plain) labels.unshift(JSON.stringify(name));
  if (labels.length === 0) return plain ? name : '{}';
  return `${plain ? name : ''}{${labels.join(', ')}}`;
}

function labelText(label: string): string {
  return /^[a-zA-Z_][a-zA-Z0-9_]*$/.test(label) ? label : JSON.stringify(label);
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

/** A Prometheus duration in milliseconds, or null where the text is none. */
export function durationMs(text: string): number | null {
  const parts = [...text.trim().matchAll(/(\d+)(ms|[smhdwy])/g)];
  if (parts.length === 0 || parts.map((part) => part[0]).join('') !== text.trim()) return null;
  const sizes: Record<string, number> = { ...Object.fromEntries(UNITS), y: 31_536_000_000 };
  return parts.reduce((sum, part) => sum + Number(part[1]) * sizes[part[2]!]!, 0);
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

export function localTime(ms: number): string {
  const date = new Date(ms - new Date(ms).getTimezoneOffset() * 60_000);
  return date.toISOString().slice(0, 19).replace('T', ' ');
}

export function agoText(iso: string): string {
  const ms = Date.now() - Date.parse(iso);
  if (!Number.isFinite(ms) || iso.startsWith('0001')) return 'never';
  if (ms < 60_000) return `${(Math.max(0, ms) / 1000).toFixed(1)} s ago`;
  return `${durationText(Math.floor(ms / 1000) * 1000)} ago`;
}
