import type { Random } from './random.ts';

const TOKEN = /\s+|[A-Za-z_:][\w:]*|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[0-9][\w.]*|=~|!~|[<>=!]=|./gsu;
const INSERTED = [
  ...'()[]{},:@-+*/%^=~!"\'`',
  ' offset -5m',
  ' by ()',
  ' on () group_left ()',
  'rate(',
  '[1s:]',
  '[5m]',
  ' bool ',
  ' and ',
  ' anchored',
  '\u0000',
  '\ud800',
  '😀',
  '#',
  '\n',
];
const NUMBERS = ['0', '-1', '1e309', 'NaN', '1e-400', '0x', '99999999999999999999', '1e15', '0.1', '1y', '300y', '1ms'];

/** A query made of one or two of the corpus by a few edits of their tokens. */
export function mutateQuery(random: Random, corpus: readonly string[]): string {
  const tokens = random.pick(corpus).match(TOKEN) ?? [];
  for (let edits = 1 + random.below(4); edits > 0; edits--) edit(random, tokens, corpus);
  return tokens.join('');
}

function edit(random: Random, tokens: string[], corpus: readonly string[]): void {
  const at = random.below(tokens.length + 1);
  const length = 1 + random.below(6);
  switch (random.below(8)) {
    case 0:
      tokens.splice(at, random.chance(0.5) ? 1 : length);
      return;
    case 1:
      tokens.splice(at, 0, random.pick(INSERTED));
      return;
    case 2:
      tokens.splice(random.below(tokens.length + 1), 0, ...tokens.slice(at, at + length));
      return;
    case 3: {
      const other = random.pick(corpus).match(TOKEN) ?? [];
      const from = random.below(other.length + 1);
      tokens.splice(at, random.below(3), ...other.slice(from, from + 2 * length));
      return;
    }
    case 4:
      replaceOne(random, tokens, /^[0-9]/, () => random.pick(NUMBERS));
      return;
    case 5:
      replaceOne(random, tokens, /^[A-Za-z_]/, () => random.pick(tokens.filter((token) => /^[A-Za-z_]/.test(token))));
      return;
    case 6:
      tokens.unshift(random.pick(['sum(', 'count_values("v", ', 'absent(', '(', '-', 'sort_by_label(', 'info(']));
      tokens.push(')');
      return;
    default:
      tokens.push(random.pick([' + ', ' or ', ' / on () ', ' == bool ']), ...(random.pick(corpus).match(TOKEN) ?? []));
  }
}

function replaceOne(random: Random, tokens: string[], kind: RegExp, by: () => string): void {
  const places = tokens.flatMap((token, i) => (kind.test(token) ? [i] : []));
  if (places.length > 0) tokens[random.pick(places)] = by();
}
