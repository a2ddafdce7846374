const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;
const INFINITE = /^([+-]?)inf(inity)?$/i;
const HEXADECIMAL = /^([+-]?)0x([\da-f]*)\.?([\da-f]*)p([+-]?\d+)$/i;

/**
 * The value of an `le` label, read as Go's `ParseFloat` does; null for what is no number there. A number beyond the
 * range of doubles is none.
 */
export function upperBoundFromText(text: string): number | null {
  if (DECIMAL.test(text)) {
    const value = Number(text);
    return Number.isFinite(value) ? value : null;
  }
  const infinite = INFINITE.exec(text);
  if (infinite !== null) return infinite[1] === '-' ? -Infinity : Infinity;
  if (/^[+-]?nan$/i.test(text)) return /^nan$/i.test(text) ? Number.NaN : null;
  const hexadecimal = HEXADECIMAL.exec(text);
  if (hexadecimal === null) return null;
  const [, sign, whole, fraction, exponent] = hexadecimal as unknown as [string, string, string, string, string];
  if (whole + fraction === '') return null;
  const digits = Number.parseInt(`0${whole}${fraction}`, 16);
  const value = digits * 2 ** (Number(exponent) - 4 * fraction.length);
  return sign === '-' ? -value : value;
}
