import { HistogramCell, type MetricCell, SummaryCell } from './cells.ts';
import type { FamilyOptions, LabelValues } from './registry.ts';

export type FamilyKind = 'counter' | 'gauge' | 'histogram' | 'summary';

/** One family in the text format 0.0.4; nothing at all where it has no children. */
export function renderFamily(
  kind: FamilyKind,
  options: FamilyOptions,
  children: readonly { readonly values: LabelValues; readonly cell: MetricCell }[],
): string {
  if (children.length === 0) return '';
  let text = header(kind, options);
  for (const { values, cell } of children) {
    const labels = labelsText(options.labelNames ?? [], values);
    if (cell instanceof HistogramCell) text += histogramText(options.name, labels, cell);
    else if (cell instanceof SummaryCell) text += summaryText(options.name, labels, cell);
    else text += line(options.name, labels, cell.value);
  }
  return text;
}

/** A family whose values are read at this moment. */
export function renderReading(
  kind: 'counter' | 'gauge',
  options: FamilyOptions,
  values: Iterable<readonly [LabelValues, number]>,
): string {
  let text = '';
  for (const [labelValues, value] of values)
    text += line(options.name, labelsText(options.labelNames ?? [], labelValues), value);
  return text === '' ? '' : header(kind, options) + text;
}

/** A number as Go's `strconv.FormatFloat(value, 'g', -1, 64)` writes it: `1.234567e+06`, `0.001`, `+Inf`. */
export function metricNumber(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  const text = value.toExponential();
  const mark = text.indexOf('e');
  const exponent = Number(text.slice(mark + 1));
  if (exponent >= -4 && exponent < 6) return String(value);
  const digits = String(Math.abs(exponent)).padStart(2, '0');
  return `${text.slice(0, mark)}e${exponent < 0 ? '-' : '+'}${digits}`;
}

function header(kind: FamilyKind, options: FamilyOptions): string {
  const help = options.help.replace(/\\/g, '\\\\').replace(/\n/g, '\\n');
  return `# HELP ${options.name} ${help}\n# TYPE ${options.name} ${kind}\n`;
}

function line(name: string, labels: string, value: number): string {
  return `${name}${labels === '' ? '' : `{${labels}}`} ${metricNumber(value)}\n`;
}

function labelsText(names: readonly string[], values: LabelValues): string {
  return names.map((name, i) => `${name}="${escapeValue(values[i] ?? '')}"`).join(',');
}

function escapeValue(value: string): string {
  return /[\\"\n]/.test(value) ? value.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n') : value;
}

function joined(labels: string, extra: string): string {
  return labels === '' ? extra : `${labels},${extra}`;
}

function histogramText(name: string, labels: string, cell: HistogramCell): string {
  let text = '';
  let count = 0;
  for (let i = 0; i < cell.counts.length; i++) {
    count += cell.counts[i]!;
    const bound = i < cell.bounds.length ? metricNumber(cell.bounds[i]!) : '+Inf';
    text += line(`${name}_bucket`, joined(labels, `le="${bound}"`), count);
  }
  return text + line(`${name}_sum`, labels, cell.sum) + line(`${name}_count`, labels, count);
}

function summaryText(name: string, labels: string, cell: SummaryCell): string {
  const values = cell.window.quantiles(cell.quantiles);
  let text = '';
  for (let i = 0; i < values.length; i++)
    text += line(name, joined(labels, `quantile="${metricNumber(cell.quantiles[i]!)}"`), values[i]!);
  return text + line(`${name}_sum`, labels, cell.sum) + line(`${name}_count`, labels, cell.count);
}
