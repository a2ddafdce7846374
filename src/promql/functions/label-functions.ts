import { RE2JS, RE2JSSyntaxException } from 're2js';
import type { Labels } from '../../model/labels.ts';
import { isValidLabelName } from '../../model/name-validation.ts';
import { EvaluationError, type LabelFunction } from './contracts.ts';
import { expandTemplate, parseTemplate } from './regex-template.ts';

/** label_replace(v, destination, replacement, source, regex) */
export const labelReplace: LabelFunction = {
  prepare(strings) {
    const [destination, replacement, source, pattern] = strings as [string, string, string, string];
    const regex = compile(pattern);
    if (!isValidLabelName(destination, 'utf8')) {
      throw new EvaluationError(`invalid destination label name in label_replace(): ${destination}`);
    }
    const template = parseTemplate(replacement);
    return (labels: Labels) => {
      const matcher = regex.matcher(labels.get(source));
      if (!matcher.matches()) return labels;
      return labels.with(destination, expandTemplate(template, matcher));
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
