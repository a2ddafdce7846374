import { entryLines, indentedLines } from '../flags/help-lines.ts';
import { type Command, commandsBelow, type FlagSpec, HELP_FLAG, type Place } from './command-tree.ts';

/** Column at which the explanations begin. */
const INDENT = 28;

/** The help of a command, or of a group with all commands below it. */
export function usageText(place: Place): string {
  const { path, tree } = place;
  const words = `narthex ${path.join(' ')}`;
  if (tree.kind === 'command') {
    const lines = [`usage: ${words}${synopsis(tree)}`, '', tree.help, '', 'Flags:'];
    for (const flag of [HELP_FLAG, ...tree.flags])
      lines.push(...entryLines(INDENT, flagSynopsis(flag), flagHelp(flag)));
    if (tree.args.length > 0) lines.push('', 'Arguments:');
    for (const { name, help, optional } of tree.args) {
      lines.push(...entryLines(INDENT, optional ? `[<${name}>]` : `<${name}>`, help));
    }
    return `${lines.join('\n')}\n`;
  }
  const lines = [`usage: ${words} <command> [<flags>] [<args> ...]`, '', tree.help, '', 'Commands:'];
  for (const { path: words, command } of commandsBelow(place)) {
    lines.push(`  ${words.join(' ')}${synopsis(command)}`, ...indentedLines(6, command.help));
  }
  return `${lines.join('\n')}\n`;
}

function synopsis({ flags, args }: Command): string {
  const required = flags.filter((flag) => flag.required).map((flag) => ` --${flag.name}=${flag.placeholder}`);
  const optional = flags.some((flag) => !flag.required) ? ' [<flags>]' : '';
  const names = args.map(({ name, optional, repeatable }) => {
    if (optional) return ` [<${name}>]`;
    return repeatable ? ` <${name}> ...` : ` <${name}>`;
  });
  return `${required.join('')}${optional}${names.join('')}`;
}

function flagSynopsis({ name, short, placeholder, repeatable }: FlagSpec): string {
  const begin = short === null ? '    ' : `-${short}, `;
  return `${begin}--${name}${placeholder === null ? '' : `=${placeholder}`}${repeatable ? ' ...' : ''}`;
}

function flagHelp({ help, standard, oneOf }: FlagSpec): string {
  const choice = oneOf === null ? '' : ` One of: ${oneOf.join(', ')}.`;
  return `${help}${choice}${standard === null ? '' : ` Default: ${standard}.`}`;
}
