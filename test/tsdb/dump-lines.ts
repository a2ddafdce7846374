import { dumpDatabase } from '../../src/server/commands/tsdb-dump.ts';
import { nodeFiles } from '../../src/std/node-files.ts';
import { silentLog } from '../../src/telemetry/log.ts';

/** What a data directory holds, as `promtool tsdb dump` prints it, sorted. Changes nothing. */
export async function dumpLines(directory: string): Promise<string[]> {
  let text = '';
  await dumpDatabase({
    directory,
    fileSystem: nodeFiles,
    log: silentLog,
    range: { minTime: -Number.MAX_SAFE_INTEGER, maxTime: Number.MAX_SAFE_INTEGER },
    selectors: [[]],
    write: (part) => {
      text += part;
    },
  });
  return text
    .split('\n')
    .filter((line) => line !== '')
    .sort();
}
