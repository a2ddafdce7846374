import { nodeFiles } from '../../src/std/node-files.ts';
import { newUlid } from '../../src/std/ulid.ts';
import { compactBlocks } from '../../src/tsdb/compact/compact-blocks.ts';

/** Compacts the blocks that are named behind the directory, and prints what it cost as JSON. Run by the compaction bench. */
const [directory, ...ulids] = process.argv.slice(2);
const before = process.cpuUsage();
const residentBefore = process.memoryUsage.rss();
let residentMax = residentBefore;
let calls = 0;
/** A look at the memory takes 0.2 ms, so not each time. */
const progress = (): void => {
  if (calls++ % 16 === 0) residentMax = Math.max(residentMax, process.memoryUsage.rss());
};
const meta = compactBlocks(nodeFiles, { directory: directory!, ulids, ulid: newUlid(Date.now()), progress });
progress();
const { user, system } = process.cpuUsage(before);
const cpuSeconds = (user + system) / 1e6;
console.log(JSON.stringify({ ulid: meta?.ulid, cpuSeconds, extraBytes: residentMax - residentBefore }));
