/** A text that is no duration; the message is what the reference says. */
export class DurationError extends Error {
  override name = 'DurationError';
}

const DURATION = /^(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?$/;
const UNIT_MS = [31_536_000_000, 604_800_000, 86_400_000, 3_600_000, 60_000, 1000, 1] as const;
const UNIT_NAMES = ['y', 'w', 'd', 'h', 'm', 's', 'ms'] as const;
/** Nanoseconds since the epoch end here in the reference: 2^63 - 1 ns, about 292 years. */
const DURATION_MS_MAX = 9_223_372_036_854;

/** Milliseconds of `1h30m`, `15s`, `0`, ...: whole numbers with falling units. Throws DurationError. */
export function durationMsFromText(text: string): number {
  if (text === '0') return 0;
  if (text === '') throw new DurationError('empty duration string');
  const match = DURATION.exec(text);
  if (match === null) throw new DurationError(`not a valid duration string: ${JSON.stringify(text)}`);
  let total = 0;
  for (let i = 0; i < UNIT_MS.length; i++) total += Number(match[i + 1] ?? 0) * UNIT_MS[i]!;
  if (total > DURATION_MS_MAX) throw new DurationError('duration out of range');
  return total;
}

/** The shortest text that gives `durationMs` again, as the reference prints it: years and weeks only where they fit. */
export function durationText(durationMs: number): string {
  if (durationMs === 0) return '0s';
  let text = durationMs < 0 ? '-' : '';
  let rest = Math.abs(durationMs);
  for (let i = 0; i < UNIT_MS.length; i++) {
    const unit = UNIT_MS[i]!;
    const mustFit = i < 2;
    if (mustFit && rest % unit !== 0) continue;
    const count = Math.floor(rest / unit);
    if (count > 0) text += `${count}${UNIT_NAMES[i]}`;
    rest -= count * unit;
  }
  return text;
}
