import { RE2JS } from 're2js';
import { parseDuration } from '../../model/duration.ts';
import { goFloatFromText } from '../../model/go-float.ts';
import type { Labels } from '../../model/labels.ts';
import { byteText } from '../syntax/byte-text.ts';
import { PromqlSyntaxError } from '../syntax/error.ts';
import { Lexer } from '../syntax/lexer.ts';
import { parseNumber, stringValue } from '../syntax/literals.ts';
import { ALL_PARSER_OPTIONS } from '../syntax/options.ts';
import { parseExpr } from '../syntax/parse.ts';
import { nhcbFromClassic } from './classic-to-nhcb.ts';
import type { MemorySample, MemorySeries } from './memory-queryable.ts';
import { parseMetric, parseSeriesDescription, type SequenceItem } from './series-description.ts';
import { parseStartTimes } from './start-time-sequence.ts';

/** One step of a test script, in the language of Prometheus' promqltest. `line` counts from 1. */
export type ScriptCommand = { readonly kind: 'clear'; readonly line: number } | LoadCommand | EvalCommand;

export interface LoadCommand {
  readonly kind: 'load';
  readonly line: number;
  readonly series: readonly MemorySeries[];
}

/** A message that must be equal, or a pattern that must be found in it. */
export type Expectation = (message: string) => boolean;

export interface ExpectedSeries {
  readonly labels: Labels;
  readonly items: readonly SequenceItem[];
}

export interface EvalCommand {
  readonly kind: 'eval';
  readonly line: number;
  readonly text: string;
  readonly isRange: boolean;
  /** Milliseconds. For an instant query with `expect range vector` they are those of the expected points. */
  readonly start: number;
  readonly end: number;
  readonly step: number;
  /** Null: the query must succeed. */
  readonly fail: Expectation | null;
  readonly warnings: readonly Expectation[];
  readonly infos: readonly Expectation[];
  readonly noWarnings: boolean;
  readonly noInfos: boolean;
  readonly ordered: boolean;
  /** The result is a range vector or a string, which no range query gives. */
  readonly instantOnly: boolean;
  readonly scalar: SequenceItem | null;
  readonly string: string | null;
  readonly series: readonly ExpectedSeries[];
}

/** A script that can not be read. */
export class ScriptSyntaxError extends SyntaxError {
  override name = 'ScriptSyntaxError';
  /** The line, and the byte in it where that is known: `4` or `4:25`. Both count from 1. */
  readonly place: string;
  /** What is wrong there. */
  readonly detail: string;

  /** `column` is where the text that the cause speaks of begins in its line, in bytes from 0. */
  constructor(line: number, cause: Error, column = 0) {
    const isInQuery = cause instanceof PromqlSyntaxError;
    const place = isInQuery ? `${line}:${column + cause.position.start + 1}` : String(line);
    const detail = isInQuery ? `parse error: ${cause.detail}` : cause.message;
    super(`line ${place}: ${detail}`, { cause });
    this.place = place;
    this.detail = detail;
  }
}

/** Reads a whole script. Throws `ScriptSyntaxError`. */
export function parsePromqlScript(text: string): ScriptCommand[] {
  const lines = text.split('\n').map((line) => (line.trim().startsWith('#') ? '' : line.trim()));
  const commands: ScriptCommand[] = [];
  for (let i = 0; i < lines.length; i++) {
    if (lines[i] === '') continue;
    let end = i + 1;
    while (end < lines.length && lines[end] !== '') end++;
    const block = lines.slice(i, end);
    const word = block[0]!.split(/[\t ]/)[0]!.toLowerCase();
    try {
      if (word === 'clear') {
        commands.push({ kind: 'clear', line: i + 1 });
        continue;
      }
      if (word.startsWith('load')) commands.push(parseLoad(block, i + 1));
      else if (word.startsWith('eval')) {
        const { command, used } = parseEval(block, i + 1);
        commands.push(command);
        end = i + used;
      } else throw new SyntaxError(`invalid command ${word}`);
    } catch (error) {
      throw error instanceof ScriptSyntaxError ? error : new ScriptSyntaxError(i + 1, error as Error);
    }
    i = end - 1;
  }
  return commands;
}

