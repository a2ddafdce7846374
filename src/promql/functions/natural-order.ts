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

/**
 * Natural order: texts are cut into runs of digits and runs of others, and compared run by run; two runs of digits
 * compare as numbers, all others as text. A text that ends first comes first.
 */
export function isNaturallyLess(a: string, b: string): boolean {
  const x = a.match(RUNS) ?? [];
  const y = b.match(RUNS) ?? [];
  const shared = Math.min(x.length, y.length);
  for (let i = 0; i < shared; i++) {
    const left = x[i]!;
    const right = y[i]!;
    if (left === right) continue;
    if (!isDigits(left) || !isDigits(right)) return compareUtf8(left, right) < 0;
    const order = compareDigits(left, right);
    if (order !== 0) return order < 0;
  }
  return x.length === y.length ? compareUtf8(a, b) < 0 : x.length < y.length;
}

function isDigits(run: string): boolean {
  const code = run.charCodeAt(0);
  return code >= 0x30 && code <= 0x39;
}

function compareDigits(a: string, b: string): number {
  const x = a.replace(/^0+/, '');
  const y = b.replace(/^0+/, '');
  if (x.length !== y.length) return x.length - y.length;
  return x < y ? -1 : x > y ? 1 : 0;
}
