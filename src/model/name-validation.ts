import { isLegacyLabelName, isLegacyMetricName } from './labels.ts';

/** Which names are valid: any UTF-8 text, or the classic character set. */
export type NameValidationScheme = 'utf8' | 'legacy';

export function isValidLabelName(name: string, scheme: NameValidationScheme): boolean {
  return scheme === 'legacy' ? isLegacyLabelName(name) : name !== '' && name.isWellFormed();
}

export function isValidMetricName(name: string, scheme: NameValidationScheme): boolean {
  return scheme === 'legacy' ? isLegacyMetricName(name) : name !== '' && name.isWellFormed();
}
