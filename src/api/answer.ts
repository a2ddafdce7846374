import type { Readable } from 'node:stream';

/** A finished HTTP answer; a stream is sent until it ends or the client leaves. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array | Readable;
}

const PLAIN = 'text/plain; charset=utf-8';

export function plainText(status: number, body: string): Answer {
  return { status, headers: { 'content-type': PLAIN }, body };
}

/** An error as Go's `http.Error` writes it. */
export function plainError(status: number, message: string): Answer {
  return {
    status,
    headers: { 'content-type': PLAIN, 'x-content-type-options': 'nosniff' },
    body: `${message}\n`,
  };
}

export function pageNotFound(): Answer {
  return plainError(404, '404 page not found');
}

export function empty(status: number): Answer {
  return { status, headers: {}, body: '' };
}

const REDIRECT_NAMES: Readonly<Record<number, string>> = {
  301: 'Moved Permanently',
  302: 'Found',
  307: 'Temporary Redirect',
};

/** A redirect as Go's `http.Redirect` writes it: a short page for GET, nothing for other methods. */
export function redirect(method: string, status: 301 | 302 | 307, location: string): Answer {
  if (method !== 'GET' && method !== 'HEAD') return { status, headers: { location }, body: '' };
  return {
    status,
    headers: { location, 'content-type': 'text/html; charset=utf-8' },
    body: `<a href="${escapeHtml(location)}">${REDIRECT_NAMES[status]}</a>.\n\n`,
  };
}

export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&#34;')
    .replaceAll("'", '&#39;');
}
