/**
 * Milliseconds as Go prints a `time.Duration`: `15s`, `1m0s`, `1.5s`, `500ms`, `20µs`. So they stand in label values, flags
 * and log lines. Parts of a microsecond are left out.
 */
export function goDuration(ms: number): string {
  const us = Math.round(Math.abs(ms) * 1000);
  const sign = ms < 0 && us > 0 ? '-' : '';
  if (us === 0) return '0s';
  if (us < 1000) return `${sign}${us}µs`;
  if (us < 1_000_000) return `${sign}${us / 1000}ms`;
  const hours = Math.floor(us / 3_600_000_000);
  const minutes = Math.floor(us / 60_000_000) % 60;
  const seconds = `${(us % 60_000_000) / 1_000_000}s`;
  if (hours > 0) return `${sign}${hours}h${minutes}m${seconds}`;
  return minutes > 0 ? `${sign}${minutes}m${seconds}` : sign + seconds;
}
