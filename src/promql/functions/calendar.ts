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

/** The first second of the reference's calendar, on the 1st of March of the year -292277022400; it has 2^64 of them. */
const FIRST_SECOND = -9_223_372_028_741_760_000;

/**
 * NaN and what lies beyond 64 bits become the smallest 64-bit integer, as the reference's conversion on x86-64 does. What is before
 * the calendar, as that one, comes from its other end.
 */
function wholeSeconds(value: number): number {
  if (!(value >= -(2 ** 63) && value < 2 ** 63)) return 2 ** 63;
  return value < FIRST_SECOND ? value + 2 ** 64 : Math.trunc(value);
}
