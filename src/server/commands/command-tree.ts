/** A flag of a command: a switch where `placeholder` is null, else one with a value. */
export interface FlagSpec {
  readonly name: string;
  /** One letter, or null. */
  readonly short: string | null;
  readonly placeholder: string | null;
  readonly help: string;
  /** The value where the flag is not given; null: none. */
  readonly standard: string | null;
  readonly required: boolean;
  readonly repeatable: boolean;
  /** The only values allowed; null: any. */
  readonly oneOf: readonly string[] | null;
}

export interface ArgumentSpec {
  readonly name: string;
  readonly help: string;
  /** One or more; only the last argument may be so. */
  readonly repeatable: boolean;
  /** May be left out; only arguments at the end may be so. */
  readonly optional: boolean;
}

/** What was given, each flag with its values in order of the line, standard values filled in. */
export interface Given {
  flag(name: string): string | null;
  flags(name: string): readonly string[];
  isOn(name: string): boolean;
  readonly args: readonly string[];
}

/** A command that does something; gives the exit code. */
export interface Command {
  readonly kind: 'command';
  readonly help: string;
  readonly flags: readonly FlagSpec[];
  readonly args: readonly ArgumentSpec[];
  run(given: Given): Promise<number> | number;
}

/** A word behind which commands stand. */
export interface CommandGroup {
  readonly kind: 'group';
  readonly help: string;
  readonly commands: Readonly<Record<string, CommandTree>>;
  /** What runs instead of a named command where this flag is given. */
  readonly withFlag: { readonly flag: string; readonly command: Command } | null;
}

export type CommandTree = Command | CommandGroup;

/** Where and what: the way of words to a tree, as the user writes it. */
export interface Place {
  readonly path: readonly string[];
  readonly tree: CommandTree;
}

/** A flag that takes a value; what the record leaves out is absent. */
export function valueFlag(
  name: string,
  placeholder: string,
  help: string,
  more: Partial<Omit<FlagSpec, 'name' | 'placeholder' | 'help'>> = {},
): FlagSpec {
  return { ...ABSENT, ...more, name, placeholder, help };
}

export function switchFlag(name: string, help: string): FlagSpec {
  return { ...ABSENT, name, placeholder: null, help };
}

export function argument(name: string, help: string): ArgumentSpec {
  return { name, help, repeatable: false, optional: false };
}

export function optionalArgument(name: string, help: string): ArgumentSpec {
  return { name, help, repeatable: false, optional: true };
}

const ABSENT = { short: null, standard: null, required: false, repeatable: false, oneOf: null } as const;

export const HELP_FLAG: FlagSpec = { ...switchFlag('help', 'Show this text.'), short: 'h' };

/** Every command at or below a tree, with the words that lead to it. */
export function* commandsBelow({ path, tree }: Place): Generator<{ path: readonly string[]; command: Command }> {
  if (tree.kind === 'command') {
    yield { path, command: tree };
    return;
  }
  if (tree.withFlag !== null) yield { path, command: tree.withFlag.command };
  for (const [word, below] of Object.entries(tree.commands))
    yield* commandsBelow({ path: [...path, word], tree: below });
}
