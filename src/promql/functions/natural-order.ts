import { compareLabels, type Labels } from '../../model/labels.ts';
import { compareUtf8 } from '../../model/utf8.ts';

/** Orders by the values of the named labels, numbers in them by their value, then by all labels. */
export function compareByLabels(a: Labels, b: Labels, names: readonly string[]): number {
  for (const name of names) {
    const x = a.get(name);
    const y = b.get(name);
    if (x !== y) return isNaturallyLess(x, y) ? -1 : 1;
  }
  return compareLabels(a, b);
}

export function compareByLabelsDescending(a: Labels, b: Labels, names: readonly string[]): number {
  return -compareByLabels(a, b, names);
}

/** Runs of digits, and the runs between them. */
const RUNS = /\d+|\D+/g;

/** Digits of the largest number that counts as one: more are compared as text. */
const LARGEST = '9223372036854775807';

/**
 * Natural order: texts are cut into runs of digits and runs of others, and compared run by run; two runs of digits
 * compare as numbers, all others as text. A text that ends first comes first, but an empty one comes before nothing and
 * after nothing, and of two that differ by zeros in front of their last number each comes before the other: so the reference
 * has it.
 */
export function isNaturallyLess(a: string, b: string): boolean {
  const x = a.match(RUNS) ?? [];
  const y = b.match(RUNS) ?? [];
  for (let i = 0; i < x.length; i++) {
    if (i >= y.length) return false;
    const left = x[i]!;
    const right = y[i]!;
    const areNumbers = isNumber(left) && isNumber(right);
    const order = areNumbers ? compareDigits(left, right) : compareUtf8(left, right);
    if (order !== 0) return order < 0;
    if (i === x.length - 1) return true;
    if (i === y.length - 1) return false;
  }
  return false;
}

function isNumber(run: string): boolean {
  const code = run.charCodeAt(0);
  return code >= 0x30 && code <= 0x39 && compareDigits(run, LARGEST) <= 0;
}

function compareDigits(a: string, b: string): number {
  const x = a.replace(/^0+/, '');
  const y = b.replace(/^0+/, '');
  if (x.length !== y.length) return x.length - y.length;
  return x < y ? -1 : x > y ? 1 : 0;
}
