import { readdirSync, readFileSync } from 'node:fs';

/**
 * Nanoseconds that the threads of a process have been at work, as the scheduler counts them. Ticks of `/proc/PID/stat`
 * are 10 ms each: too coarse for queries that take a tenth of that.
 */
export function threadNanoseconds(pid: number): number {
  const tasks = `/proc/${pid}/task`;
  let sum = 0;
  for (const task of readdirSync(tasks)) {
    try {
      sum += Number(readFileSync(`${tasks}/${task}/schedstat`, 'latin1').split(' ', 1)[0]);
    } catch {
      // The thread ended between the listing and the reading.
    }
  }
  return sum;
}
