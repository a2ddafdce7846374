// A time-series database in your own program: `node examples/database-in-your-program.ts`.
// In a project that has Narthex installed, the import is from 'narthex/tsdb'.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase, type Sample } from '../src/tsdb/library.ts';

const directory = mkdtempSync(join(tmpdir(), 'measurements-'));

// Measurements of two rooms, a minute apart.
const MINUTE = 60_000;
const start = Date.UTC(2026, 0, 1);
const samples: Sample[] = [18, 18.5, 19].flatMap((value, i) => [
  { labels: { __name__: 'temperature', room: 'hall' }, time: start + i * MINUTE, value },
  { labels: { __name__: 'temperature', room: 'study' }, time: start + i * MINUTE, value: value + 3 },
]);

let database = await openDatabase(directory);
const { appended } = database.append(samples);
console.log(`${appended} samples appended`);

// A sample that comes too late is refused; the others of the same call would still be stored.
const late = database.append([{ labels: { __name__: 'temperature', room: 'hall' }, time: start, value: 0 }]);
console.log(`refused: ${late.refused.map(({ reason }) => reason).join()}`);

// What was appended is there when the program comes back, also after a kill.
await database.close();
database = await openDatabase(directory);

const matchers = [{ type: '=~', name: 'room', value: 'h.*' }] as const;
for await (const series of database.select({ matchers, minTime: start, maxTime: start + MINUTE })) {
  console.log(`${series.labels}`);
  for (const [i, time] of series.times.entries()) {
    console.log(`  ${new Date(time).toISOString()} ${series.values[i]}`);
  }
}

await database.close();
rmSync(directory, { recursive: true });
