import { readdirSync, readFileSync } from 'node:fs';

/**
 * Nanoseconds that each thread of a process has been at work, by its number, as the scheduler counts them. Ticks of
 * `/proc/PID/stat` are 10 ms each: too coarse for queries that take a tenth of that.
 */
export function threadNanoseconds(pid: number): ReadonlyMap<string, number> {
  const tasks = `/proc/${pid}/task`;
  const times = new Map<string, number>();
  for (const task of readdirSync(tasks)) {
    try {
      times.set(task, Number(readFileSync(`${tasks}/${task}/schedstat`, 'latin1').split(' ', 1)[0]));
    } catch {
      // The thread ended between the listing and the reading.
    }
  }
  return times;
}

/** What the threads that there are now have taken since. Those that ended meanwhile tell nothing, and take nothing away. */
export function nanosecondsSince(before: ReadonlyMap<string, number>, pid: number): number {
  let sum = 0;
  for (const [task, time] of threadNanoseconds(pid)) sum += time - (before.get(task) ?? 0);
  return sum;
}
