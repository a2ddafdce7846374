import { goQuote } from '../model/labels.ts';
import { type Answer, pageNotFound, plainError, plainText } from './answer.ts';
import { ApiError } from './api-error.ts';
import { answerFromError } from './envelope.ts';
import { bytesFromPercent } from './form.ts';
import { API_PREFIX } from './routes.ts';

/**
 * Answers a path that can not be decoded as UTF-8. A bad escape is a bad request; bytes that are no text can only be
 * meant as a label name, which is then invalid.
 */
export function answerUndecodable(method: string, url: string, prefix: string): Answer {
  const path = url.split('?', 1)[0]!;
  const bytes = bytesFromPercent(path);
  if (!(bytes instanceof Uint8Array)) return plainText(400, '400 Bad Request');
  const decoded = Buffer.from(bytes).toString('latin1');
  const start = `${prefix}${API_PREFIX}/label/`;
  const match = decoded.startsWith(start) ? /^([^/]+)\/values$/.exec(decoded.slice(start.length)) : null;
  if (match === null) return pageNotFound();
  if (method === 'OPTIONS') return { status: 204, headers: { vary: 'Accept-Encoding, Origin' }, body: '' };
  if (method !== 'GET') {
    const refusal = plainError(405, 'Method Not Allowed');
    return { ...refusal, headers: { ...refusal.headers, allow: 'GET, OPTIONS' } };
  }
  const answer = answerFromError(new ApiError('bad_data', `invalid label name: ${quoteBytes(match[1]!)}`));
  return { ...answer, headers: { ...answer.headers, vary: 'Accept-Encoding, Origin' } };
}

/** Go's `%q` of bytes (one character each) that are not all UTF-8: text stays, other bytes become `\\xff`. */
function quoteBytes(bytes: string): string {
  let quoted = '';
  let at = 0;
  while (at < bytes.length) {
    const character =
      /^(?:[\x00-\x7f]|[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3})/.exec(
        bytes.slice(at, at + 4),
      )?.[0];
    const text = character === undefined ? null : Buffer.from(character, 'latin1').toString('utf8');
    if (text === null || text.includes('\ufffd')) {
      quoted += `\\x${bytes.charCodeAt(at).toString(16).padStart(2, '0')}`;
      at++;
    } else {
      quoted += goQuote(text).slice(1, -1);
      at += character!.length;
    }
  }
  return `"${quoted}"`;
}
