/** Fields that come first, in this order; the others follow as they were given. */
const LEADING = ['time', 'level', 'source', 'msg'];

/** A record as one line `key=value key="value with blanks"`, newline included. */
export function logfmtLine(record: Readonly<Record<string, unknown>>): string {
  const parts: string[] = [];
  for (const key of LEADING) if (key in record) parts.push(`${key}=${valueText(record[key])}`);
  for (const key of Object.keys(record))
    if (!LEADING.includes(key)) parts.push(`${keyText(key)}=${valueText(record[key])}`);
  return `${parts.join(' ')}\n`;
}

function keyText(key: string): string {
  return /^[^\s="]+$/.test(key) ? key : JSON.stringify(key);
}

function valueText(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? 'null');
  return /^[^\s="\\\p{C}]+$/u.test(text) ? text : JSON.stringify(text);
}
