/** A text that is no byte size; the message is what the reference says. */
class ByteSizeError extends Error {
  override name = 'ByteSizeError';
}

const PART = /^(\d+\.?\d*|\.\d+)([^\d.]*)/;
const UNITS: ReadonlyMap<string, number> = new Map(
  ['', 'K', 'M', 'G', 'T', 'P', 'E'].flatMap((prefix, power): [string, number][] => [
    [`${prefix}B`, 1024 ** power],
    [`${prefix}iB`, 1024 ** power],
  ]),
);

/** Bytes of `512MB`, `1GiB512KiB`, `1.5GB`, ...: every unit is a power of 1024, and one is required. Throws ByteSizeError. */
export function bytesFromText(text: string): number {
  const negative = text.startsWith('-');
  let rest = /^[-+]/.test(text) ? text.slice(1) : text;
  if (rest === '0') return 0;
  if (rest === '') throw new ByteSizeError(`units: invalid ${text}`);
  let total = 0;
  while (rest !== '') {
    const part = PART.exec(rest);
    if (part === null) throw new ByteSizeError(`units: invalid ${text}`);
    const unit = UNITS.get(part[2]!);
    if (unit === undefined) throw new ByteSizeError(`units: unknown unit ${part[2]} in ${text}`);
    total += Number(part[1]) * unit;
    rest = rest.slice(part[0].length);
  }
  return negative ? -Math.floor(total) : Math.floor(total);
}

/** The text of a byte size in binary units, largest first, as the reference prints it: `1GiB512MiB`, `0B`. */
export function bytesText(bytes: number): string {
  let text = bytes < 0 ? '-' : '';
  let rest = Math.abs(bytes);
  if (rest === 0) return '0B';
  const prefixes = ['E', 'P', 'T', 'G', 'M', 'K', ''];
  for (let i = 0; i < prefixes.length; i++) {
    const unit = 1024 ** (prefixes.length - 1 - i);
    const count = Math.floor(rest / unit);
    if (count > 0) text += `${count}${prefixes[i]}${prefixes[i] === '' ? 'B' : 'iB'}`;
    rest -= count * unit;
  }
  return text;
}
