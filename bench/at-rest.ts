import { setTimeout as sleep } from 'node:timers/promises';
import { request } from 'undici';
import type { RunningServer } from './peers/server.ts';
import { processUse } from './process-tree.ts';

/** A head that spans more is moved to blocks, by Prometheus and by Narthex, at the next full minute since the start. */
const HEAD_SPAN_SECONDS = 3 * 3600;
const LOOK_MS = 500;
/** So many looks in a row at less than `CALM_SHARE` of one core are rest. */
const CALM_LOOKS = 4;
const CALM_SHARE = 0.05;
/** Two rounds of maintenance, and what they take. */
const WAIT_MS = 150_000;

/**
 * Waits until what was written lies where it will stay, and nobody works at it any more. Right after a fill all of it is in
 * the head: whoever is measured then, or while it is moved, is measured in a state that no server is in for longer than a minute.
 */
export async function untilAtRest(servers: readonly RunningServer[], end: number): Promise<void> {
  const began = performance.now();
  for (let calm = 0; calm < CALM_LOOKS; ) {
    if (performance.now() - began > WAIT_MS) {
      console.log('The servers are still at work minutes after the fill: what follows is measured meanwhile');
      return;
    }
    const before = servers.map(({ pid }) => processUse(pid).cpuSeconds);
    await sleep(LOOK_MS);
    const shares = servers.map(({ pid }, i) => (processUse(pid).cpuSeconds - before[i]!) / (LOOK_MS / 1000));
    const isCalm = shares.every((share) => share < CALM_SHARE);
    calm = isCalm && (calm > 0 || (await areHeadsShort(servers, end))) ? calm + 1 : 0;
  }
}

async function areHeadsShort(servers: readonly RunningServer[], end: number): Promise<boolean> {
  for (const { competitor, url } of servers) {
    // VictoriaMetrics has no head: it merges as it goes.
    if (competitor.kind === 'victoria') continue;
    const { body } = await request(`${url}/metrics`);
    const found = /^prometheus_tsdb_head_min_time_seconds (\S+)/m.exec(await body.text());
    if (end / 1000 - Number(found?.[1]) > HEAD_SPAN_SECONDS) return false;
  }
  return true;
}
