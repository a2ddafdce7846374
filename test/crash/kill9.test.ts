import { expect, it } from 'vitest';
import { kill9 } from './kill9.ts';

it('a database killed with SIGKILL at 20 random moments has every acknowledged sample, late ones in compaction too', {
  timeout: 900_000,
}, async () => {
  const reports: string[] = [];
  await kill9(20, 20_261_121, (report) => reports.push(report));
  expect(reports.length).toBe(20);
});
