import { goQuote } from './labels.ts';

/** One character as Go's `%q` prints it: `'x'`, `'\''`, `'\n'`. */
export function goQuoteRune(character: string): string {
  if (character === "'") return "'\\''";
  if (character === '"') return "'\"'";
  return `'${goQuote(character).slice(1, -1)}'`;
}

/** One character as Go's `%#U` prints it: `U+0071 'q'`, without the character where it can not be printed. */
export function goRuneName(character: string): string {
  const code = character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0');
  const printable = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u.test(character);
  return printable ? `U+${code} '${character}'` : `U+${code}`;
}
