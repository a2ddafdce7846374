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
  const least = LEVELS.indexOf(options.level);
  const write: WriteLine = (level, fields, message) => {
    const time = new Date(options.clock.now()).toISOString();
    const line = jsonText({ level: level.toUpperCase(), time, ...fields, msg: message });
    // Both forms show a value as JSON has it.
    const isJson = options.format === 'json';
    options.write(isJson ? `${line}\n` : logfmtLine(JSON.parse(line) as Record<string, unknown>));
  };
  return wrap(write, (level) => LEVELS.indexOf(level) >= least, {});
}

const LEVELS = ['debug', 'info', 'warn', 'error'] as const;

type Level = LogOptions['level'];
type WriteLine = (level: Level, fields: Fields, message: string) => void;

type Fields = Readonly<Record<string, unknown>>;

function wrap(write: WriteLine, isEnabled: (level: Level) => boolean, common: Fields): Log {
  const at = (level: Level) => {
    return (message: string, fields: Fields = {}) => {
      if (!isEnabled(level)) return;
      write(level, { source: callerOfLog(), ...readable(common), ...readable(fields) }, message);
    };
  };
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    with: (fields) => wrap(write, isEnabled, { ...common, ...fields }),
  };
}

/** Errors as their message and cause: a stack is no help to an operator. Everything else as it is. */
function readable(fields: Fields): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) result[name] = value instanceof Error ? errorText(value) : value;
  return result;
}

/** A value that JSON can not write costs its own text, not the line. */
function jsonText(record: Fields): string {
  try {
    return JSON.stringify(record);
  } catch {
    const plain = Object.entries(record).map(([name, value]) => {
      return [
        name,
        typeof value === 'object' || typeof value === 'bigint' ? Object.prototype.toString.call(value) : value,
      ];
    });
    return JSON.stringify(Object.fromEntries(plain));
  }
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
