import { COMMANDS } from '../commands/commands.ts';
import { FEATURE_EFFECTS } from './feature-effects.ts';
import { FEATURES } from './feature-table.ts';
import { FLAGS, type FlagSpec } from './flag-table.ts';
import { entryLines } from './help-lines.ts';

/** Column at which the explanations begin. */
const INDENT = 33;

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
  for (const [name, { help }] of Object.entries(COMMANDS)) lines.push(...entryLines(INDENT, name, help));
  lines.push('', 'Flags:');
  lines.push(
    ...entryLines(INDENT, '-h, --help', 'Show this text.'),
    ...entryLines(INDENT, '    --version', 'Show the version.'),
  );
  for (const spec of FLAGS)
    if (!spec.hidden) lines.push(...entryLines(INDENT, `    --${synopsis(spec)}`, `${spec.help}${modeNote(spec)}`));
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

/** What becomes of every name that `--enable-feature` may take, as a Markdown table. */
export function featuresMarkdown(): string {
  const rows = Object.keys(FEATURES).map((name) => `| \`${name}\` | ${FEATURE_EFFECTS[name]} |`);
  return ['| Name | What it does here |', '|---|---|', ...rows].join('\n');
}
