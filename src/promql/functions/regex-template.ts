import type { Matcher } from 're2js';
import type { Spend } from '../../kernels/blocks.ts';
import type { RenamedPattern } from '../../model/regex-names.ts';

/** Finding a part of a template takes about as long as so many samples, and filling it in. */
const PARSING_WORK = 60;
const FILLING_WORK = 10;

/** A replacement text, cut at its references: literal text, or the number or name of a group. */
export type TemplatePart = { readonly text: string } | { readonly group: number | string };

/**
 * Parses a replacement as Go's `regexp.Expand` does: `$1`, `$name` (the longest run of letters, digits and `_`),
 * `${name}`, and `$$` for a dollar sign. A `$` with nothing valid behind it stays as it is. `spend` is told of every part:
 * there may be a million.
 */
export function parseTemplate(template: string, spend: Spend): readonly TemplatePart[] {
  const parts: TemplatePart[] = [];
  const reference = /\$(?:\$|\{([\p{L}\p{Nd}_]+)\}|([\p{L}\p{Nd}_]+))/gu;
  let end = 0;
  for (const match of template.matchAll(reference)) {
    spend(PARSING_WORK);
    parts.push({ text: template.slice(end, match.index) });
    end = match.index + match[0].length;
    const name = match[1] ?? match[2];
    parts.push(name === undefined ? { text: '$' } : { group: /^[0-9]+$/.test(name) ? groupNumber(name) : name });
  }
  parts.push({ text: template.slice(end) });
  return parts;
}

/** A match, and the groups that share a name. */
export interface Found {
  readonly matcher: Matcher;
  readonly sharedNames: RenamedPattern['sharedNames'];
}

/** The texts that a template comes to, part by part; groups that do not exist or took no part are empty. */
export function templateTexts(template: readonly TemplatePart[], found: Found, spend: Spend): string[] {
  const ofGroups = new Map<number | string, string>();
  return template.map((part) => {
    spend(FILLING_WORK);
    if ('text' in part) return part.text;
    let text = ofGroups.get(part.group);
    if (text === undefined) {
      text = groupText(found, part.group);
      ofGroups.set(part.group, text);
    }
    return text;
  });
}

function groupText({ matcher, sharedNames }: Found, group: number | string): string {
  if (typeof group === 'number') return group <= matcher.groupCount() ? (matcher.group(group) ?? '') : '';
  const shared = sharedNames?.get(group);
  if (shared !== undefined) {
    for (const number of shared) {
      const text = matcher.group(number);
      if (text !== null) return text;
    }
    return '';
  }
  try {
    return matcher.group(group) ?? '';
  } catch {
    return '';
  }
}

/** Go counts a number with a leading zero, or of 10^8 and more, as a name; no group has such a name. */
function groupNumber(digits: string): number | string {
  return digits.length > 1 && (digits.startsWith('0') || digits.length > 8) ? digits : Number(digits);
}
