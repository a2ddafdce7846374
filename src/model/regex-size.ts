/**
 * How large a pattern may become when it is compiled, about, in instructions. A match takes up to some 40 ns for each
 * instruction and character, and compiling 5 µs for each instruction, which nothing can interrupt: 50 ms either way, for
 * a value of 100 characters. Patterns of literals, `|`, `.*` and `.+` are not compiled and may be as large as they like.
 */
export const REGEX_SIZE_MAX = 10_000;

/** Instructions of a pattern times UTF-16 units of a value that it meets: up to 90 ms. */
export const MATCH_STEPS_MAX = 2_000_000;

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
 * than RE2 takes. Of a malformed pattern it is some number.
 */
export function regexSize(pattern: string): number | 'invalid' {
  const open: Group[] = [newGroup()];
  let at = 0;
  const add = (size: number, repetitions = 1): void => {
    const group = open[open.length - 1]!;
    group.size += size;
    group.item = size;
    group.itemRepetitions = repetitions;
    group.repetitions = Math.max(group.repetitions, repetitions);
  };
  while (at < pattern.length) {
    const sign = pattern[at]!;
    if (sign === '\\') {
      at = pattern.startsWith('\\Q', at) ? quoted(pattern, at, add) : escaped(pattern, at, add);
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
      at += CLASS.exec(pattern)?.[0].length ?? 1;
      add(1);
      continue;
    }
    if (sign === '(') open.push(newGroup());
    else if (sign === ')' && open.length > 1) {
      const { size, repetitions } = open.pop()!;
      add(size + 2, repetitions);
    } else if (sign === '*' || sign === '+' || sign === '?') open[open.length - 1]!.size++;
    else add(1);
    at++;
  }
  return open.reduce((sum, { size }) => sum + size, 0);
}

function newGroup(): Group {
  return { size: 0, item: 0, repetitions: 1, itemRepetitions: 1 };
}

const REPEAT = /\{(\d{1,5})(?:,(\d{0,5}))?\}/y;
const CLASS = /\[\^?\]?(?:\\[\s\S]|\[:\^?\w+:\]|[^\]\\])*\]/y;
const ESCAPE = /\\(?:[pP]\{[^}]*\}|x\{[^}]*\}|[pP][\s\S]|[\s\S]?)/y;

function quoted(pattern: string, at: number, add: (size: number) => void): number {
  const end = pattern.indexOf('\\E', at);
  const length = (end < 0 ? pattern.length : end) - at - 2;
  if (length > 1) add(length - 1);
  add(1);
  return end < 0 ? pattern.length : end + 2;
}

function escaped(pattern: string, at: number, add: (size: number) => void): number {
  ESCAPE.lastIndex = at;
  add(1);
  return at + ESCAPE.exec(pattern)![0].length;
}
