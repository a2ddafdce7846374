import { closest } from '../../config/closest.ts';
import {
  type Command,
  type CommandGroup,
  type CommandTree,
  commandsBelow,
  type FlagSpec,
  type Given,
  HELP_FLAG,
  type Place,
} from './command-tree.ts';
import { usageText } from './command-usage.ts';

/** The end of a command that a user's mistake prevents, as the reference's tool ends. */
const USAGE_EXIT_CODE = 1;

/** A command line that can not be followed. */
export class UsageError extends Error {
  override name = 'UsageError';
  readonly hint: string;

  constructor(message: string, hint: string) {
    super(message);
    this.hint = hint;
  }
}

/**
 * Runs what `args` ask of `tree`, whose name is `word`: `--help` anywhere prints the help of where it stands, a mistake
 * one line with what would be right and `usageExitCode`. Gives the exit code.
 */
export async function runCommand(
  word: string,
  tree: CommandTree,
  args: readonly string[],
  usageExitCode: number = USAGE_EXIT_CODE,
): Promise<number> {
  try {
    const tokens = tokensOf(args, flagsBelow({ path: [word], tree }));
    const place = placeOf({ path: [word], tree }, tokens);
    if (tokens.flags.has(HELP_FLAG.name)) {
      process.stdout.write(usageText(place));
      return 0;
    }
    const command = commandAt(place, tokens);
    return await command.run(givenTo(command, place, tokens));
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`narthex: error: ${error.message}, ${error.hint}\n`);
    return usageExitCode;
  }
}

/** The line taken apart; `words` are what is no flag, from which the way to the command is taken. */
interface Tokens {
  readonly flags: Map<string, string[]>;
  readonly words: string[];
}

function tokensOf(args: readonly string[], known: ReadonlyMap<string, FlagSpec>): Tokens {
  const flags = new Map<string, string[]>();
  const words: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!;
    if (arg === '--') {
      words.push(...args.slice(i + 1));
      break;
    }
    if (!arg.startsWith('-') || arg === '-') {
      words.push(arg);
      continue;
    }
    const { spec, attached } = flagOf(arg, known);
    const value = spec.placeholder === null ? '' : (attached ?? args[++i]);
    if (value === undefined) throw usageError(`expected argument for flag '--${spec.name}'`);
    if (spec.oneOf !== null && !spec.oneOf.includes(value)) {
      throw usageError(`enum value must be one of ${spec.oneOf.join(',')}, got '${value}'`);
    }
    const values = flags.get(spec.name);
    if (values === undefined) flags.set(spec.name, [value]);
    else if (spec.repeatable) values.push(value);
    else throw usageError(`flag '${spec.name}' cannot be repeated`);
  }
  return { flags, words };
}

/** `--name`, `--name=value`, `-n`, `-nvalue` or `-n=value`. */
function flagOf(arg: string, known: ReadonlyMap<string, FlagSpec>): { spec: FlagSpec; attached: string | null } {
  if (!arg.startsWith('--')) {
    const spec = [...known.values()].find(({ short }) => short === arg[1]);
    if (spec === undefined) throw usageError(`unknown short flag '${arg.slice(0, 2)}'`);
    return { spec, attached: arg.length > 2 ? arg.slice(arg[2] === '=' ? 3 : 2) : null };
  }
  const equals = arg.indexOf('=');
  const name = equals < 0 ? arg.slice(2) : arg.slice(2, equals);
  const spec = known.get(name);
  if (spec === undefined) throw usageError(`unknown long flag '--${name}'`, closest(name, known.keys()), '--');
  if (spec.placeholder === null && equals >= 0) throw usageError(`unexpected ${arg.slice(equals + 1)}`);
  return { spec, attached: equals < 0 ? null : arg.slice(equals + 1) };
}

function flagsBelow(place: Place): Map<string, FlagSpec> {
  const flags = new Map([[HELP_FLAG.name, HELP_FLAG]]);
  for (const { command } of commandsBelow(place)) for (const flag of command.flags) flags.set(flag.name, flag);
  return flags;
}

/** Follows the words as far as they lead, and takes them from `tokens`. */
function placeOf(start: Place, tokens: Tokens): Place {
  let place = start;
  while (place.tree.kind === 'group' && !replacedByFlag(place.tree, tokens)) {
    const next: CommandTree | undefined = own(place.tree.commands, tokens.words[0]);
    if (next === undefined) break;
    place = { path: [...place.path, tokens.words.shift()!], tree: next };
  }
  return place;
}

function own<T>(record: Readonly<Record<string, T>>, name: string | undefined): T | undefined {
  return name !== undefined && Object.hasOwn(record, name) ? record[name] : undefined;
}

function replacedByFlag({ withFlag }: CommandGroup, { flags }: Tokens): boolean {
  return withFlag !== null && flags.has(withFlag.flag);
}

function commandAt({ path, tree }: Place, tokens: Tokens): Command {
  if (tree.kind === 'command') return tree;
  if (tree.withFlag !== null && replacedByFlag(tree, tokens)) return tree.withFlag.command;
  const word = tokens.words[0];
  if (word === undefined) throw usageError(`must select a subcommand of '${path.join(' ')}'`);
  throw usageError(`expected command but got ${JSON.stringify(word)}`, closest(word, Object.keys(tree.commands)));
}

function givenTo(command: Command, { path }: Place, { flags, words }: Tokens): Given {
  const specs = new Map(command.flags.map((spec) => [spec.name, spec]));
  for (const name of flags.keys()) {
    if (!specs.has(name))
      throw usageError(`'${path.join(' ')}' has no flag '--${name}'`, closest(name, specs.keys()), '--');
  }
  for (const { name, required } of command.flags) {
    if (required && !flags.has(name)) throw usageError(`required flag --${name} not provided`);
  }
  const missing = command.args[words.length];
  if (missing !== undefined && !missing.optional) throw usageError(`required argument '${missing.name}' not provided`);
  const isOpen = command.args.at(-1)?.repeatable === true;
  if (words.length > command.args.length && !isOpen) throw usageError(`unexpected ${words[command.args.length]}`);
  const values = (name: string) => {
    const standard = specs.get(name)?.standard ?? null;
    return flags.get(name) ?? (standard === null ? [] : [standard]);
  };
  return {
    flag: (name) => values(name)[0] ?? null,
    flags: values,
    isOn: (name) => flags.has(name),
    args: words,
  };
}

function usageError(message: string, near: string | null = null, dashes = ''): UsageError {
  return new UsageError(message, near === null ? 'try --help' : `did you mean ${dashes}${near}?`);
}
