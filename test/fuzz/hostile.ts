/** Prints what each hostile query ends with, how long it takes and how long it holds the thread: `node test/fuzz/hostile.ts`. */
import { HOSTILE_QUERIES, hostileStorage, runHostile } from './hostile-queries.ts';

const TIMEOUT_MS = 10_000;
const storage = hostileStorage();
for (const query of HOSTILE_QUERIES) {
  const { answer, ms, pieceMs } = await runHostile(storage, query, TIMEOUT_MS);
  const heap = Math.round(process.memoryUsage().rss / 2 ** 20);
  process.stdout.write(
    `${query.name.padEnd(36)} ${ms.toFixed(0).padStart(6)} ms, at most ${pieceMs.toFixed(0).padStart(5)} ms in one piece, ` +
      `${heap} MiB resident: ${answer.slice(0, 120)}\n`,
  );
}
