import { goQuote } from '../model/labels.ts';

/**
 * What the text formats take for a number: Go's `strconv.ParseFloat` without hexadecimal digits and underscores.
 *
 * @throws RangeError or SyntaxError with the reference's message
 */
export function parseExpositionFloat(text: string): number {
  if (/[pP_]/.test(text)) throw new SyntaxError('unsupported character in float');
  if (DECIMAL.test(text)) {
    const value = Number(text);
    if (Number.isFinite(value)) return value;
    throw new RangeError(`strconv.ParseFloat: parsing ${goQuote(text)}: value out of range`);
  }
  const special = SPECIAL.exec(text);
  if (special === null) throw new SyntaxError(`strconv.ParseFloat: parsing ${goQuote(text)}: invalid syntax`);
  if (special[1] === undefined) return Number.NaN;
  return special[1] === '-' ? -Infinity : Infinity;
}

const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const SPECIAL = /^(?:([+-]?)inf(?:inity)?|nan)$/i;

/**
 * A number as OpenMetrics writes `le` and `quantile`: Go's shortest `%g` (an exponent below -4 or from 6 on is written
 * as one), with `.0` where it would look like an integer.
 */
export function formatOpenMetricsFloat(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  if (value === 0) return '0.0';
  const [mantissa, power] = value.toExponential().split('e') as [string, string];
  const exponent = Number(power);
  if (exponent < -4 || exponent >= 6) return `${mantissa}e${exponentText(exponent)}`;
  const text = String(value);
  return text.includes('.') ? text : `${text}.0`;
}

function exponentText(exponent: number): string {
  return `${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
}
