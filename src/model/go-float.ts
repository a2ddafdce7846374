/**
 * Numbers as Go prints them. Both languages print the shortest digits that read back as the same number; they differ in
 * when the exponent is written, and how.
 */

/** Go's shortest form without exponent (`strconv.FormatFloat(value, 'f', -1, 64)`): `+Inf`, `-Inf`, `NaN`, `-0`. */
export function goFloatPlain(value: number): string {
  if (!Number.isFinite(value)) return nonFinite(value);
  const text = Object.is(value, -0) ? '-0' : String(value);
  const mark = text.indexOf('e');
  return mark < 0 ? text : expand(text.slice(0, mark), Number(text.slice(mark + 1)));
}

/** Go's `%v` and `%g` of a float64: like `goFloatPlain`, but with a two-digit exponent below 1e-4 and from 1e6 on. */
export function goFloatCompact(value: number): string {
  if (!Number.isFinite(value)) return nonFinite(value);
  const magnitude = Math.abs(value);
  if (magnitude === 0 || (magnitude >= 1e-4 && magnitude < 1e6)) return goFloatPlain(value);
  return padExponent(value.toExponential());
}

/** Go's `%.Nf`: a fixed number of digits behind the point, whatever the magnitude. */
export function goFloatFixed(value: number, digits: number): string {
  if (!Number.isFinite(value)) return nonFinite(value);
  if (Object.is(value, -0)) return `-${(0).toFixed(digits)}`;
  // A negative number that is rounded to zero keeps its sign in both languages.
  if (Math.abs(value) < 1e21) return roundedToEven(value.toFixed(digits), value.toFixed(DIGITS_MAX));
  // From here on every number is whole, and BigInt prints all its digits.
  return `${BigInt(value)}.${'0'.repeat(digits)}`;
}

/** Go's `%.Ng`: so many significant digits, without zeros at the end. */
export function goFloatSignificant(value: number, digits: number): string {
  if (!Number.isFinite(value) || value === 0) return goFloatCompact(value);
  const [rounded, exponentText] = value.toExponential(digits - 1).split('e') as [string, string];
  const exponent = Number(exponentText);
  const mantissa = roundedToEven(rounded, value.toExponential(DIGITS_MAX).split('e')[0]!);
  if (exponent < -4 || exponent >= digits) return padExponent(`${trimZeros(mantissa)}e${exponentText}`);
  return trimZeros(expand(mantissa, exponent));
}

/** So many digits behind the point JavaScript prints at most. */
const DIGITS_MAX = 100;

/**
 * `rounded` as Go has it: where a number lies just between two texts, JavaScript takes the greater one and Go the one whose
 * last digit is even. `exact` is the same number with all its digits.
 */
function roundedToEven(rounded: string, exact: string): string {
  const isOdd = /[13579]$/.test(rounded);
  if (!isOdd) return rounded;
  const cut = exact.slice(0, rounded.length);
  const rest = exact.slice(rounded.length).replace('.', '');
  return cut.length === rounded.length && /^50*$/.test(rest) ? cut : rounded;
}

function trimZeros(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

/** Go writes at least two digits of exponent. */
function padExponent(text: string): string {
  return text.replace(/e([+-])(\d)$/, 'e$10$2');
}

function nonFinite(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  return value > 0 ? '+Inf' : '-Inf';
}

/** `1.25`, 3 -> `1250`; `-1.25`, -3 -> `-0.00125`. */
function expand(mantissa: string, exponent: number): string {
  const sign = mantissa.startsWith('-') ? '-' : '';
  const unsigned = sign === '' ? mantissa : mantissa.slice(1);
  const point = unsigned.indexOf('.');
  const digits = unsigned.replace('.', '');
  const whole = (point < 0 ? unsigned.length : point) + exponent;
  if (whole <= 0) return `${sign}0.${'0'.repeat(-whole)}${digits}`;
  if (whole >= digits.length) return sign + digits + '0'.repeat(whole - digits.length);
  return `${sign}${digits.slice(0, whole)}.${digits.slice(whole)}`;
}

const DIGITS = '\\d+(?:_\\d+)*';
const HEXADECIMAL_DIGITS = '[\\da-f]+(?:_[\\da-f]+)*';
const DECIMAL = new RegExp(`^[+-]?(?:${DIGITS}\\.?|${DIGITS}\\.${DIGITS}|\\.${DIGITS})(?:e[+-]?${DIGITS})?$`, 'i');
const INFINITE = /^([+-]?)inf(?:inity)?$/i;
const HEXADECIMAL = new RegExp(
  `^([+-]?)0x_?(?:(${HEXADECIMAL_DIGITS})\\.?|(${HEXADECIMAL_DIGITS})?\\.(${HEXADECIMAL_DIGITS}))p([+-]?${DIGITS})$`,
  'i',
);

/** Go's `strconv.ParseFloat`: decimal and hexadecimal, with underscores; null for what it refuses, a number too large included. */
export function goFloatFromText(text: string): number | null {
  if (DECIMAL.test(text)) {
    const value = Number(text.replaceAll('_', ''));
    return Number.isFinite(value) ? value : null;
  }
  const infinite = INFINITE.exec(text);
  if (infinite !== null) return infinite[1] === '-' ? -Infinity : Infinity;
  if (/^nan$/i.test(text)) return Number.NaN;
  const hexadecimal = HEXADECIMAL.exec(text);
  if (hexadecimal === null) return null;
  const [, sign, alone = '', before = '', after = '', exponent = '0'] = hexadecimal;
  const fraction = after.replaceAll('_', '');
  const digits = Number.parseInt(`0${alone || before}`.replaceAll('_', '') + fraction, 16);
  const value = digits * 2 ** (Number(exponent.replaceAll('_', '')) - 4 * fraction.length);
  if (!Number.isFinite(value)) return null;
  return sign === '-' ? -value : value;
}
