import { compareLabels, type Labels } from '../../model/labels.ts';
import { compareUtf8, equalPieces } from '../../model/utf8.ts';

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

/** Digits of the largest number that counts as one: more are compared as text. */
const LARGEST = '9223372036854775807';

/**
 * Natural order: texts are cut into runs of digits and runs of others, and compared run by run; two runs of digits
 * compare as numbers, all others as text. A text that ends first comes first, but an empty one comes before nothing and
 * after nothing, and of two that differ by zeros in front of their last number each comes before the other: so the reference
 * has it.
 *
 * Allocates nothing: texts may have a million runs, and be compared a million times.
 */
export function isNaturallyLess(a: string, b: string): boolean {
  if (a === '' || b === '') return false;
  let at = firstDifference(a, b);
  if (at > 0 && !isDigit(a.charCodeAt(at - 1))) {
    // Text goes on in one of them, or in both; nothing of it has to be looked at again.
    const goesOn = at < a.length && !isDigit(a.charCodeAt(at));
    const otherGoesOn = at < b.length && !isDigit(b.charCodeAt(at));
    if (goesOn && otherGoesOn) return compareUtf8(a.charAt(at), b.charAt(at)) < 0;
    if (goesOn !== otherGoesOn) return otherGoesOn;
    if (at === a.length) return true;
    if (at === b.length) return false;
  } else while (at > 0 && isDigit(a.charCodeAt(at - 1))) at--;
  return isRestLess(a, b, at);
}

/** The same of what follows, where a run begins in both texts. */
function isRestLess(a: string, b: string, from: number): boolean {
  let at = from;
  let to = from;
  for (;;) {
    const end = runEnd(a, at);
    const otherEnd = runEnd(b, to);
    const areNumbers = isNumber(a, at, end) && isNumber(b, to, otherEnd);
    const order = areNumbers ? compareDigits(a, at, end, b, to, otherEnd) : compareTexts(a, at, end, b, to, otherEnd);
    if (order !== 0) return order < 0;
    if (end === a.length) return true;
    if (otherEnd === b.length) return false;
    at = end;
    to = otherEnd;
  }
}

function firstDifference(a: string, b: string): number {
  const shared = Math.min(a.length, b.length);
  let at = equalPieces(a, b, shared);
  while (at < shared && a.charCodeAt(at) === b.charCodeAt(at)) at++;
  return at;
}

/** Where the run that begins at `from` ends. */
function runEnd(text: string, from: number): number {
  const inDigits = isDigit(text.charCodeAt(from));
  let at = from + 1;
  while (at < text.length && isDigit(text.charCodeAt(at)) === inDigits) at++;
  return at;
}

function isDigit(unit: number): boolean {
  return unit >= 0x30 && unit <= 0x39;
}

function isNumber(text: string, from: number, to: number): boolean {
  return isDigit(text.charCodeAt(from)) && compareDigits(text, from, to, LARGEST, 0, LARGEST.length) <= 0;
}

function compareDigits(a: string, aFrom: number, aTo: number, b: string, bFrom: number, bTo: number): number {
  const aStart = withoutZeros(a, aFrom, aTo);
  const bStart = withoutZeros(b, bFrom, bTo);
  if (aTo - aStart !== bTo - bStart) return aTo - aStart - (bTo - bStart);
  for (let i = aStart, k = bStart; i < aTo; i++, k++) {
    const order = a.charCodeAt(i) - b.charCodeAt(k);
    if (order !== 0) return order;
  }
  return 0;
}

function withoutZeros(text: string, from: number, to: number): number {
  let at = from;
  while (at < to && text.charCodeAt(at) === 0x30) at++;
  return at;
}

/** As `compareUtf8`, of parts. */
function compareTexts(a: string, aFrom: number, aTo: number, b: string, bFrom: number, bTo: number): number {
  const length = Math.min(aTo - aFrom, bTo - bFrom);
  let at = 0;
  while (at < length && a.charCodeAt(aFrom + at) === b.charCodeAt(bFrom + at)) at++;
  return at === length ? aTo - aFrom - (bTo - bFrom) : compareUtf8(a.charAt(aFrom + at), b.charAt(bFrom + at));
}
