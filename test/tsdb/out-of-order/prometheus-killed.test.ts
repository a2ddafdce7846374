import { expect, it } from 'vitest';
import { findProgram } from '../../../bench/peers/find-program.ts';
import { versionOf } from '../prometheus-process.ts';
import { killPrometheus } from './prometheus-killed.ts';

const prometheus = findProgram('prometheus');
const promtool = findProgram('promtool');
const isNew = prometheus !== null && promtool !== null && (versionOf(prometheus) ?? 3) >= 3;

it.skipIf(!isNew)(
  `every acknowledged sample is found in what a killed Prometheus left (${isNew ? prometheus : 'no Prometheus of 3.x: skipped'})`,
  async () => {
    for (let seed = 1; seed <= 4; seed++) {
      const { acknowledged, lostByUs } = await killPrometheus(prometheus!, promtool!, seed);
      expect(acknowledged).toBeGreaterThan(10_000);
      expect(lostByUs).toBe(0);
    }
  },
);
