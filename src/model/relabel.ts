import { createHash } from 'node:crypto';
import { RE2JS } from 're2js';
import type { LabelBuilder } from './label-builder.ts';
import { isValidLabelName, type NameValidationScheme } from './name-validation.ts';

/** One decoded `relabel_configs` entry. Every field is always there; `defaultRelabelConfig` holds what YAML omits. */
export interface RelabelConfig {
  readonly sourceLabels: readonly string[];
  readonly separator: string;
  /** RE2 syntax, anchored at both ends by us; dot matches newline. */
  readonly regex: string;
  /** For `hashmod`; 0 means not set. */
  readonly modulus: number;
  readonly targetLabel: string;
  readonly replacement: string;
  readonly action: RelabelAction;
}

export type RelabelAction =
  | 'replace'
  | 'keep'
  | 'drop'
  | 'keepequal'
  | 'dropequal'
  | 'hashmod'
  | 'labelmap'
  | 'labeldrop'
  | 'labelkeep'
  | 'lowercase'
  | 'uppercase';

export const RELABEL_ACTIONS: readonly RelabelAction[] = [
  'replace',
  'keep',
  'drop',
  'keepequal',
  'dropequal',
  'hashmod',
  'labelmap',
  'labeldrop',
  'labelkeep',
  'lowercase',
  'uppercase',
];

export const defaultRelabelConfig: RelabelConfig = {
  sourceLabels: [],
  separator: ';',
  regex: '(.*)',
  modulus: 0,
  targetLabel: '',
  replacement: '$1',
  action: 'replace',
};

/** A relabelling step ready to run. */
export interface RelabelRule {
  readonly config: RelabelConfig;
  readonly scheme: NameValidationScheme;
  readonly pattern: Pattern;
}

/** Prepares checked configurations; throws the regex's syntax error for one that `relabelConfigProblem` refuses. */
export function compileRelabelConfigs(
  configs: readonly RelabelConfig[],
  scheme: NameValidationScheme,
): readonly RelabelRule[] {
  return configs.map((config) => ({ config, scheme, pattern: compilePattern(config.regex) }));
}

/** Runs the rules in order over the labels; false when one of them drops the label set. */
export function relabel(labels: LabelBuilder, rules: readonly RelabelRule[]): boolean {
  for (const rule of rules) if (!applyRule(labels, rule)) return false;
  return true;
}

function applyRule(labels: LabelBuilder, rule: RelabelRule): boolean {
  const { config, pattern } = rule;
  const value = config.sourceLabels.map((name) => labels.get(name)).join(config.separator);
  switch (config.action) {
    case 'drop':
      return !matches(pattern, value);
    case 'keep':
      return matches(pattern, value);
    case 'dropequal':
      return labels.get(config.targetLabel) !== value;
    case 'keepequal':
      return labels.get(config.targetLabel) === value;
    case 'replace':
      replace(labels, rule, value);
      return true;
    case 'lowercase':
      labels.set(config.targetLabel, mapCharacters(value, lowerCharacter));
      return true;
    case 'uppercase':
      labels.set(config.targetLabel, mapCharacters(value, upperCharacter));
      return true;
    case 'hashmod':
      labels.set(config.targetLabel, hashModulo(value, config.modulus));
      return true;
    case 'labelmap':
      for (const [name, at] of labels.entries()) {
        const groups = submatches(pattern, name);
        if (groups !== null) labels.set(expandTemplate(config.replacement, groups), at);
      }
      return true;
    case 'labeldrop':
      for (const [name] of labels.entries()) if (matches(pattern, name)) labels.delete(name);
      return true;
    case 'labelkeep':
      for (const [name] of labels.entries()) if (!matches(pattern, name)) labels.delete(name);
      return true;
  }
}

function replace(labels: LabelBuilder, rule: RelabelRule, value: string): void {
  const groups = submatches(rule.pattern, value);
  if (groups === null) return;
  const target = expandTemplate(rule.config.targetLabel, groups);
  if (!isValidLabelName(target, rule.scheme)) return;
  labels.set(target, expandTemplate(rule.config.replacement, groups));
}

/** The last 8 bytes of the value's MD5 as a big-endian number, modulo `modulus`. */
function hashModulo(value: string, modulus: number): string {
  const digest = createHash('md5').update(value).digest();
  return (digest.readBigUInt64BE(8) % BigInt(modulus)).toString();
}

/** What is wrong with a configuration, in the reference's words; `null` when it can be compiled. */
export function relabelConfigProblem(config: RelabelConfig, scheme: NameValidationScheme): string | null {
  const { action, targetLabel, replacement } = config;
  if (!RELABEL_ACTIONS.includes(action)) return `unknown relabel action ${JSON.stringify(action)}`;
  if (action === 'hashmod' && config.modulus === 0) {
    return 'relabel configuration for hashmod requires non-zero modulus';
  }
  if (NEEDS_TARGET.has(action) && targetLabel === '') {
    return `relabel configuration for ${action} action requires 'target_label' value`;
  }
  const templated = action === 'replace' && targetLabel.includes('$');
  const targetIsValid = templated
    ? isValidNameTemplate(targetLabel, scheme)
    : !NEEDS_TARGET.has(action) || isValidLabelName(targetLabel, scheme);
  if (!targetIsValid) return `${JSON.stringify(targetLabel)} is invalid 'target_label' for ${action} action`;
  if (FIXED_REPLACEMENT.has(action) && replacement !== defaultRelabelConfig.replacement) {
    return `'replacement' can not be set for ${action} action`;
  }
  if (action === 'labelmap' && !isValidNameTemplate(replacement, scheme)) {
    return `${JSON.stringify(replacement)} is invalid 'replacement' for ${action} action`;
  }
  if ((action === 'dropequal' || action === 'keepequal') && !onlyDefaultsOf(config, ['regex', ...UNUSED_BY_SETS])) {
    return `${action} action requires only 'source_labels' and \`target_label\`, and no other fields`;
  }
  if (action === 'labeldrop' || action === 'labelkeep') {
    if (config.sourceLabels.length > 0 || !onlyDefaultsOf(config, ['targetLabel', ...UNUSED_BY_SETS])) {
      return `${action} action requires only 'regex', and no other fields`;
    }
  }
  return regexProblem(config.regex);
}

