/** Label values of one child, in the order of the family's label names. */
export type LabelValues = readonly string[];

export interface FamilyOptions {
  readonly name: string;
  readonly help: string;
  readonly labelNames?: readonly string[];
}

/** Only goes up. */
export interface Counter {
  inc(by?: number): void;
  readonly value: number;
}

export interface Gauge {
  set(value: number): void;
  add(by: number): void;
  readonly value: number;
}

export interface Observer {
  observe(value: number): void;
}

export interface HistogramObserver extends Observer {
  /** Adds what was counted elsewhere: by bucket, not cumulated, the last one above all bounds, and the sum of all. */
  addAll(counts: readonly number[], sum: number): void;
}

export interface HistogramOptions extends FamilyOptions {
  /** Upper bounds, rising, without +Inf. */
  readonly buckets: readonly number[];
}

export interface SummaryOptions extends FamilyOptions {
  /** Quantiles to report over the last ten minutes, e.g. [0.5, 0.9, 0.99]. */
  readonly quantiles: readonly number[];
}

/** A metric family whose children are made on first use and kept by the caller on hot paths. */
export interface Family<T> {
  with(...values: string[]): T;
  remove(...values: string[]): void;
}

/**
 * The process' own metrics. Parts get a registry from the server and create their families once; `render` prints them
 * in the text format 0.0.4, families by name. Gauges and counters may be read through a callback at render time.
 */
export interface Registry {
  counter(options: FamilyOptions): Family<Counter>;
  gauge(options: FamilyOptions): Family<Gauge>;
  histogram(options: HistogramOptions): Family<HistogramObserver>;
  summary(options: SummaryOptions): Family<Observer>;
  /** Read when rendered. */
  counterFrom(options: FamilyOptions, read: () => number): void;
  gaugeFrom(options: FamilyOptions, read: () => number): void;
  /** Read when rendered, one value for each label set. */
  gaugesFrom(options: FamilyOptions, read: () => Iterable<readonly [LabelValues, number]>): void;
  countersFrom(options: FamilyOptions, read: () => Iterable<readonly [LabelValues, number]>): void;
  render(): string;
}
