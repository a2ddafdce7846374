/**
 * How large a pattern may become when it is compiled, about, in instructions. A match takes up to some 40 ns for each
 * instruction and character, and compiling 5 to 10 µs for each instruction, which nothing can interrupt: up to 60 ms. Patterns of literals, `|`, `.*` and `.+` are not compiled and may be as large as they like.
 */
export const REGEX_SIZE_MAX = 6_000;

/** Instructions of a pattern times UTF-16 units of a value that it meets: up to 90 ms. */
export const MATCH_STEPS_MAX = 2_000_000;

/**
 * A class of Unicode letters, such as `\pL`, has hundreds of ranges: reading it takes as long as so many instructions, where
 * case does not count several times that, and each instruction that it compiles to takes longer, too.
 */
const UNICODE_CLASS_READING = 12;
const UNICODE_CLASS_FOLDING = 40;
const UNICODE_CLASS_SIZE = 3;
/** So many characters of a class are read in the time of an instruction. */
const CLASS_CHARACTERS = 16;

/** A pattern that is larger is not read to its end. */
const SIZE_COUNTED_MAX = 4 * REGEX_SIZE_MAX;

/** RE2 takes no more repetitions than these, those of repeated groups multiplied. */
const REPETITIONS_MAX = 1000;

interface Group {
  size: number;
  /** The last item, which a repetition behind it is about. */
  item: number;
  /** The most repetitions of anything in the group, and in the last item. */
  repetitions: number;
  itemRepetitions: number;
}

/**
 * The instructions that an RE2 pattern compiles to, give or take a few for each group; `invalid` where more is repeated
 * than RE2 takes. Of a malformed pattern it is some number, of one far beyond `REGEX_SIZE_MAX` what its beginning comes to.
 */
export function regexSize(pattern: string): number | 'invalid' {
  const readingOfClass = FOLDING.test(pattern) ? UNICODE_CLASS_FOLDING : UNICODE_CLASS_READING;
  let reading = 0;
  const open: Group[] = [newGroup()];
  let at = 0;
  const add = (size: number, repetitions = 1): void => {
    const group = open[open.length - 1]!;
    group.size += size;
    group.item = size;
    group.itemRepetitions = repetitions;
    group.repetitions = Math.max(group.repetitions, repetitions);
  };
  while (at < pattern.length && open[0]!.size + open.length < SIZE_COUNTED_MAX) {
    const sign = pattern[at]!;
    if (sign === '\\') {
      if (pattern.startsWith('\\Q', at)) {
        at = quoted(pattern, at, add);
        continue;
      }
      ESCAPE.lastIndex = at;
      const sequence = ESCAPE.exec(pattern)![0];
      const isClass = isUnicodeClass(sequence);
      if (isClass) reading += readingOfClass;
      add(isClass ? UNICODE_CLASS_SIZE : 1);
      at += sequence.length;
      continue;
    }
    REPEAT.lastIndex = at;
    const repeat = sign === '{' ? REPEAT.exec(pattern) : null;
    if (repeat !== null) {
      const group = open[open.length - 1]!;
      const least = Number(repeat[1]);
      const times = Math.max(1, least, Number(repeat[2] ?? 0));
      group.itemRepetitions *= times;
      if (group.itemRepetitions > REPETITIONS_MAX) return 'invalid';
      // What may be left out has an instruction that says so.
      const optional = times - Math.min(times, least);
      group.size += group.item * (times - 1) + optional;
      group.item = group.item * times + optional;
      group.repetitions = Math.max(group.repetitions, group.itemRepetitions);
      at += repeat[0].length;
      continue;
    }
    if (sign === '[') {
      CLASS.lastIndex = at;
      const text = CLASS.exec(pattern)?.[0] ?? sign;
      const classes = text.match(UNICODE_CLASSES)?.length ?? 0;
      reading += readingOfClass * classes + text.length / CLASS_CHARACTERS;
      add(classes > 0 ? UNICODE_CLASS_SIZE : 1);
      at += text.length;
      continue;
    }
    if (sign === '(') open.push(newGroup());
    else if (sign === ')' && open.length > 1) {
      const { size, repetitions } = open.pop()!;
      add(size + GROUP_SIZE, repetitions);
    } else if (sign === '*' || sign === '+' || sign === '?') open[open.length - 1]!.size++;
    else add(1);
    at++;
  }
  // Groups that are open still: of tens of thousands no end was read.
  return open.reduce((sum, { size }) => sum + size + GROUP_SIZE, Math.floor(reading) - GROUP_SIZE);
}

/** Instructions of a group, beside what is in it. */
const GROUP_SIZE = 2;

function newGroup(): Group {
  return { size: 0, item: 0, repetitions: 1, itemRepetitions: 1 };
}

const REPEAT = /\{(\d{1,5})(?:,(\d{0,5}))?\}/y;
const CLASS = /\[\^?\]?(?:\\[\s\S]|\[:\^?\w+:\]|[^\]\\])*\]/y;
const UNICODE_CLASSES = /\\[pP]/g;
/** Flags that let case not count. */
const FOLDING = /\(\?[A-Za-z]*i/;
const ESCAPE = /\\(?:[pP]\{[^}]*\}|x\{[^}]*\}|[pP][\s\S]|[\s\S]?)/y;

function quoted(pattern: string, at: number, add: (size: number) => void): number {
  const end = pattern.indexOf('\\E', at);
  const length = (end < 0 ? pattern.length : end) - at - 2;
  if (length > 1) add(length - 1);
  add(1);
  return end < 0 ? pattern.length : end + 2;
}

function isUnicodeClass(sequence: string): boolean {
  return sequence[1] === 'p' || sequence[1] === 'P';
}
