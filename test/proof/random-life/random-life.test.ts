import { describe, expect, it } from 'vitest';
import { findProgram } from '../../../bench/peers/find-program.ts';
import { versionOf } from '../../tsdb/prometheus-process.ts';
import { liveRandomLife } from './random-life.ts';

const prometheus = findProgram('prometheus');
/** A 2.x, as distributions have it. */
const isOld = prometheus !== null && (versionOf(prometheus) ?? 3) < 3;

describe.skipIf(prometheus === null)(
  `a directory that goes to and fro${prometheus === null ? ' (skips without a Prometheus)' : ''}`,
  () => {
    // More and longer ones: run.ts beside this.
    const lives = isOld ? [{ seed: 8811, steps: 12 }] : [29, 51].map((seed) => ({ seed, steps: 14 }));
    it.for(lives)('holds after a random life what the same life leaves a Prometheus with, %o', async (life) => {
      const reports: string[] = [];
      await liveRandomLife({ ...life, prometheus: prometheus!, isOld, onStep: (report) => reports.push(report) });
      expect(reports.some((report) => report.includes('SIGKILL'))).toBe(true);
      expect(reports.some((report) => report.includes('prometheus has the directory'))).toBe(true);
      expect(reports.some((report) => report.includes('narthex has the directory'))).toBe(true);
    });
  },
);
