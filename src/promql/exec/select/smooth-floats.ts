import { blockEnd, type Spend } from '../../../kernels/blocks.ts';
import { firstLater } from '../../../kernels/first-later.ts';
import type { SampleColumn } from '../../../storage/query.ts';
import type { StepColumn } from '../../steps/step-column.ts';
import type { LookTimes } from './fill-newest.ts';

/** The neighbours of a moment: indexes into the samples, or -1 where there is none within the lookback. */
export interface Neighbours {
  readonly before: number;
  /** At the moment itself, or after it. */
  readonly after: number;
}

/** Finds the neighbours of rising moments; each call goes on where the one before stopped. */
export class NeighbourScan {
  readonly #times: Float64Array;
  readonly #length: number;
  readonly #lookback: number;
  #next = 0;

  constructor(times: Float64Array, length: number, lookback: number) {
    this.#times = times;
    this.#length = length;
    this.#lookback = lookback;
  }

  at(time: number): Neighbours {
    const times = this.#times;
    if (this.#next < this.#length && times[this.#next]! < time) {
      this.#next = firstLater(times, this.#next, this.#length, time);
      // A sample at the moment itself counts as after it.
      if (times[this.#next - 1] === time) this.#next--;
    }
    const before = this.#next - 1;
    const after = this.#next;
    return {
      before: before >= 0 && times[before]! > time - this.#lookback ? before : -1,
      after: after < this.#length && times[after]! <= time + this.#lookback ? after : -1,
    };
  }
}

/** Floats on the line between two neighbours; after the last sample, its value stays. */
export function fillSmoothed(samples: SampleColumn, look: LookTimes, out: StepColumn, spend: Spend): void {
  const { times, values, length } = samples;
  const scan = new NeighbourScan(times, length, look.lookback);
  for (let i = 0; i < out.present.length; ) {
    const stop = blockEnd(i, out.present.length, spend);
    for (; i < stop; i++) {
      const time = look.first + i * look.step;
      const { before, after } = scan.at(time);
      out.present[i] = 1;
      if (after >= 0 && times[after] === time) out.values[i] = values[after]!;
      else if (before >= 0 && after >= 0) out.values[i] = valueBetween(samples, before, after, time);
      else if (before >= 0) out.values[i] = values[before]!;
      else out.present[i] = 0;
    }
  }
}

/** The value at `time` on the line through two samples. */
export function valueBetween({ times, values }: SampleColumn, before: number, after: number, time: number): number {
  const rise = values[after]! - values[before]!;
  return values[before]! + (rise * (time - times[before]!)) / (times[after]! - times[before]!);
}
