import { RE2JS } from 're2js';
import { describe, expect, it } from 'vitest';
import { type RegexDialect, renamePattern, withoutMarks } from './regex-names.ts';

function texts(patterns: readonly string[], dialect: RegexDialect): string[] {
  return patterns.map((pattern) => renamePattern(pattern, dialect).text);
}

function isTaken(pattern: string, dialect: RegexDialect): boolean {
  try {
    RE2JS.compile(renamePattern(pattern, dialect).text);
    return true;
  } catch {
    return false;
  }
}

describe('renamePattern()', () => {
  it('leaves a pattern as it is where all of its names are known', () => {
    const patterns = [
      'a(b|c)',
      '(?P<x>\\pL)',
      '[\\p{Greek}\\P{^Old_Italic}]',
      '\\p{Any}\\p{LC}',
      '\\Q\\p{Dash}',
      '\\\\p{Dash}',
    ];
    expect(texts(patterns, 'exact')).toEqual(patterns);
  });

  // What is taken and what is not, and the groups that a shared name means, were asked of a Prometheus 3.14.
  it('knows properties in matchers as they are written only', () => {
    for (const name of ['L', 'Lu', 'LC', 'Cn', 'Any', 'Han', 'Old_Italic', 'SignWriting']) {
      expect(isTaken(`[\\p{${name}}]\\P{^${name}}`, 'exact')).toBe(true);
    }
    for (const name of ['lu', 'Letter', 'Ascii', 'Lc', 'Alphabetic', 'Unknown', 'Garay', '', 'Script=Han']) {
      expect(isTaken(`\\p{${name}}`, 'exact')).toBe(false);
      expect(isTaken(`[^\\p{^${name}}]`, 'exact')).toBe(false);
    }
    expect(isTaken('\\pl', 'exact')).toBe(false);
  });

  it('knows them in label_replace() however they are written, but for scripts of several words', () => {
    for (const name of ['l', 'LU', ' l-C_', 'any', 'ASCII', 'assigned', 'han', 'Decimal  nuMBer', 'digit', 'cntrl']) {
      expect(isTaken(`[\\p{${name}}]\\P{^${name}}`, 'free')).toBe(true);
    }
    for (const name of ['Old_Italic', 'SignWriting', 'Alphabetic', '', '_', 'é', 'L&']) {
      expect(isTaken(`\\p{${name}}`, 'free')).toBe(false);
    }
    expect(texts(['\\pl\\Pn', '[\\p{letter}\\]\\p{^ number}]', '[\\p{mark}'], 'free')).toEqual([
      '\\pL\\PN',
      '[\\p{L}\\]\\p{^N}]',
      '[\\p{M}',
    ]);
  });

  it('tells which groups share a name, and leaves it to the first of them', () => {
    const { text, sharedNames } = renamePattern('(a)(?P<n>b)(?:c)[(](?<n>d)\\((?<m>e)', 'exact');
    expect(text).toBe('(a)(?P<n>b)(?:c)[(](d)\\((?<m>e)');
    expect(sharedNames).toEqual(new Map([['n', [2, 3]]]));
    expect(renamePattern('(?<n>a)[(?<n>b', 'exact').sharedNames).toBeNull();
  });

  it('marks what is not known in a way that messages need not show', () => {
    expect(withoutMarks(renamePattern('(\\p{Dash}', 'exact').text)).toBe('(\\p{Dash}');
  });
});
