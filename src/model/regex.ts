import { LRUCache } from 'lru-cache';
import { RE2JS, RE2JSSyntaxException } from 're2js';
import { type Glob, globMatches, globsFromPattern, isPlainList } from './regex-globs.ts';
import { renamePattern, withoutMarks } from './regex-names.ts';
import { MATCH_STEPS_MAX, REGEX_SIZE_MAX, regexSize } from './regex-size.ts';

/** A compiled pattern of a `=~` matcher or of relabelling: anchored at both ends, `.` matches a newline. */
export interface Regex {
  readonly pattern: string;
  /** Throws `RegexSyntaxError` where value and pattern are so long that matching would hold the thread. */
  matches(value: string): boolean;
  /**
   * What a value takes to be matched, in steps of about 40 ns for each of its UTF-16 units: the instructions of a compiled
   * pattern, next to nothing for a list of values.
   */
  readonly stepsPerUnit: number;
  /** All strings that match, where they are few and known; then nothing else matches. Else null. */
  readonly setMatches: readonly string[] | null;
  /** What every matching string begins with; null where nothing is known. */
  readonly prefix: string | null;
  readonly matchesEmpty: boolean;
  /** Every string matches (`.*`), or every string but the empty one (`.+`). */
  readonly matchesAll: 'all' | 'non-empty' | null;
}

/** A pattern that RE2 does not take; the message is the one that Go's `regexp` gives. Or one that is too large. */
export class RegexSyntaxError extends Error {
  override readonly name = 'RegexSyntaxError';
  readonly pattern: string;

  constructor(pattern: string, message: string, cause: unknown) {
    super(message, { cause });
    this.pattern = pattern;
  }
}

/**
 * Compiled patterns kept, and their instructions, some 100 bytes each; past the limits the oldest is compiled anew. A list of
 * values has no instructions, but its texts: of a pattern of 2 MB they take 22 MB.
 */
const COMPILED_MAX = 1000;
const COMPILED_SIZE_MAX = 200_000;
const UNITS_PER_INSTRUCTION = 8;
const compiled = new LRUCache<string, Regex>({
  max: COMPILED_MAX,
  maxSize: COMPILED_SIZE_MAX,
  sizeCalculation: ({ pattern, stepsPerUnit }) => {
    const size = Math.ceil(stepsPerUnit + pattern.length / UNITS_PER_INSTRUCTION);
    return 1 + Math.min(size, COMPILED_SIZE_MAX - 1);
  },
});

/**
 * Compiles an RE2 pattern, or gives the one compiled before. Patterns of literals, alternatives, `.*` and `.+` are
 * matched by comparing strings; the others go to re2js, which takes linear time whatever the pattern.
 * Throws `RegexSyntaxError`.
 */
export function compileRegex(pattern: string): Regex {
  const known = compiled.get(pattern);
  if (known !== undefined) return known;
  const globs = isPlainList(pattern) ? 'list' : globsFromPattern(pattern);
  const regex =
    globs === 'list'
      ? regexFromList(pattern)
      : globs === null
        ? regexFromEngine(pattern)
        : regexFromGlobs(pattern, globs);
  compiled.set(pattern, regex);
  return regex;
}

/** Nearly all long patterns are lists of plain values. */
function regexFromList(pattern: string): Regex {
  const texts = new Set(pattern.split('|'));
  return {
    pattern,
    matches: pattern.includes('|') ? (value) => texts.has(value) : (value) => value === pattern,
    stepsPerUnit: 0,
    setMatches: [...texts],
    prefix: commonPrefix(texts),
    matchesEmpty: texts.has(''),
    matchesAll: null,
  };
}

