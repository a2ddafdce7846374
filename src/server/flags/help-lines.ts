/** Width of a help text, in columns. */
const WIDTH = 100;

/** `text` as lines of whole words that begin at column `indent`. */
export function indentedLines(indent: number, text: string): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && indent + line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  lines.push(line);
  return lines.map((line) => ' '.repeat(indent) + line);
}

/** A flag, argument or command at the left and its explanation from column `indent` on; below it where the name is too long. */
export function entryLines(indent: number, name: string, explanation: string): string[] {
  const first = `  ${name}`;
  const [head, ...rest] = indentedLines(indent, explanation);
  if (first.length + 1 >= indent) return [first, head!, ...rest];
  return [first.padEnd(indent) + head!.slice(indent), ...rest];
}
