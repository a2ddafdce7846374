import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

/** What the system calls the unit of `/proc/stat`: a hundredth of a second on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;
/** The place of `steal` in the first line: user, nice, system, idle, iowait, irq, softirq, steal (proc_stat(5)). */
const STEAL = 8;

/**
 * Processor time, in seconds of all cores, that this machine wanted and its host gave to others, since it was started; null where the
 * system does not tell.
 */
export function stolenSeconds(): number | null {
  let text: string;
  try {
    text = readFileSync('/proc/stat', 'latin1');
  } catch {
    return null;
  }
  return parseStolenSeconds(text);
}

/** As `stolenSeconds`, out of the text of `/proc/stat`. */
export function parseStolenSeconds(text: string): number | null {
  const ticks = Number(/^cpu .*/.exec(text)?.[0].split(/ +/)[STEAL]);
  return Number.isFinite(ticks) ? ticks / TICKS_PER_SECOND : null;
}

/** A line for below a table: how far the host, and not what was measured, made times longer. */
export function stolenLine(stolen: number, elapsed: number): string {
  const share = (100 * stolen) / (elapsed * availableParallelism());
  return `The host took ${stolen.toFixed(1)} s of processor time in ${elapsed.toFixed(0)} s (${share.toFixed(0)} % of this machine's).`;
}
