/**
 * A pattern of literals and gaps: `texts[0] gap texts[1] gap ... texts[n]`, where a gap is at least `gaps[i]` (0 or 1)
 * characters long: `.*` or `.+`. No gap at all means equality.
 */
export interface Glob {
  readonly texts: readonly string[];
  readonly gaps: readonly (0 | 1)[];
}

/** Texts that unfolding a pattern may copy, which joins parts to alternatives again and again; then the engine has it. */
const COPIES_MAX = 400_000;
/** Groups inside each other; a pattern that nests deeper goes to the engine, which has limits of its own. */
const DEPTH_MAX = 32;

/**
 * The alternatives of an RE2 pattern that has only literals, escaped signs, groups, `|`, `.*` and `.+`, with `.` matching
 * everything; null for any other pattern, also for a malformed one.
 */
export function globsFromPattern(pattern: string): readonly Glob[] | null {
  const reader = { pattern, at: 0, copies: 0 };
  const globs = readAlternatives(reader, 0);
  return globs === null || reader.at < pattern.length ? null : globs;
}

/** Whether a pattern is a text without any sign that means something, or several between `|`. */
export function isPlainList(pattern: string): boolean {
  return PLAIN_LIST.test(pattern);
}

export function globMatches(glob: Glob, value: string): boolean {
  const { texts, gaps } = glob;
  const last = texts.length - 1;
  const first = texts[0]!;
  if (last === 0) return value === first;
  if (!value.startsWith(first)) return false;
  // Placing each text as early as possible leaves the most room for the rest.
  let at = first.length;
  for (let i = 1; i < last; i++) {
    const found = value.indexOf(texts[i]!, at + gaps[i - 1]!);
    if (found < 0) return false;
    at = found;
    at += texts[i]!.length;
  }
  const end = texts[last]!;
  return value.length - end.length >= at + gaps[last - 1]! && value.endsWith(end);
}

interface Reader {
  readonly pattern: string;
  at: number;
  copies: number;
}

function readAlternatives(reader: Reader, depth: number): Glob[] | null {
  if (depth > DEPTH_MAX) return null;
  const globs: Glob[] = [];
  for (;;) {
    const more = readSequence(reader, depth);
    if (more === null) return null;
    for (const glob of more) globs.push(glob);
    if (reader.pattern[reader.at] !== '|') return globs;
    reader.at++;
  }
}

/** Reads up to `|`, `)` or the end. */
function readSequence(reader: Reader, depth: number): Glob[] | null {
  let globs: Glob[] | null = null;
  for (;;) {
    const sign = reader.pattern[reader.at];
    if (sign === undefined || sign === '|' || sign === ')') return globs ?? [NOTHING];
    const items = readItem(reader, depth);
    if (items === null) return null;
    globs = globs === null ? items : product(reader, globs, items);
    if (globs === null) return null;
  }
}

const NOTHING: Glob = { texts: [''], gaps: [] };

function product(reader: Reader, before: readonly Glob[], after: readonly Glob[]): Glob[] | null {
  reader.copies += after.length * textCount(before) + before.length * textCount(after);
  if (reader.copies > COPIES_MAX) return null;
  const globs: Glob[] = [];
  for (const a of before) {
    for (const b of after) {
      const glob = joined(a, b);
      if (glob === null) return null;
      globs.push(glob);
    }
  }
  return globs;
}

function textCount(globs: readonly Glob[]): number {
  let count = 0;
  for (const { texts } of globs) count += texts.length;
  return count;
}

function readItem(reader: Reader, depth: number): Glob[] | null {
  const { pattern } = reader;
  const sign = pattern[reader.at]!;
  let items: Glob[] | null;
  if (sign === '.') {
    const times = pattern[reader.at + 1];
    if (times !== '*' && times !== '+') return null;
    reader.at += 2;
    items = [{ texts: ['', ''], gaps: [times === '*' ? 0 : 1] }];
  } else if (sign === '(') {
    items = readGroup(reader, depth);
  } else {
    LITERALS.lastIndex = reader.at;
    const text = LITERALS.exec(pattern)?.[0];
    if (text === undefined) return null;
    reader.at += text.length;
    if (isRepeated(reader)) return null;
    return [{ texts: [text.includes('\\') ? text.replaceAll(ESCAPED, '$1') : text], gaps: [] }];
  }
  // What repeats an item is beyond this reader.
  return items !== null && isRepeated(reader) ? null : items;
}

/** Signs that mean themselves, and alternatives of them. */
const PLAIN_LIST = /^[^.()\\*+?{}[\]^$]*$/;
/** A run of them. An escaped ASCII sign is that sign; escaped letters and digits mean something else. */
const LITERALS = /(?:[^.()|\\*+?{}[\]^$]|\\[!-/:-@[-^`{-~])+/y;
const ESCAPED = /\\(.)/g;
const REPEATS = /[*+?{]/;

function isRepeated({ at, pattern }: Reader): boolean {
  return at < pattern.length && REPEATS.test(pattern[at]!);
}

function readGroup(reader: Reader, depth: number): Glob[] | null {
  const { pattern } = reader;
  if (pattern[reader.at + 1] !== '?') reader.at += 1;
  else if (pattern.startsWith('(?:', reader.at)) reader.at += 3;
  else return null;
  const globs = readAlternatives(reader, depth + 1);
  if (pattern[reader.at] !== ')') return null;
  reader.at++;
  return globs;
}

/** One after the other. Gaps that meet become one; two of at least one character each are more than a gap can say. */
function joined(a: Glob, b: Glob): Glob | null {
  const seam = a.texts.at(-1)! + b.texts[0]!;
  if (seam !== '' || a.gaps.length === 0 || b.gaps.length === 0) {
    return { texts: [...a.texts.slice(0, -1), seam, ...b.texts.slice(1)], gaps: [...a.gaps, ...b.gaps] };
  }
  const first = a.gaps.at(-1)!;
  const second = b.gaps[0]!;
  if (first === 1 && second === 1) return null;
  return {
    texts: [...a.texts.slice(0, -1), ...b.texts.slice(1)],
    gaps: [...a.gaps.slice(0, -1), first === 1 ? 1 : second, ...b.gaps.slice(1)],
  };
}
