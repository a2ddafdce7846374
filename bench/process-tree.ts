import { readdirSync, readFileSync } from 'node:fs';

/** Clock ticks a second of `/proc/PID/stat`; 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

export interface ProcessUse {
  /** User and system time of the process, its descendants and the children it has waited for, in seconds. */
  readonly cpuSeconds: number;
  /** Resident bytes of the process and its descendants. */
  readonly residentBytes: number;
}

/** What a process and everything it started have used so far, from `/proc`. */
export function processUse(pid: number): ProcessUse {
  let cpuTicks = 0;
  let residentBytes = 0;
  for (const member of descendants(pid)) {
    try {
      const stat = readFileSync(`/proc/${member}/stat`, 'latin1');
      // The command name, in parentheses, may hold spaces; fields 14 to 17 are utime, stime, cutime, cstime.
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      cpuTicks += Number(fields[11]) + Number(fields[12]) + Number(fields[13]) + Number(fields[14]);
      const resident = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${member}/status`, 'latin1'));
      residentBytes += Number(resident?.[1] ?? 0) * 1024;
    } catch {
      // The process ended between the listing and the reading.
    }
  }
  return { cpuSeconds: cpuTicks / TICKS_PER_SECOND, residentBytes };
}

function descendants(root: number): number[] {
  const children = new Map<number, number[]>();
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      const stat = readFileSync(`/proc/${entry}/stat`, 'latin1');
      const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
      children.set(parent, [...(children.get(parent) ?? []), Number(entry)]);
    } catch {
      // The process ended between the listing and the reading.
    }
  }
  const members = [root];
  for (let i = 0; i < members.length; i++) members.push(...(children.get(members[i]!) ?? []));
  return members;
}
