import { blockEnd } from '../../kernels/blocks.ts';
import {
  civilDay,
  dayOfSeconds,
  daysInMonth as daysOfMonth,
  dayOfYear as ordinalDay,
  secondOfDay,
  dayOfWeek as weekdayOf,
} from './civil-day.ts';
import type { InstantFunction } from './contracts.ts';
import { copyFloats } from './instant-math.ts';

/** Functions of moments given in seconds since the epoch, in UTC. */
export const minute = ofSeconds((seconds) => Math.floor(secondOfDay(seconds) / 60) % 60);
export const hour = ofSeconds((seconds) => Math.floor(secondOfDay(seconds) / 3600));
export const dayOfWeek = ofSeconds((seconds) => weekdayOf(dayOfSeconds(seconds)));
export const dayOfMonth = ofSeconds((seconds) => civilDay(dayOfSeconds(seconds)).day);
export const dayOfYear = ofSeconds((seconds) => ordinalDay(civilDay(dayOfSeconds(seconds))));
export const month = ofSeconds((seconds) => civilDay(dayOfSeconds(seconds)).month);
export const year = ofSeconds((seconds) => civilDay(dayOfSeconds(seconds)).year);
export const daysInMonth = ofSeconds((seconds) => {
  const day = civilDay(dayOfSeconds(seconds));
  return daysOfMonth(day.year, day.month);
});

function ofSeconds(f: (seconds: number) => number): InstantFunction {
  return (input, out, { spend }) => {
    copyFloats(input, out, spend);
    const { values, present } = out;
    for (let i = 0; i < present.length; ) {
      const stop = blockEnd(i, present.length, spend);
      for (; i < stop; i++) if (present[i] === 1) values[i] = f(wholeSeconds(values[i]!));
    }
  };
}

/**
 * NaN and what lies beyond 64 bits become the smallest 64-bit integer, as the reference's conversion on x86-64 does, and
 * that one's calendar wraps around to 2^63.
 */
function wholeSeconds(value: number): number {
  return value >= -(2 ** 63) && value < 2 ** 63 ? Math.trunc(value) : 2 ** 63;
}
