import { goQuote } from '../../model/labels.ts';

/**
 * Checks a URL as loosely as the reference does (paths alone are URLs, too) and gives it back unchanged. Throws an Error
 * with the reference's wording.
 */
export function urlFromText(text: string): string {
  const refuse = (cause: string) => new Error(`parse ${goQuote(text)}: ${cause}`);
  if (/[\x00-\x1f\x7f]/.test(text)) throw refuse('net/url: invalid control character in URL');
  if (/^:/.test(text)) throw refuse('missing protocol scheme');
  const wrong = /%(?![\da-fA-F]{2}).{0,2}/.exec(text.replace(/[?].*$/s, ''));
  if (wrong !== null) throw refuse(`invalid URL escape ${goQuote(wrong[0])}`);
  const colon = text.indexOf(':');
  const scheme = /^[a-zA-Z][a-zA-Z\d+\-.]*:/.exec(text);
  if (scheme === null && colon !== -1 && !text.slice(0, colon).includes('/'))
    throw refuse('first path segment in URL cannot contain colon');
  const authority = /^[a-zA-Z][a-zA-Z\d+\-.]*:\/\/([^/?#]*)/.exec(text)?.[1] ?? '';
  const host = authority.slice(authority.lastIndexOf('@') + 1);
  const port = /(:[^\]:]*)$/.exec(host)?.[1];
  if (port !== undefined && !/^:\d*$/.test(port)) throw refuse(`invalid port ${goQuote(port)} after host`);
  if (host.includes(' ')) throw refuse('invalid character " " in host name');
  return text;
}

/** The URL with a password hidden. */
export function urlText(url: string): string {
  return url.replace(/^([a-zA-Z][a-zA-Z\d+\-.]*:\/\/[^/?#:@]*):[^/?#@]*@/, '$1:xxxxx@');
}
