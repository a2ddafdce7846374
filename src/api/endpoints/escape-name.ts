import { isLegacyMetricName } from '../../model/labels.ts';

/**
 * How names that the classic text format has no place for are written: `allow-utf-8` quotes them, the others replace
 * what does not fit. Source: the escaping schemes of the Prometheus exposition formats.
 */
export type EscapingScheme = 'underscores' | 'allow-utf-8' | 'dots' | 'values';

/** null: no such scheme. */
export function escapingSchemeFromText(text: string): EscapingScheme | null {
  switch (text) {
    case 'underscores':
    case 'allow-utf-8':
    case 'dots':
    case 'values':
      return text;
    default:
      return null;
  }
}

/** A metric name as a scheme writes it. */
export function escapeName(name: string, scheme: EscapingScheme): string {
  switch (scheme) {
    case 'allow-utf-8':
      return name;
    case 'underscores':
      return isLegacyMetricName(name) ? name : replaced(name, () => '_');
    case 'dots':
      return replaced(name.replaceAll('_', '__'), (character) => (character === '.' ? '_dot_' : '__'));
    case 'values':
      if (isLegacyMetricName(name)) return name;
      return `U__${replaced(name.replaceAll('_', '__'), (character) => `_${character.codePointAt(0)!.toString(16)}_`)}`;
  }
}

/** Replaces each character that a metric name of the classic format can not have at its place. */
function replaced(name: string, replacement: (character: string) => string): string {
  let result = '';
  for (const character of name) {
    const fits = /^[a-zA-Z_:]$/.test(character) || (result !== '' && /^[0-9]$/.test(character));
    result += fits ? character : replacement(character);
  }
  return result;
}