function parseLoad(block: readonly string[], line: number): ScriptCommand {
  const match = /^load(_with_nhcb)?\s+(.+)$/.exec(block[0]!);
  if (match === null) throw new SyntaxError('invalid load command');
  const gap = parseDuration(match[2]!);
  const byKey = new Map<string, MemorySeries>();
  let startTimes: { readonly labels: Labels; readonly offsets: readonly (number | null)[] } | null = null;
  const define = (definition: string) => {
    const startLine = /^(\S*)@st[\t ](.*)$/.exec(definition);
    if (startLine !== null) {
      startTimes = { labels: parseMetric(byteText(startLine[1]!)).labels, offsets: parseStartTimes(startLine[2]!) };
      return;
    }
    const { labels, items } = parseSeriesDescription(definition);
    if (startTimes !== null && (!startTimes.labels.equals(labels) || startTimes.offsets.length !== items.length)) {
      throw new SyntaxError(`@st line does not fit the series behind it: ${labels}`);
    }
    byKey.set(labels.key, { labels, samples: samplesOf(items, gap, startTimes?.offsets ?? null) });
    startTimes = null;
  };
  for (let i = 1; i < block.length; i++) atLine(line + i, () => define(block[i]!));
  const series = [...byKey.values()];
  return { kind: 'load', line, series: match[1] === undefined ? series : [...series, ...nhcbFromClassic(series)] };
}

/** What `read` gives; what it throws tells the line. */
function atLine<T>(line: number, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new ScriptSyntaxError(line, error as Error);
  }
}

function samplesOf(
  items: readonly SequenceItem[],
  gap: number,
  startTimes: readonly (number | null)[] | null,
): MemorySample[] {
  const samples: MemorySample[] = [];
  for (const [i, item] of items.entries()) {
    if (item.kind === 'omitted') continue;
    const time = i * gap;
    const offset = startTimes?.[i] ?? null;
    samples.push({
      time,
      startTime: offset === null ? 0 : time + offset,
      value: item.kind === 'float' ? item.value : 0,
      stale: item.kind === 'stale',
      histogram: item.kind === 'histogram' ? item.histogram : null,
    });
  }
  return samples;
}

type Draft = { -readonly [K in keyof EvalCommand]: EvalCommand[K] extends readonly (infer T)[] ? T[] : EvalCommand[K] };

function parseEval(block: readonly string[], line: number): { readonly command: EvalCommand; readonly used: number } {
  const instant = /^eval(?:_(fail|warn|ordered|info))?\s+instant\s+(?:at\s+(.+?))?\s+(.+)$/.exec(block[0]!);
  const range = /^eval(?:_(fail|warn|info))?\s+range\s+from\s+(.+)\s+to\s+(.+)\s+step\s+(.+?)\s+(.+)$/.exec(block[0]!);
  if (instant === null && range === null) throw new SyntaxError(`invalid eval command: ${block[0]}`);
  const mode = instant?.[1] ?? range?.[1];
  const text = instant?.[3] ?? range![5]!;
  try {
    parseExpr(text, ALL_PARSER_OPTIONS);
  } catch (error) {
    // The query is the end of its line.
    throw new ScriptSyntaxError(line, error as Error, byteText(block[0]!).length - byteText(text).length);
  }
  const start = parseDuration(instant?.[2] ?? range?.[2] ?? '');
  const draft: Draft = {
    kind: 'eval',
    line,
    text,
    isRange: instant === null,
    start,
    end: range === null || instant !== null ? start : parseDuration(range[3]!),
    step: range === null || instant !== null ? 0 : parseDuration(range[4]!),
    fail: mode === 'fail' ? () => true : null,
    warnings: mode === 'warn' ? [() => true] : [],
    infos: mode === 'info' ? [() => true] : [],
    noWarnings: false,
    noInfos: false,
    ordered: mode === 'ordered',
    instantOnly: false,
    scalar: null,
    string: null,
    series: [],
  };
  let used = 1;
  const takesMore = () => atLine(line + used, () => parseExpected(draft, block[used]!, mode === 'fail'));
  while (used < block.length && takesMore()) used++;
  checkExpectLines(draft, block.slice(1, used + 1));
  // The line that ended the command is part of it.
  return { command: draft, used: Math.min(used + 1, block.length) };
}

