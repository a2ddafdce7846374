import { type DecodeContext, field, list, type RecordOf, record } from '../../config/decode.ts';
import { text, toggle } from '../../config/scalars.ts';
import { goQuote } from '../../model/labels.ts';
import type { NameValidationScheme } from '../../model/name-validation.ts';

const otlpFields = {
  promote_all_resource_attributes: field(toggle),
  promote_resource_attributes: field(list(text)),
  ignore_resource_attributes: field(list(text)),
  translation_strategy: field(text, 'UnderscoreEscapingWithSuffixes'),
  keep_identifying_resource_attributes: field(toggle),
  convert_histograms_to_nhcb: field(toggle),
  promote_scope_metadata: field(toggle),
  label_name_underscore_sanitization: field(toggle, true),
  label_name_preserve_multiple_underscores: field(toggle, true),
};

export type RawOtlp = RecordOf<typeof otlpFields>;

/** How OTLP metrics become series. */
export const otlpCodec = record('config.plain', otlpFields, (value, context) => {
  const all = value.promote_all_resource_attributes;
  if (all && value.promote_resource_attributes.length > 0)
    return context.fault(
      value,
      "'promote_all_resource_attributes' and 'promote_resource_attributes' cannot be configured simultaneously",
    );
  if (!all && value.ignore_resource_attributes.length > 0)
    return context.fault(
      value,
      "'ignore_resource_attributes' cannot be configured unless 'promote_all_resource_attributes' is true",
    );
  const name = all ? 'ignore_resource_attributes' : 'promote_resource_attributes';
  const trimmed = value[name].map((attribute) => attribute.trim());
  const problem = attributesProblem(trimmed, all ? 'ignored' : 'promoted');
  if (problem !== null) return context.fault(value, `invalid '${name}': ${problem}`, name);
  value[name] = trimmed;
  return null;
});

/** Strategies that keep names which are not classic need them to be valid. Throws ConfigError. */
export function checkOtlp(raw: RawOtlp, scheme: NameValidationScheme, context: DecodeContext): void {
  const strategy = raw.translation_strategy;
  const classic = ['', 'UnderscoreEscapingWithSuffixes', 'UnderscoreEscapingWithoutSuffixes'];
  if (classic.includes(strategy)) return;
  const field = 'translation_strategy';
  if (strategy !== 'NoTranslation' && strategy !== 'NoUTF8EscapingWithSuffixes')
    throw context.fault(raw, `unsupported OTLP translation strategy ${goQuote(strategy)}`, field);
  if (scheme === 'legacy')
    throw context.fault(
      raw,
      `OTLP translation strategy ${goQuote(strategy)} is not allowed when UTF8 is disabled`,
      field,
    );
}

function attributesProblem(attributes: readonly string[], adjective: string): string | null {
  const problems: string[] = [];
  const seen = new Set<string>();
  for (const attribute of attributes) {
    if (attribute === '') problems.push(`empty ${adjective} OTel resource attribute`);
    else if (seen.has(attribute))
      problems.push(`duplicated ${adjective} OTel resource attribute ${goQuote(attribute)}`);
    seen.add(attribute);
  }
  return problems.length === 0 ? null : problems.join('\n');
}
