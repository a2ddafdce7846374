import { COMMANDS } from '../commands/commands.ts';
import { FEATURES } from './feature-table.ts';
import { FLAGS, type FlagSpec } from './flag-table.ts';

const INDENT = 33;
const WIDTH = 100;

/** The text of `--help`: every flag that is not hidden, with its standard value. */
export function helpText(): string {
  const lines = [
    'usage: narthex [<flags>]',
    '       narthex <command> ...',
    '',
    'The Narthex monitoring server, a drop-in for Prometheus 3.14',
    '',
    '',
    'Commands (narthex <command> --help tells more):',
  ];
  for (const [name, { help }] of Object.entries(COMMANDS)) lines.push(...entry(name, help));
  lines.push('', 'Flags:');
  lines.push(...entry('-h, --help', 'Show this text.'), ...entry('    --version', 'Show the version.'));
  for (const spec of FLAGS)
    if (!spec.hidden) lines.push(...entry(`    --${synopsis(spec)}`, `${spec.help}${modeNote(spec)}`));
  return `${lines.join('\n')}\n`;
}

/** All flags as a Markdown table, hidden ones too: the body of docs/flags.md. */
export function flagsMarkdown(): string {
  const rows = FLAGS.map((spec) => {
    const standard = spec.default === '' ? '' : `\`${spec.default}\``;
    const notes = [spec.hidden ? 'hidden' : '', spec.mode === 'any' ? '' : `${spec.mode} mode`].filter(
      (note) => note !== '',
    );
    return `| \`--${spec.name}\` | ${standard} | ${spec.help}${notes.length > 0 ? ` (${notes.join(', ')})` : ''} |`;
  });
  return ['| Flag | Default | Meaning |', '|---|---|---|', ...rows].join('\n');
}

function synopsis(spec: FlagSpec): string {
  if (spec.kind === 'switch') return `[no-]${spec.name}`;
  const quoted = spec.kind === 'text' || spec.kind === 'texts';
  const repeated = spec.kind === 'texts' ? ' ...' : '';
  if (spec.default === '') return `${spec.name}=<value>${repeated}`;
  return `${spec.name}=${quoted ? JSON.stringify(spec.default) : spec.default}${repeated}`;
}

function modeNote(spec: FlagSpec): string {
  return spec.mode === 'any' ? '' : ` Use with ${spec.mode} mode only.`;
}

function entry(left: string, text: string): string[] {
  const first = `  ${left}`;
  const lines = wrap(text, WIDTH - INDENT).map((line) => ' '.repeat(INDENT) + line);
  if (first.length + 1 >= INDENT) return [first, ...lines];
  return [first.padEnd(INDENT) + lines[0]!.slice(INDENT), ...lines.slice(1)];
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  lines.push(line);
  return lines;
}

/** What becomes of every name that `--enable-feature` may take, as a Markdown table. */
export function featuresMarkdown(): string {
  const states = {
    supported: 'works as in the reference',
    always: 'always on, the name changes nothing (as in the reference)',
    ours: 'not needed: an image of the head is written in any case ([formats/head-image.md](formats/head-image.md))',
    pending: 'accepted with a warning at start; changes nothing yet',
  };
  const rows = Object.entries(FEATURES).map(([name, state]) => `| \`${name}\` | ${states[state]} |`);
  return ['| Name | State |', '|---|---|', ...rows].join('\n');
}