const NEEDS_TARGET: ReadonlySet<RelabelAction> = new Set<RelabelAction>([
  'replace',
  'hashmod',
  'lowercase',
  'uppercase',
  'keepequal',
  'dropequal',
]);
const FIXED_REPLACEMENT: ReadonlySet<RelabelAction> = new Set<RelabelAction>([
  'lowercase',
  'uppercase',
  'keepequal',
  'dropequal',
]);
const UNUSED_BY_SETS = ['modulus', 'separator', 'replacement'] as const;

function onlyDefaultsOf(config: RelabelConfig, fields: readonly (keyof RelabelConfig)[]): boolean {
  return fields.every((field) => config[field] === defaultRelabelConfig[field]);
}

/** A classic label name in which any part may be a `$variable`; written so that matching never backtracks. */
const LEGACY_NAME_TEMPLATE = /^(?:[a-zA-Z_]|\$(?:\{\w+\}|\w))(?:\w|\$(?:\{\w+\}|\w))*$/;

function isValidNameTemplate(template: string, scheme: NameValidationScheme): boolean {
  return scheme === 'utf8' ? isValidLabelName(template, scheme) : LEGACY_NAME_TEMPLATE.test(template);
}

function regexProblem(regex: string): string | null {
  try {
    compilePattern(regex);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Most relabelling patterns are the default or plain words; those never reach the regex engine. */
type Pattern =
  | { readonly kind: 'everything' }
  | { readonly kind: 'words'; readonly words: ReadonlySet<string> }
  | { readonly kind: 'regex'; readonly regex: RE2JS };

function compilePattern(regex: string): Pattern {
  if (regex === '(.*)') return { kind: 'everything' };
  if (/^[\w\-:/ ;,|]*$/.test(regex)) return { kind: 'words', words: new Set(regex.split('|')) };
  return { kind: 'regex', regex: RE2JS.compile(`^(?s:${regex})$`) };
}

function matches(pattern: Pattern, text: string): boolean {
  switch (pattern.kind) {
    case 'everything':
      return true;
    case 'words':
      return pattern.words.has(text);
    case 'regex':
      return pattern.regex.matcher(text).find();
  }
}

/** Texts of the groups by number and by name. */
interface Submatches {
  readonly numbered: readonly (string | null)[];
  readonly named: Readonly<Record<string, string | null>>;
}

function submatches(pattern: Pattern, text: string): Submatches | null {
  switch (pattern.kind) {
    case 'everything':
      return { numbered: [text, text], named: {} };
    case 'words':
      return pattern.words.has(text) ? { numbered: [text], named: {} } : null;
    case 'regex': {
      const matcher = pattern.regex.matcher(text);
      if (!matcher.find()) return null;
      const numbered: (string | null)[] = [];
      for (let group = 0; group <= matcher.groupCount(); group++) numbered.push(matcher.group(group));
      return { numbered, named: matcher.getNamedGroups() };
    }
  }
}

/** `$1`, `${1}`, `$name`, `${name}` and `$$`, as Go's `Regexp.Expand` reads them; groups without a match are empty. */
function expandTemplate(template: string, groups: Submatches): string {
  if (!template.includes('$')) return template;
  return template.replace(/\$(?:\$|\{([\p{L}\p{Nd}_]+)\}|([\p{L}\p{Nd}_]+))/gu, (whole, braced, bare) => {
    if (whole === '$$') return '$';
    const name: string = braced ?? bare;
    if (/^(?:0|[1-9]\d{0,7})$/.test(name)) return groups.numbered[Number(name)] ?? '';
    return groups.named[name] ?? '';
  });
}

/** Character by character, as Go's `strings.ToLower` and `ToUpper` do: no `ß` -> `SS`, no final sigma. */
function mapCharacters(text: string, map: (character: string) => string): string {
  let mapped = '';
  for (const character of text) mapped += map(character);
  return mapped;
}

function lowerCharacter(character: string): string {
  if (character === '\u0130') return 'i';
  return singleOr(character.toLowerCase(), character);
}

function upperCharacter(character: string): string {
  const code = character.codePointAt(0)!;
  // Greek letters with iota subscript: full case mapping gives two letters, the simple one is a single other letter.
  if (code >= 0x1f80 && code <= 0x1fa7 && (code & 8) === 0) return String.fromCodePoint(code + 8);
  if (code === 0x1fb3 || code === 0x1fc3 || code === 0x1ff3) return String.fromCodePoint(code + 9);
  return singleOr(character.toUpperCase(), character);
}

function singleOr(mapped: string, character: string): string {
  return mapped.length === String.fromCodePoint(mapped.codePointAt(0)!).length ? mapped : character;
}
