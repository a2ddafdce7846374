const HEADERS = {
  'access-control-allow-headers': 'Accept, Authorization, Content-Type, Origin',
  'access-control-allow-methods': 'GET, POST, OPTIONS',
  'access-control-expose-headers': 'Date',
} as const;

/** The headers that let a page of `origin` read an answer; none for requests that no page sent. */
export function corsHeaders(origin: string, allows: (origin: string) => boolean): Readonly<Record<string, string>> {
  if (origin === '') return {};
  return allows(origin) ? { ...HEADERS, 'access-control-allow-origin': origin } : HEADERS;
}
