import type { SampleColumn } from '../../storage/query.ts';
import { OPEN_SAMPLES_MAX } from './open-samples.ts';

/** The floats of one buffer taken out of it: the first samples of two columns, in the order of their times, each time once. */
export class SampleRun {
  readonly times = new Float64Array(OPEN_SAMPLES_MAX);
  /** Two words a value, low first. */
  readonly bits = new Uint32Array(2 * OPEN_SAMPLES_MAX);

  /** Puts a float at its place among the first `count`, fewer than the maximum; false where there is one of that time. */
  enter(count: number, time: number, low: number, high: number): boolean {
    const { bits, times } = this;
    let at = count;
    while (at > 0 && times[at - 1]! >= time) at--;
    if (at < count) {
      if (times[at] === time) return false;
      times.copyWithin(at + 1, at, count);
      bits.copyWithin(2 * at + 2, 2 * at, 2 * count);
    }
    times[at] = time;
    bits[2 * at] = low;
    bits[2 * at + 1] = high;
    return true;
  }

  /** True where a column of floats has sample `i`, which has this start time (ms, 0 = none), bit for bit. */
  isIn(column: SampleColumn, i: number, startTime: number): boolean {
    const { bits, length, startTimes, times } = column;
    const at = times.subarray(0, length).indexOf(this.times[i]!);
    if (at < 0 || bits[2 * at] !== this.bits[2 * i] || bits[2 * at + 1] !== this.bits[2 * i + 1]) return false;
    return (startTimes === null ? 0 : startTimes[at]!) === startTime;
  }
}
