import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { ALL_PARSER_OPTIONS } from '../../src/promql/syntax/options.ts';
import { parseExpr, parseMetricSelector } from '../../src/promql/syntax/parse.ts';
import { printExpr } from '../../src/promql/syntax/print.ts';

/** Answers recorded from the reference: which queries it refuses, and with which words. */
const RECORD = new URL('../../../shared/golden/recorded/promql-and-api.jsonl.gz', import.meta.url);

interface Entry {
  readonly request: { readonly path: string; readonly params?: unknown; readonly form?: unknown };
  readonly status: number;
  readonly body: { readonly errorType?: string; readonly error?: string } | null;
}

describe.skipIf(!existsSync(RECORD))('recorded answers (../shared/golden)', () => {
  const entries = existsSync(RECORD) ? readRecord() : [];

  test('refused queries are refused with the same text', () => {
    const differences: string[] = [];
    let compared = 0;
    for (const entry of entries) {
      const [, parameter, message] =
        /^invalid parameter "(query|match\[\])": (.*)$/s.exec(entry.body?.error ?? '') ?? [];
      if (entry.status !== 400 || message === undefined || !message.includes('parse error')) continue;
      const text = parameterOf(entry, parameter!);
      if (text === undefined) continue;
      compared++;
      const got = errorOf(() =>
        parameter === 'query' ? parseExpr(text, ALL_PARSER_OPTIONS) : parseMetricSelector(text),
      );
      if (got !== message) differences.push(`${JSON.stringify(text)}\n  expected ${message}\n  got      ${got}`);
    }
    expect(compared).toBeGreaterThan(0);
    expect(differences.join('\n')).toBe('');
  });

  test('accepted queries parse, and print to a form that stays the same', () => {
    const differences: string[] = [];
    for (const entry of entries) {
      if (entry.status !== 200 || !/\/query(_range)?$/.test(entry.request.path)) continue;
      const text = parameterOf(entry, 'query');
      // The printed form of infinity has a sign, which binds looser than the power: `+Inf ^ 2` is `+(Inf ^ 2)`.
      if (text === undefined || /inf\s*\^/i.test(text)) continue;
      const problem = errorOf(() => {
        const printed = printExpr(parseExpr(text, ALL_PARSER_OPTIONS));
        expect(printExpr(parseExpr(printed, ALL_PARSER_OPTIONS))).toBe(printed);
      });
      if (problem !== 'no error') differences.push(`${JSON.stringify(text)}: ${problem}`);
    }
    // re2js refuses two groups of one name, which Go takes.
    expect(differences.filter((text) => !text.includes('duplicate capture group name')).join('\n')).toBe('');
  });
});

function readRecord(): Entry[] {
  const lines = gunzipSync(readFileSync(RECORD)).toString('utf8').trimEnd().split('\n').slice(1);
  return lines.map((line) => JSON.parse(line) as Entry);
}

function parameterOf({ request }: Entry, name: string): string | undefined {
  const pairs = (request.params ?? request.form) as readonly (readonly [string, string])[] | undefined;
  return Array.isArray(pairs) ? pairs.find(([key]) => key === name)?.[1] : undefined;
}

function errorOf(action: () => unknown): string {
  try {
    action();
    return 'no error';
  } catch (error) {
    return (error as Error).message;
  }
}
