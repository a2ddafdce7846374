import type { Clock } from '../std/clock.ts';
import { CounterCell, GaugeCell, HistogramCell, type MetricCell, SummaryCell } from './cells.ts';
import { type FamilyKind, renderFamily, renderReading } from './exposition-text.ts';
import type { Family, FamilyOptions, LabelValues, Registry } from './registry.ts';

/** The registry that a running server uses. The clock ages the windows of summaries. */
export function createRegistry(clock: Clock): Registry {
  const entries = new Map<string, Entry>();

  function family<C extends MetricCell>(kind: FamilyKind, options: FamilyOptions, create: () => C): Family<C> {
    const known = entries.get(options.name);
    if (known instanceof CellFamily && known.kind === kind && sameNames(known.options, options))
      return known as CellFamily<C>;
    if (known !== undefined) throw new Error(`Cannot register metric ${options.name}: it exists in another form`);
    const made = new CellFamily(kind, options, create);
    entries.set(options.name, made);
    return made;
  }

  function reading(kind: 'counter' | 'gauge', options: FamilyOptions, read: Reading['read']): void {
    if (entries.has(options.name)) throw new Error(`Cannot register metric ${options.name}: it is registered already`);
    entries.set(options.name, { kind, options, read });
  }

  const single = (read: () => number) => (): Iterable<readonly [LabelValues, number]> => [[[], read()]];

  return {
    counter: (options) => family('counter', options, () => new CounterCell()),
    gauge: (options) => family('gauge', options, () => new GaugeCell()),
    histogram: (options) => family('histogram', options, () => new HistogramCell(options.buckets)),
    summary: (options) => family('summary', options, () => new SummaryCell(options.quantiles, clock)),
    counterFrom: (options, read) => reading('counter', options, single(read)),
    gaugeFrom: (options, read) => reading('gauge', options, single(read)),
    gaugesFrom: (options, read) => reading('gauge', options, read),
    countersFrom: (options, read) => reading('counter', options, read),
    render() {
      const names = [...entries.keys()].sort();
      return names.map((name) => renderEntry(entries.get(name)!)).join('');
    },
  };
}

/** Metrics that keep no value of their own. */
interface Reading {
  readonly kind: 'counter' | 'gauge';
  readonly options: FamilyOptions;
  readonly read: () => Iterable<readonly [LabelValues, number]>;
}

type Entry = CellFamily<MetricCell> | Reading;

function renderEntry(entry: Entry): string {
  if (entry instanceof CellFamily) return renderFamily(entry.kind, entry.options, entry.children());
  return renderReading(entry.kind, entry.options, entry.read());
}

/** Joins label values to a key; it can not come out of valid UTF-8. */
const SEPARATOR = '\ud800';

class CellFamily<C extends MetricCell> implements Family<C> {
  readonly kind: FamilyKind;
  readonly options: FamilyOptions;
  readonly #create: () => C;
  readonly #children = new Map<string, { readonly values: LabelValues; readonly cell: C }>();

  constructor(kind: FamilyKind, options: FamilyOptions, create: () => C) {
    this.kind = kind;
    this.options = options;
    this.#create = create;
    // A metric without labels exists from the start, so that its zero can be seen.
    if ((options.labelNames ?? []).length === 0) this.with();
  }

  with(...values: string[]): C {
    const key = values.join(SEPARATOR);
    const known = this.#children.get(key);
    if (known !== undefined) return known.cell;
    const names = this.options.labelNames ?? [];
    if (values.length !== names.length)
      throw new Error(`Metric ${this.options.name} has ${names.length} labels, not ${values.length}`);
    const cell = this.#create();
    this.#children.set(key, { values, cell });
    return cell;
  }

  remove(...values: string[]): void {
    this.#children.delete(values.join(SEPARATOR));
  }

  /** Children by label values. */
  children(): readonly { readonly values: LabelValues; readonly cell: C }[] {
    const keys = [...this.#children.keys()].sort();
    return keys.map((key) => this.#children.get(key)!);
  }
}

function sameNames(a: FamilyOptions, b: FamilyOptions): boolean {
  return (a.labelNames ?? []).join(SEPARATOR) === (b.labelNames ?? []).join(SEPARATOR);
}
