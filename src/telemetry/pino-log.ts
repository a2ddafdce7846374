import { pino } from 'pino';
import type { Clock } from '../std/clock.ts';
import type { Log } from './log.ts';
import { sourcePlace } from './log-places.ts';
import { logfmtLine } from './logfmt.ts';

export interface LogOptions {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly format: 'logfmt' | 'json';
  readonly clock: Clock;
  /** Takes one finished line with its newline. */
  write(line: string): void;
}

/**
 * The log of a running server: lines as the reference writes them, `time=... level=INFO source=file.ts:12 msg=...`, or
 * the same fields as JSON.
 */
export function createLog(options: LogOptions): Log {
  const logfmt = options.format === 'logfmt';
  const destination = {
    write: (line: string) => options.write(logfmt ? logfmtLine(JSON.parse(line) as Record<string, unknown>) : line),
  };
  const logger = pino(
    {
      level: options.level,
      base: null,
      timestamp: () => `,"time":"${new Date(options.clock.now()).toISOString()}"`,
      formatters: { level: (label) => ({ level: label.toUpperCase() }) },
    },
    destination,
  );
  return wrap(logger, {});
}

type Level = LogOptions['level'];

/** What of pino is used. */
type Logger = Readonly<Record<Level, (fields: object, message: string) => void>> & {
  isLevelEnabled(level: string): boolean;
};

type Fields = Readonly<Record<string, unknown>>;

function wrap(logger: Logger, common: Fields): Log {
  const at = (level: Level) => {
    return (message: string, fields: Fields = {}) => {
      if (!logger.isLevelEnabled(level)) return;
      const line = { source: callerOfLog(), ...readable(common), ...readable(fields) };
      logger[level](line, message);
    };
  };
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    with: (fields) => wrap(logger, { ...common, ...fields }),
  };
}

/** Errors as their message and cause: a stack is no help to an operator. Everything else as it is. */
function readable(fields: Fields): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) result[name] = value instanceof Error ? errorText(value) : value;
  return result;
}

function errorText(error: Error): string {
  const { cause } = error;
  const known = cause instanceof Error && !error.message.includes(cause.message);
  return known ? `${error.message}: ${errorText(cause)}` : error.message;
}

/** The file and line that logged: the fourth frame of a stack taken here. */
function callerOfLog(): string {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 4;
  const frame = new Error().stack?.split('\n')[3] ?? '';
  Error.stackTraceLimit = limit;
  const place = /([^/\\(]+:\d+):\d+\)?$/.exec(frame)?.[1];
  return place === undefined ? 'unknown' : sourcePlace(place);
}
