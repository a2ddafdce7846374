import { RE2JS, RE2JSSyntaxException } from 're2js';
import type { Labels } from '../../model/labels.ts';
import { isValidLabelName } from '../../model/name-validation.ts';
import { EvaluationError, type LabelFunction } from './contracts.ts';
import { expandTemplate, parseTemplate } from './regex-template.ts';

/** Source texts whose replacement one call remembers: series share most label values. Others are matched each time. */
const KNOWN_TEXTS_MAX = 4096;

/** label_replace(v, destination, replacement, source, regex) */
export const labelReplace: LabelFunction = {
  prepare(strings) {
    const [destination, replacement, source, pattern] = strings as [string, string, string, string];
    const regex = compile(pattern);
    if (!isValidLabelName(destination, 'utf8')) {
      throw new EvaluationError(`invalid destination label name in label_replace(): ${destination}`);
    }
    const template = parseTemplate(replacement);
    const known = new Map<string, string | null>();
    return (labels: Labels) => {
      const text = labels.get(source);
      let replaced = known.get(text);
      if (replaced === undefined) {
        const matcher = regex.matcher(text);
        replaced = matcher.matches() ? expandTemplate(template, matcher) : null;
        if (known.size < KNOWN_TEXTS_MAX) known.set(text, replaced);
      }
      return replaced === null ? labels : labels.with(destination, replaced);
    };
  },
};

/** label_join(v, destination, separator, source...) */
export const labelJoin: LabelFunction = {
  prepare(strings) {
    const [destination, separator, ...sources] = strings as [string, string, ...string[]];
    for (const source of sources) {
      if (!isValidLabelName(source, 'utf8')) {
        throw new EvaluationError(`invalid source label name in label_join(): ${source}`);
      }
    }
    if (!isValidLabelName(destination, 'utf8')) {
      throw new EvaluationError(`invalid destination label name in label_join(): ${destination}`);
    }
    return (labels: Labels) => labels.with(destination, sources.map((source) => labels.get(source)).join(separator));
  },
};

/** Anchored at both ends; `.` matches a newline. */
function compile(pattern: string): RE2JS {
  try {
    return RE2JS.compile(`^(?s:${pattern})$`);
  } catch (error) {
    if (!(error instanceof RE2JSSyntaxException)) throw error;
    throw new EvaluationError(`invalid regular expression in label_replace(): ${pattern}`, { cause: error });
  }
}
