import { closest } from '../../config/closest.ts';
import { COMMANDS } from '../commands/commands.ts';
import { FLAGS, type FlagSpec } from './flag-table.ts';
import { type FlagValue, flagValueExample, flagValueFromText } from './flag-values.ts';

/** What a command line says: every flag with its value, given or standard. */
export interface CommandLine {
  /** What to do instead of running the server, if anything. */
  readonly action: 'run' | 'help' | 'version' | 'documentation';
  readonly values: ReadonlyMap<string, FlagValue>;
  /** Names of the flags that were given. */
  readonly given: ReadonlySet<string>;
}

/** A command line that can not be followed. `message` is the reference's; `hint` says what would be right. */
export class CommandLineError extends Error {
  override name = 'CommandLineError';
  readonly exitCode: number;
  readonly hint: string | null;

  constructor(message: string, exitCode: number, hint: string | null = null) {
    super(message);
    this.exitCode = exitCode;
    this.hint = hint;
  }
}

const BY_NAME: ReadonlyMap<string, FlagSpec> = new Map(FLAGS.map((spec) => [spec.name, spec]));

/**
 * Reads the arguments after the program's name: `--flag=value`, `--flag value`, `--switch`, `--no-switch`.
 * Throws CommandLineError.
 */
export function commandLineFromArguments(args: readonly string[]): CommandLine {
  const given = new Map<string, FlagValue>();
  let action: CommandLine['action'] = 'run';
  for (let i = 0; i < args.length; i++) {
    const argument = args[i]!;
    if (argument === '-h' || argument === '--help' || argument === '--help-long') return result('help', given);
    if (argument === '--version') return result('version', given);
    if (!argument.startsWith('--') || argument === '--') {
      if (argument.startsWith('-') && argument.length > 1 && argument !== '--')
        throw usageError(
          `unknown short flag '${argument.slice(0, 2)}'`,
          `Flags begin with two dashes; --help lists them.`,
        );
      const command = i === 0 ? closest(argument, Object.keys(COMMANDS)) : null;
      throw usageError(
        `unexpected ${argument}`,
        command === null
          ? `Every argument is a flag, as in --config.file=prometheus.yml, except the commands ${Object.keys(COMMANDS).join(', ')}; --help lists them.`
          : `Did you mean narthex ${command}?`,
      );
    }
    const equals = argument.indexOf('=');
    const word = equals === -1 ? argument.slice(2) : argument.slice(2, equals);
    const { spec, negated } = find(word);
    if (spec.kind === 'switch') {
      if (equals !== -1)
        throw usageError(
          `unexpected ${argument.slice(equals + 1)}`,
          `--${spec.name} takes no value: give --${spec.name} or --no-${spec.name}.`,
        );
      put(given, spec, !negated);
      if (spec.name === 'write-documentation' && !negated) action = 'documentation';
      continue;
    }
    let text = argument.slice(equals + 1);
    if (equals === -1) {
      const next = args[++i];
      if (next === undefined || (next.startsWith('-') && next.length > 1))
        throw usageError(`expected argument for flag '--${spec.name}'`, `It takes ${flagValueExample(spec.kind)}.`);
      text = next;
    }
    put(given, spec, readValue(spec, text));
  }
  return result(action, given);
}

function result(action: CommandLine['action'], given: ReadonlyMap<string, FlagValue>): CommandLine {
  const values = new Map<string, FlagValue>();
  for (const spec of FLAGS) values.set(spec.name, given.get(spec.name) ?? flagValueFromText(spec.kind, spec.default));
  return { action, values, given: new Set(given.keys()) };
}

function find(word: string): { spec: FlagSpec; negated: boolean } {
  const spec = BY_NAME.get(word);
  if (spec !== undefined) return { spec, negated: false };
  const negatable = word.startsWith('no-') ? BY_NAME.get(word.slice(3)) : undefined;
  if (negatable?.kind === 'switch') return { spec: negatable, negated: true };
  const near = closest(word, BY_NAME.keys());
  throw usageError(
    `unknown long flag '--${word}'`,
    near === null ? '--help lists all flags.' : `Did you mean --${near}?`,
  );
}

function readValue(spec: FlagSpec, text: string): FlagValue {
  try {
    return flagValueFromText(spec.kind, text);
  } catch (error) {
    throw usageError((error as Error).message, `--${spec.name} takes ${flagValueExample(spec.kind)}.`);
  }
}

function put(given: Map<string, FlagValue>, spec: FlagSpec, value: FlagValue): void {
  const before = given.get(spec.name);
  if (before === undefined) {
    given.set(spec.name, value);
  } else if (Array.isArray(before) && Array.isArray(value)) {
    given.set(spec.name, [...before, ...value]);
  } else {
    throw usageError(`flag '${spec.name}' cannot be repeated`, 'Give it once.');
  }
}

function usageError(message: string, hint: string): CommandLineError {
  return new CommandLineError(`Error parsing command line arguments: ${message}`, 2, hint);
}
