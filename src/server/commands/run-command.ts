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

/** What a switch has for a value. */
const ON = 'true';
const OFF = 'false';

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
    if (tokens.flags.get(HELP_FLAG.name)?.includes(ON)) {
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
    for (const { spec, attached } of arg.startsWith('--') ? [longFlagOf(arg, known)] : shortFlagsOf(arg, known)) {
      const value = attached ?? args[++i];
      if (value === undefined) throw usageError(`expected argument for flag '--${spec.name}'`);
      if (spec.oneOf !== null && !spec.oneOf.includes(value)) {
        throw usageError(`enum value must be one of ${spec.oneOf.join(',')}, got '${value}'`);
      }
      const values = flags.get(spec.name);
      if (values === undefined) flags.set(spec.name, [value]);
      else values.push(value);
    }
  }
  return { flags, words };
}

/** A flag of the line; `attached` is null where its value is the next word. */
interface FoundFlag {
  readonly spec: FlagSpec;
  readonly attached: string | null;
}

/** `--name`, `--no-name` of a switch, `--name=value`. */
function longFlagOf(arg: string, known: ReadonlyMap<string, FlagSpec>): FoundFlag {
  const equals = arg.indexOf('=');
  const name = equals < 0 ? arg.slice(2) : arg.slice(2, equals);
  const isOff = !known.has(name) && isSwitch(known.get(name.replace(/^no-/, '')));
  const spec = known.get(isOff ? name.slice('no-'.length) : name);
  if (spec === undefined) throw usageError(`unknown long flag '--${name}'`, closest(name, known.keys()), '--');
  if (!isSwitch(spec)) return { spec, attached: equals < 0 ? null : arg.slice(equals + 1) };
  if (equals >= 0) throw usageError(`unexpected ${arg.slice(equals + 1)}`);
  return { spec, attached: isOff ? OFF : ON };
}

/** `-n`, `-nm` of switches, `-nvalue` or `-n=value`. */
function shortFlagsOf(arg: string, known: ReadonlyMap<string, FlagSpec>): FoundFlag[] {
  const found: FoundFlag[] = [];
  for (let i = 1; i < arg.length; i++) {
    const spec = [...known.values()].find(({ short }) => short === arg[i]);
    if (spec === undefined) throw usageError(`unknown short flag '-${arg[i]}'`);
    if (!isSwitch(spec)) {
      const rest = arg.slice(arg[i + 1] === '=' ? i + 2 : i + 1);
      return [...found, { spec, attached: i + 1 < arg.length ? rest : null }];
    }
    found.push({ spec, attached: ON });
  }
  return found;
}

function isSwitch(spec: FlagSpec | undefined): boolean {
  return spec !== undefined && spec.placeholder === null;
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
  for (const [name, values] of flags) {
    const spec = name === HELP_FLAG.name ? HELP_FLAG : specs.get(name);
    if (spec === undefined)
      throw usageError(`'${path.join(' ')}' has no flag '--${name}'`, closest(name, specs.keys()), '--');
    if (values.length > 1 && !spec.repeatable) throw usageError(`flag '${name}' cannot be repeated`);
  }
  for (const { name, required } of command.flags) {
    if (required && !flags.has(name)) throw usageError(`required flag(s) '--${name}' not provided`);
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
    isOn: (name) => flags.has(name) && !(isSwitch(specs.get(name)) && flags.get(name)![0] === OFF),
    args: words,
  };
}

function usageError(message: string, near: string | null = null, dashes = ''): UsageError {
  return new UsageError(message, near === null ? 'try --help' : `did you mean ${dashes}${near}?`);
}