function regexFromGlobs(pattern: string, globs: readonly Glob[]): Regex {
  const texts = globs.reduce((sum, glob) => sum + glob.texts.length, 0);
  const isList = globs.every((glob) => glob.gaps.length === 0);
  const stepsPerUnit = isList ? 0 : texts / TEXTS_PER_STEP;
  const find = globsMatcher(globs);
  const matches = (value: string): boolean => {
    if (stepsPerUnit * value.length > MATCH_STEPS_MAX) throw tooLongError(pattern, value);
    return find(value);
  };
  const only = globs.length === 1 ? globs[0]! : null;
  return {
    pattern,
    matches: isList ? find : matches,
    stepsPerUnit,
    setMatches: isList ? [...new Set(globs.map((glob) => glob.texts[0]!))] : null,
    prefix: commonPrefix(globs.map((glob) => glob.texts[0]!)),
    matchesEmpty: matches(''),
    matchesAll: only === null ? null : matchesAll(only),
  };
}

/** Looking for so many texts in a value takes as long as an instruction of a compiled pattern. */
const TEXTS_PER_STEP = 32;

function matchesAll(glob: Glob): Regex['matchesAll'] {
  if (glob.gaps.length !== 1 || glob.texts[0] !== '' || glob.texts[1] !== '') return null;
  return glob.gaps[0] === 0 ? 'all' : 'non-empty';
}

function globsMatcher(globs: readonly Glob[]): (value: string) => boolean {
  if (globs.every((glob) => glob.gaps.length === 0)) {
    const texts = new Set(globs.map((glob) => glob.texts[0]!));
    if (texts.size > 1) return (value) => texts.has(value);
    const text = globs[0]!.texts[0]!;
    return (value) => value === text;
  }
  if (globs.length === 1) {
    const glob = globs[0]!;
    return (value) => globMatches(glob, value);
  }
  return (value) => {
    for (const glob of globs) if (globMatches(glob, value)) return true;
    return false;
  };
}

function commonPrefix(texts: Iterable<string>): string | null {
  let prefix: string | null = null;
  for (const text of texts) {
    prefix ??= text;
    let shared = 0;
    while (shared < prefix.length && prefix[shared] === text[shared]) shared++;
    prefix = prefix.slice(0, shared);
  }
  return prefix === '' ? null : prefix;
}

function regexFromEngine(pattern: string): Regex {
  checkRegexSize(pattern);
  let engine: RE2JS;
  try {
    engine = RE2JS.compile(renamePattern(pattern, 'exact').text, RE2JS.DOTALL);
  } catch (error) {
    throw new RegexSyntaxError(pattern, syntaxMessage(pattern, error), error);
  }
  const size = engine.programSize();
  const matches = (value: string): boolean => {
    if (size * value.length > MATCH_STEPS_MAX) throw tooLongError(pattern, value);
    return engine.matches(value);
  };
  return {
    pattern,
    matches,
    stepsPerUnit: size,
    setMatches: null,
    prefix: null,
    matchesEmpty: matches(''),
    matchesAll: null,
  };
}

function tooLongError(pattern: string, { length }: string): RegexSyntaxError {
  const message = `the pattern is too large for a label value of ${length} characters: ${pattern.slice(0, 100)}`;
  return new RegexSyntaxError(pattern, message, null);
}

/** Throws `RegexSyntaxError` for a pattern that could hold its thread. One that is wrong besides is left to the engine. */
export function checkRegexSize(pattern: string): void {
  const size = regexSize(pattern);
  if (size === 'invalid' || size <= REGEX_SIZE_MAX) return;
  const reason = `expression too large: it comes to ${size} instructions, the limit is ${REGEX_SIZE_MAX}`;
  throw new RegexSyntaxError(pattern, `error parsing regexp: ${reason}`, null);
}

/** re2js puts its flags before the pattern, and leaves a fragment out here and there; Go does neither. */
function syntaxMessage(pattern: string, error: unknown): string {
  if (error instanceof RE2JSSyntaxException) {
    const { error: reason, input } = error as RE2JSSyntaxException & { error: string; input: string | null };
    const isWhole = input === `(?s)${renamePattern(pattern, 'exact').text}` || reason === 'expression nests too deeply';
    const fragment = isWhole ? pattern : withoutMarks(input ?? '');
    return `error parsing regexp: ${reason}: \`${fragment}\``;
  }
  return `error parsing regexp: ${error instanceof Error ? error.message : String(error)}`;
}
