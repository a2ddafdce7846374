import type { ConfigError } from '../../config/config-error.ts';
import { type DecodeContext, field, list, nullable, type RecordOf, record, shown } from '../../config/decode.ts';
import { parsed, text, textNamed, unsigned } from '../../config/scalars.ts';
import { goQuote } from '../../model/labels.ts';
import type { NameValidationScheme } from '../../model/name-validation.ts';
import {
  defaultRelabelConfig,
  RELABEL_ACTIONS,
  type RelabelAction,
  type RelabelConfig,
  relabelConfigProblem,
} from '../../model/relabel.ts';

const standard = defaultRelabelConfig;

const action = parsed<RelabelAction | ''>(
  'relabel.Action',
  '',
  (word) => {
    const known = RELABEL_ACTIONS.find((at) => at === word.toLowerCase());
    if (known === undefined) throw new Error(`unknown relabel action ${goQuote(word)}`);
    return known;
  },
  (value) => value,
);

/** Not printed while it is the default. */
const regex = { ...textNamed('relabel.Regexp'), isEmpty: (value: string) => value === standard.regex };

const relabelFields = {
  source_labels: field(list(text)),
  separator: shown(text, standard.separator),
  regex: field(regex, standard.regex),
  modulus: field(unsigned),
  target_label: field(text),
  replacement: shown(text, standard.replacement),
  action: field(action, standard.action),
};

/** A list of relabelling rules; an entry that says nothing is `null`, which every section refuses in its own words. */
export const relabelConfigs = list(
  nullable(
    record('relabel.plain', relabelFields, (value, context) => {
      const problem = relabelConfigProblem({ ...standard, targetLabel: 'any', regex: value.regex }, 'utf8');
      return problem === null ? null : context.fault(value, problem, 'regex');
    }),
  ),
);
export type RawRelabelConfigs = readonly (RecordOf<typeof relabelFields> | null)[];

/** The first rule of `raw` that can not work, or that is empty (`emptyMessage` then, at the line of `owner`). */
export function emptyRelabelFault(
  raw: RawRelabelConfigs,
  owner: object,
  emptyMessage: string,
  context: DecodeContext,
): ConfigError | null {
  return raw.includes(null) ? context.fault(owner, emptyMessage) : null;
}

/** The rules as the relabelling runs them. Throws ConfigError for the first that can not work. */
export function relabelConfigsFrom(
  raw: RawRelabelConfigs,
  scheme: NameValidationScheme,
  context: DecodeContext,
): RelabelConfig[] {
  return raw.flatMap((at) => {
    if (at === null) return [];
    if (at.action === '') throw context.fault(at, 'relabel action cannot be empty', 'action');
    const config: RelabelConfig = {
      sourceLabels: at.source_labels,
      separator: at.separator,
      regex: at.regex,
      modulus: at.modulus,
      targetLabel: at.target_label,
      replacement: at.replacement,
      action: at.action,
    };
    const problem = relabelConfigProblem(config, scheme);
    if (problem !== null) throw context.fault(at, problem);
    return [config];
  });
}
