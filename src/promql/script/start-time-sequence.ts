import { parseDuration } from '../../model/duration.ts';

const DURATION = String.raw`([+-]?)(\d[0-9a-wyz]*)`;
const ITEM = new RegExp(String.raw`^${DURATION}(?:(?:([+-])(\d[0-9a-wyz]*))?x(\d+))?$`);

/**
 * Parses the values of an `@st` line: offsets of start timestamps from their samples, in ms, null where none is known.
 * `_`, `_x3`, `-1m`, `-1mx3` (four of them), `-30s-1mx2` (three, each a minute less).
 */
export function parseStartTimes(text: string): (number | null)[] {
  const offsets: (number | null)[] = [];
  for (const item of text.trim().split(/\s+/)) {
    const gap = /^_(?:x(\d+))?$/.exec(item);
    if (gap !== null) {
      for (let i = 0; i < Number(gap[1] ?? 1); i++) offsets.push(null);
      continue;
    }
    const match = ITEM.exec(item);
    if (match === null) throw new SyntaxError(`bad start timestamp: ${item}`);
    const [, sign, first, stepSign, step, count] = match;
    const increment = step === undefined ? 0 : signed(stepSign, parseDuration(step));
    let offset = signed(sign, parseDuration(first!));
    for (let i = 0; i <= Number(count ?? 0); i++) {
      offsets.push(offset);
      offset += increment;
    }
  }
  return offsets;
}

function signed(sign: string | undefined, ms: number): number {
  return sign === '-' ? 0 - ms : ms;
}
