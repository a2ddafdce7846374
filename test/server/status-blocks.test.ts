import { afterEach, expect, test } from 'vitest';
import { labelsFromObject } from '../../src/model/labels.ts';
import { systemClock } from '../../src/std/clock.ts';
import { nodeFiles } from '../../src/std/node-files.ts';
import { silentLog } from '../../src/telemetry/log.ts';
import { isUlid } from '../../src/tsdb/block/block-meta.ts';
import { openDatabase } from '../../src/tsdb/tsdb.ts';
import { askData } from '../support/ask.ts';
import { batchOf } from '../tsdb/head-support.ts';
import { Workbench } from './narthex-process.ts';

const bench = new Workbench();
afterEach(() => bench.cleanUp());

const HOUR = 3_600_000;

test('/api/v1/status/tsdb/blocks gives the meta.json of each block, the oldest first', async () => {
  const directory = bench.directory({ 'prometheus.yml': 'global: {}\n' });
  const data = `${directory}/data`;
  const now = Math.floor(Date.now() / (2 * HOUR)) * 2 * HOUR;
  const database = await openDatabase({ directory: data, fileSystem: nodeFiles, clock: systemClock, log: silentLog });
  for (let time = now - 9 * HOUR; time < now; time += HOUR) {
    const appender = database.appender();
    appender.append(batchOf([[appender.resolve(labelsFromObject({ __name__: 'up' })), time, 1]]));
    appender.commit();
  }
  await database.compact();
  await database.close();
  const metas = nodeFiles
    .readDirectorySync(data)
    .filter(({ name }) => isUlid(name))
    .map(({ name }) => JSON.parse(new TextDecoder().decode(nodeFiles.readFileSync(`${data}/${name}/meta.json`))))
    .sort((a, b) => a.minTime - b.minTime);
  expect(metas.length).toBeGreaterThan(1);
  const url = await bench.start(directory).ready();
  expect(await askData(url, 'status/tsdb/blocks', {})).toEqual({ blocks: metas });
});
