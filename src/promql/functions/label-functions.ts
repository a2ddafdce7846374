import { RE2JS, RE2JSSyntaxException } from 're2js';
import type { Labels } from '../../model/labels.ts';
import { isValidLabelName } from '../../model/name-validation.ts';
import { checkRegexSize, RegexSyntaxError } from '../../model/regex.ts';
import { renamePattern } from '../../model/regex-names.ts';
import { MATCH_STEPS_MAX } from '../../model/regex-size.ts';
import { LONG_TEXT_UNITS } from '../../std/long-text-map.ts';
import { EvaluationError, type LabelCosts, type LabelFunction } from './contracts.ts';
import { type Found, parseTemplate, type TemplatePart, templateTexts } from './regex-template.ts';

/** Source texts whose replacement one call remembers: series share most label values. Others are matched each time. */
const KNOWN_TEXTS_MAX = 4096;
/** Asking for a label to join takes about as long as so many samples. */
const SOURCE_WORK = 4;
/** Compiling an instruction of a pattern takes as long as so many. */
const COMPILING_WORK = 500;
/** And as much memory as text of so many UTF-16 units. */
const INSTRUCTION_UNITS = 50;
/** UTF-16 units of a label value that a query makes: 5 ms. */
const TEXT_LENGTH_MAX = 2 ** 20;

/** label_replace(v, destination, replacement, source, regex) */
export const labelReplace: LabelFunction = {
  prepare(strings, costs) {
    const [destination, replacement, source, pattern] = strings as [string, string, string, string];
    const { regex, sharedNames } = compile(pattern);
    costs.spend(COMPILING_WORK * regex.programSize());
    costs.takeText(INSTRUCTION_UNITS * regex.programSize(), true);
    if (!isValidLabelName(destination, 'utf8')) {
      throw new EvaluationError(`invalid destination label name in label_replace(): ${destination}`);
    }
    const template = parseTemplate(replacement, (work) => costs.spend(work));
    const known = new Map<string, string | null>();
    return (labels: Labels) => {
      const text = labels.get(source);
      let replaced = text.length < LONG_TEXT_UNITS ? known.get(text) : undefined;
      if (replaced === undefined) {
        const steps = regex.programSize() * text.length;
        if (steps > MATCH_STEPS_MAX) throw tooLongError(pattern, text.length);
        costs.spend(steps);
        const matcher = regex.matcher(text);
        replaced = matcher.matches() ? expanded(template, { matcher, sharedNames }, costs) : null;
        if (known.size < KNOWN_TEXTS_MAX && text.length < LONG_TEXT_UNITS) known.set(text, replaced);
      }
      return replaced === null ? labels : labels.with(destination, replaced);
    };
  },
};

/** label_join(v, destination, separator, source...) */
export const labelJoin: LabelFunction = {
  prepare(strings, { spend, takeText }) {
    const [destination, separator, ...sources] = strings as [string, string, ...string[]];
    for (const source of sources) {
      if (!isValidLabelName(source, 'utf8')) {
        throw new EvaluationError(`invalid source label name in label_join(): ${source}`);
      }
    }
    if (!isValidLabelName(destination, 'utf8')) {
      throw new EvaluationError(`invalid destination label name in label_join(): ${destination}`);
    }
    return (labels: Labels) => {
      spend(SOURCE_WORK * sources.length);
      const texts = sources.map((source) => labels.get(source));
      const length = texts.reduce((sum, text) => sum + text.length + separator.length, 0);
      if (length > TEXT_LENGTH_MAX) throw longTextError('label_join', length);
      takeText(length, isWide(separator, length) || texts.some((text) => isWide(text, length)));
      return labels.with(destination, texts.join(separator));
    };
  },
};

function expanded(template: readonly TemplatePart[], found: Found, costs: LabelCosts): string {
  const texts = templateTexts(template, found, (work) => costs.spend(work));
  const length = texts.reduce((sum, text) => sum + text.length, 0);
  if (length > TEXT_LENGTH_MAX) throw longTextError('label_replace', length);
  costs.takeText(
    length,
    texts.some((text) => isWide(text, length)),
  );
  return texts.join('');
}

/** Units of a text whose bytes are worth a look at it: that is as long as making it. */
const LOOKED_AT_MIN = 64;

/** True where a text of so many units that has this part is known to take two bytes for each. */
function isWide(part: string, length: number): boolean {
  return length >= LOOKED_AT_MIN && /[^\0-\xff]/.test(part);
}

function longTextError(func: string, length: number): EvaluationError {
  return new EvaluationError(
    `${func}(): a label value would have ${length} characters, the limit is ${TEXT_LENGTH_MAX}`,
  );
}

function tooLongError(pattern: string, length: number): EvaluationError {
  return new EvaluationError(
    `label_replace(): the pattern is too large for a label value of ${length} characters: ${pattern.slice(0, 100)}`,
  );
}

/** Anchored at both ends; `.` matches a newline. */
function compile(pattern: string): { regex: RE2JS; sharedNames: Found['sharedNames'] } {
  try {
    checkRegexSize(pattern);
    const { text, sharedNames } = renamePattern(pattern, 'free');
    return { regex: RE2JS.compile(`^(?s:${text})$`), sharedNames };
  } catch (error) {
    if (error instanceof RegexSyntaxError)
      throw new EvaluationError(`label_replace(): ${error.message}`, { cause: error });
    if (!(error instanceof RE2JSSyntaxException)) throw error;
    throw new EvaluationError(`invalid regular expression in label_replace(): ${pattern}`, { cause: error });
  }
}
