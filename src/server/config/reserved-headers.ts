/** Headers that requests to other storages carry anyway. */
const RESERVED: ReadonlySet<string> = new Set([
  'accept-encoding',
  'connection',
  'content-encoding',
  'content-length',
  'content-type',
  'host',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'user-agent',
  'www-authenticate',
  'x-amz-content-sha256',
  'x-amz-date',
  'x-amz-security-token',
  'x-prometheus-remote-read-version',
  'x-prometheus-remote-write-version',
]);

/** The first of the `headers` that may not be set by hand, in the reference's words, or `null`. */
export function reservedHeaderProblem(
  headers: Readonly<Record<string, string>>,
  authorizationMessage: string,
): string | null {
  for (const name of Object.keys(headers)) {
    const lowered = name.toLowerCase();
    if (lowered === 'authorization') return authorizationMessage;
    if (RESERVED.has(lowered)) return `${name} is a reserved header. It must not be changed`;
  }
  return null;
}
