import type { Matcher } from '../../model/matcher.ts';
import { parseMetricSelector } from '../../promql/syntax/parse.ts';
import { systemClock } from '../../std/clock.ts';
import { FileSystemError } from '../../std/file-system.ts';
import { nodeFiles } from '../../std/node-files.ts';
import { createLog } from '../../telemetry/pino-log.ts';
import { DamagedFile } from '../../tsdb/block/damaged-file.ts';
import { dumpDatabase } from './tsdb-dump.ts';

const USAGE = `usage: narthex tsdb dump [--min-time=MS] [--max-time=MS] [--match=SELECTOR ...] [DIRECTORY]

Prints the samples of a data directory (default data/), one on a line: {labels} value time.
The times are milliseconds since the epoch, both included. Nothing is changed.
`;

/** Runs `narthex tsdb ...` with the arguments behind `tsdb`. Gives the exit code. */
export async function runTsdb(args: readonly string[]): Promise<number> {
  if (args.some((argument) => argument === '--help' || argument === '-h')) {
    process.stdout.write(USAGE);
    return 0;
  }
  const request = dumpRequest(args);
  if (typeof request === 'string') {
    process.stderr.write(`${request}\n${USAGE}`);
    return 2;
  }
  const log = createLog({
    level: 'warn',
    format: 'logfmt',
    clock: systemClock,
    write: (line) => process.stderr.write(line),
  });
  try {
    await dumpDatabase({ ...request, fileSystem: nodeFiles, log, write: (text) => process.stdout.write(text) });
    return 0;
  } catch (error) {
    if (!(error instanceof FileSystemError || error instanceof DamagedFile)) throw error;
    process.stderr.write(`${error.message}\n`);
    return 1;
  }
}

interface DumpRequest {
  readonly directory: string;
  readonly range: { readonly minTime: number; readonly maxTime: number };
  readonly selectors: readonly (readonly Matcher[])[];
}

/** What the arguments ask for, or what is wrong with them. */
function dumpRequest(args: readonly string[]): DumpRequest | string {
  if (args[0] !== 'dump') return args[0] === undefined ? 'a subcommand is missing' : `unknown subcommand ${args[0]}`;
  let directory: string | null = null;
  let minTime = -Number.MAX_SAFE_INTEGER;
  let maxTime = Number.MAX_SAFE_INTEGER;
  const selectors: (readonly Matcher[])[] = [];
  for (let i = 1; i < args.length; i++) {
    const argument = args[i]!;
    if (!argument.startsWith('--')) {
      if (directory !== null) return `unexpected ${argument}`;
      directory = argument;
      continue;
    }
    const equals = argument.indexOf('=');
    const flag = equals < 0 ? argument : argument.slice(0, equals);
    const value = equals < 0 ? args[++i] : argument.slice(equals + 1);
    if (value === undefined) return `expected argument for flag '${flag}'`;
    if (flag === '--match') {
      try {
        selectors.push(parseMetricSelector(value));
      } catch (error) {
        return (error as Error).message;
      }
    } else if (flag === '--min-time' || flag === '--max-time') {
      if (!/^[-+]?\d+$/.test(value)) return `${flag} is a number of milliseconds, not ${value}`;
      const time = Math.max(-Number.MAX_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, Number(value)));
      if (flag === '--min-time') minTime = time;
      else maxTime = time;
    } else {
      return `unknown long flag '${flag}'`;
    }
  }
  if (selectors.length === 0) selectors.push([]);
  return { directory: directory ?? 'data/', range: { minTime, maxTime }, selectors };
}
