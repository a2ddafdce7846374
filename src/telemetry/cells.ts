import type { Clock } from '../std/clock.ts';
import { QuantileWindow } from './quantile-window.ts';
import type { Counter, Gauge, HistogramObserver, Observer } from './registry.ts';

/** What one child of a family holds. Callers on hot paths keep the cell; none of its calls allocates. */
export type MetricCell = CounterCell | GaugeCell | HistogramCell | SummaryCell;

export class CounterCell implements Counter {
  value = 0;

  inc(by = 1): void {
    // Also refuses NaN, after which the counter would never count again.
    if (by > 0) this.value += by;
  }
}

export class GaugeCell implements Gauge {
  value = 0;

  set(value: number): void {
    this.value = value;
  }

  add(by: number): void {
    this.value += by;
  }
}

export class HistogramCell implements HistogramObserver {
  readonly bounds: Float64Array;
  /** Observations per bucket, not cumulated; the last one is above all bounds. */
  readonly counts: Float64Array;
  sum = 0;

  constructor(buckets: readonly number[]) {
    this.bounds = Float64Array.from(buckets);
    this.counts = new Float64Array(buckets.length + 1);
  }

  observe(value: number): void {
    const { bounds, counts } = this;
    let at = 0;
    while (at < bounds.length && value > bounds[at]!) at++;
    // Not a number lies below no bound.
    if (Number.isNaN(value)) at = bounds.length;
    counts[at]!++;
    this.sum += value;
  }

  addAll(counts: readonly number[], sum: number): void {
    for (let i = 0; i < this.counts.length; i++) this.counts[i]! += counts[i] ?? 0;
    this.sum += sum;
  }
}

export class SummaryCell implements Observer {
  readonly quantiles: readonly number[];
  readonly window: QuantileWindow;
  count = 0;
  sum = 0;

  constructor(quantiles: readonly number[], clock: Clock) {
    this.quantiles = quantiles;
    this.window = new QuantileWindow(clock);
  }

  observe(value: number): void {
    this.count++;
    this.sum += value;
    this.window.observe(value);
  }
}