/** Throws where lines contradict each other, or times do. */
function checkExpectLines(draft: Draft, lines: readonly string[]): void {
  const invalid = (problem: string) => new SyntaxError(`invalid expect lines, ${problem}`);
  if (draft.infos.length > 0 && draft.noInfos) throw invalid('info and no_info cannot be used together');
  if (draft.warnings.length > 0 && draft.noWarnings) throw invalid('warn and no_warn cannot be used together');
  if (lines.filter((line) => /^expect\s+fail\b/.test(line)).length > 1) {
    throw invalid('multiple expect fail lines are not allowed');
  }
  if (draft.end < draft.start)
    throw new SyntaxError('invalid test definition, end timestamp is before start timestamp');
}

/** Takes one line behind an `eval`; false where nothing can follow it. */
function parseExpected(draft: Draft, line: string, oldFail: boolean): boolean {
  if (oldFail && line.startsWith('expected_fail_message')) {
    draft.fail = expectation('msg', line.slice('expected_fail_message'.length));
    return false;
  }
  if (oldFail && line.startsWith('expected_fail_regexp')) {
    draft.fail = expectation('regex', line.slice('expected_fail_regexp'.length));
    return false;
  }
  if (line.startsWith('expect range vector')) {
    const match = /^expect range vector\s+from\s+(.+)\s+to\s+(.+)\s+step\s+(.+)$/.exec(line);
    if (match === null) throw new SyntaxError(`invalid range vector definition ${line}`);
    draft.start = parseDuration(match[1]!);
    draft.end = parseDuration(match[2]!);
    draft.step = parseDuration(match[3]!);
    draft.instantOnly = true;
    return true;
  }
  if (line.startsWith('expect string ')) {
    draft.string = expectedString(byteText(line.slice('expect string '.length)));
    draft.instantOnly = true;
    return true;
  }
  if (line.split(' ')[0] === 'expect') {
    parseExpectLine(draft, line);
    return true;
  }
  const scalar = parseScalar(line);
  if (scalar !== null) {
    draft.scalar = { kind: 'float', value: scalar };
    return false;
  }
  const { labels, items } = parseSeriesDescription(line);
  if (items.length > 1 && !draft.isRange && !draft.instantOnly) {
    throw new SyntaxError('expecting multiple values in instant evaluation not allowed');
  }
  draft.scalar = null;
  draft.series.push({ labels, items });
  return true;
}

/** A literal of Go: between single quotes there is one character. */
function expectedString(literal: string): string {
  const token = new Lexer(literal).next();
  const value = token.kind === 'string' && token.end === literal.length ? stringValue(token) : null;
  if (value === null || (literal.startsWith("'") && [...value].length !== 1)) {
    throw new SyntaxError('expected string literal not valid - check that the string is correctly quoted');
  }
  return value;
}

function parseExpectLine(draft: Draft, line: string): void {
  const match = /^expect\s+(ordered|fail|warn|no_warn|info|no_info)(?:\s+(regex|msg):(.+))?$/.exec(line);
  if (match === null) throw new SyntaxError(`invalid expect statement: ${line}`);
  const accepts = match[2] === undefined ? () => true : expectation(match[2], match[3]!);
  switch (match[1]) {
    case 'ordered':
      draft.ordered = true;
      break;
    case 'fail':
      draft.fail = accepts;
      break;
    case 'warn':
      draft.warnings.push(accepts);
      break;
    case 'info':
      draft.infos.push(accepts);
      break;
    case 'no_warn':
      draft.noWarnings = true;
      break;
    case 'no_info':
      draft.noInfos = true;
      break;
  }
}

function expectation(type: string, text: string): Expectation {
  const wanted = text.trim();
  if (type === 'msg') return (message) => message === wanted;
  const pattern = RE2JS.compile(wanted);
  return (message) => pattern.matcher(message).find();
}

/** As Go's `ParseInt` with any base or else its `ParseFloat` has it; null where neither does. */
function parseScalar(line: string): number | null {
  const negative = line.startsWith('-');
  const unsigned = negative || line.startsWith('+') ? line.slice(1) : line;
  const prefixed = /^0[bo](_?[0-7])+$/i.test(unsigned) ? Number(unsigned.replaceAll('_', '')) : Number.NaN;
  const usual = /^[\d.]/.test(unsigned) ? parseNumber(unsigned) : null;
  const value = Number.isNaN(prefixed) ? usual : prefixed;
  if (value === null) return goFloatFromText(line);
  return negative ? -value : value;
}
