import { setImmediate } from 'node:timers/promises';
import { Engine } from '../../promql/engine.ts';
import { functionImplementations } from '../../promql/functions/registry.ts';
import { InlineRunner } from '../../query/inline-runner.ts';
import type { QueryRequest } from '../../query/runner.ts';
import { systemClock } from '../../std/clock.ts';
import { FileSystemError } from '../../std/file-system.ts';
import { nodeFiles } from '../../std/node-files.ts';
import { createLog } from '../../telemetry/line-log.ts';
import { DamagedFile } from '../../tsdb/damaged-file.ts';
import { ReadOnlyDatabase } from '../../tsdb/read-only.ts';
import type { Given } from './command-tree.ts';
import { featuresFrom } from './promql-features.ts';
import type { QueryData } from './query-client.ts';
import { printerOf } from './query-output.ts';
import { evaluationFrom } from './query-times.ts';

/** As the server's `--query.max-samples` and the global evaluation interval are by default. */
const SAMPLES_MAX = 50_000_000;
const SUBQUERY_STEP_MS = 60_000;
const TIMEOUT_MS = 600_000;

/** Evaluates a query over the data directory of `--dir` and prints the answer. Gives the exit code. */
export function queryDirectory(given: Given): Promise<number> {
  return askDirectory<QueryData>(given, { form: 'json' }, (data) => printerOf(given.flag('format')!).value(data));
}

/**
 * Asks the data directory of `--dir` what the first argument says, in the wanted form, and prints what `render` makes of
 * the answer's data. Gives the exit code.
 */
export async function askDirectory<Data>(
  given: Given,
  wanted: Pick<QueryRequest, 'form' | 'withoutPasses'>,
  render: (data: Data) => string,
): Promise<number> {
  const parameters = evaluationFrom(given, systemClock.now());
  const { parser, delayedNameRemoval } = featuresFrom(given);
  const engine = new Engine({
    samplesMax: SAMPLES_MAX,
    defaultSubqueryStepMs: () => SUBQUERY_STEP_MS,
    parser,
    features: { delayedNameRemoval, useStartTimestamps: false, typeAndUnitLabels: false },
    functions: functionImplementations,
    clock: systemClock,
  });
  const write = (line: string) => process.stderr.write(line);
  const log = createLog({ level: 'warn', format: 'logfmt', clock: systemClock, write });
  try {
    const database = await ReadOnlyDatabase.open({ directory: given.flag('dir')!, fileSystem: nodeFiles, log });
    const runner = new InlineRunner({
      engine,
      queryable: database,
      clock: systemClock,
      concurrencyMax: 1,
      perStepStats: false,
      pause: () => setImmediate(),
      observer: null,
    });
    const request = { text: given.args[0]!, ...parameters, timeoutMs: TIMEOUT_MS, limit: 0, stats: null } as const;
    const reply = await runner.run({ ...request, priority: 'interactive', ...wanted }, new AbortController().signal);
    database.close();
    if (!reply.ok) return failed(`query error: ${reply.errorType}: ${reply.message}`);
    if (reply.form !== 'json') throw new Error(`query answered as ${reply.form}, asked for ${wanted.form}`);
    const answer = JSON.parse(new TextDecoder().decode(reply.body)) as Answer<Data>;
    for (const note of [...(answer.warnings ?? []), ...(answer.infos ?? [])]) write(`query warning: ${note}\n`);
    process.stdout.write(render(answer.data));
    return 0;
  } catch (error) {
    if (error instanceof FileSystemError || error instanceof DamagedFile) return failed(error.message);
    throw error;
  }
}

interface Answer<Data> {
  readonly data: Data;
  readonly warnings?: readonly string[];
  readonly infos?: readonly string[];
}

function failed(message: string): number {
  process.stderr.write(`${message}\n`);
  return 1;
}
