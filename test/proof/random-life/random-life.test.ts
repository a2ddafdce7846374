import { describe, expect, it } from 'vitest';
import { findProgram } from '../../../bench/peers/find-program.ts';
import { versionOf } from '../../tsdb/prometheus-process.ts';
import { liveRandomLife } from './random-life.ts';

const prometheus = findProgram('prometheus');
// Compactions must come each second, not each minute: 2.42 has no flag for it.
const isMissing = prometheus === null || (versionOf(prometheus) ?? 3) < 3;

describe.skipIf(isMissing)(
  `a directory that goes to and fro${isMissing ? ' (skips without a Prometheus of 3.x)' : ''}`,
  () => {
    // More and longer ones: run.ts beside this.
    it.for([29, 51])('holds after a random life what the same life leaves a Prometheus with, seed %i', async (seed) => {
      const reports: string[] = [];
      await liveRandomLife({ seed, steps: 14, prometheus: prometheus!, onStep: (report) => reports.push(report) });
      expect(reports.some((report) => report.includes('SIGKILL'))).toBe(true);
      expect(reports.some((report) => report.includes('prometheus has the directory'))).toBe(true);
    });
  },
);
