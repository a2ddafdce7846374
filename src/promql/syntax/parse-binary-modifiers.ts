import type { VectorMatching } from './ast.ts';
import { DEFAULT_MATCHING } from './default-matching.ts';
import { numberValue } from './literals.ts';
import { parseGroupingLabels } from './parse-selector.ts';
import type { TokenStream } from './token-stream.ts';

/** What may stand between a binary operator and its right-hand operand. */
export interface BinaryModifiers {
  readonly returnBool: boolean;
  /** As written; the type check decides whether it means anything. */
  readonly matching: VectorMatching;
}

/** What stands between most operators and their operands: nothing. */
const NO_MODIFIERS: BinaryModifiers = { returnBool: false, matching: DEFAULT_MATCHING };
const BOOL_ALONE: BinaryModifiers = { returnBool: true, matching: DEFAULT_MATCHING };

/** `bool`, then `on` or `ignoring`, then `group_left` or `group_right`, then fill values: each may be absent. */
export function parseBinaryModifiers(stream: TokenStream): BinaryModifiers {
  const returnBool = stream.takeIf('bool') !== null;
  let card: VectorMatching['card'] = 'one-to-one';
  let matchingLabels: string[] = [];
  let include: string[] = [];
  let on = false;
  const matchingWord = stream.peek().kind;
  if (matchingWord === 'on' || matchingWord === 'ignoring') {
    stream.take();
    on = matchingWord === 'on';
    matchingLabels = parseGroupingLabels(stream);
    const groupWord = stream.peek().kind;
    if (groupWord === 'group_left' || groupWord === 'group_right') {
      stream.take();
      card = groupWord === 'group_left' ? 'many-to-one' : 'one-to-many';
      include = parseIncludedLabels(stream);
    }
  }
  const { fillLeft, fillRight } = parseFillValues(stream);
  const isDefault = matchingWord !== 'on' && matchingWord !== 'ignoring' && fillLeft === null && fillRight === null;
  if (isDefault) return returnBool ? BOOL_ALONE : NO_MODIFIERS;
  return { returnBool, matching: { card, matchingLabels, on, include, fillLeft, fillRight } };
}

/** The labels of `group_left` may be left out; then an operand or a fill value follows. */
function parseIncludedLabels(stream: TokenStream): string[] {
  return stream.peek().kind === '(' || !stream.atOperand() ? parseGroupingLabels(stream) : [];
}

function parseFillValues(stream: TokenStream): { fillLeft: number | null; fillRight: number | null } {
  if (stream.takeIf('fill') !== null) {
    const value = parseFillValue(stream);
    return { fillLeft: value, fillRight: value };
  }
  if (stream.takeIf('fill_left') !== null) {
    const fillLeft = parseFillValue(stream);
    return { fillLeft, fillRight: stream.takeIf('fill_right') === null ? null : parseFillValue(stream) };
  }
  if (stream.takeIf('fill_right') !== null) {
    const fillRight = parseFillValue(stream);
    return { fillLeft: stream.takeIf('fill_left') === null ? null : parseFillValue(stream), fillRight };
  }
  return { fillLeft: null, fillRight: null };
}

function parseFillValue(stream: TokenStream): number {
  stream.expect('(');
  const sign = stream.takeIf('-') ?? stream.takeIf('+');
  const token = stream.takeIf('number') ?? stream.expect('duration');
  const value = numberValue(stream, token);
  stream.expect(')');
  return sign?.kind === '-' ? -value : value;
}
