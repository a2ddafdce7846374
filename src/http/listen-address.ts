/** Splits `0.0.0.0:9090`, `:9090` (no host: all addresses) and `[::1]:9090`; null for anything else. */
export function hostAndPort(address: string): { readonly host?: string; readonly port: number } | null {
  const match = /^(?:\[([^\]]*)\]|([^:]*)):(\d{1,5})$/.exec(address);
  const port = Number(match?.[3]);
  if (match === null || port > 65_535) return null;
  const host = match[1] ?? match[2] ?? '';
  return host === '' ? { port } : { host, port };
}
