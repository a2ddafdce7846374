/**
 * A query as text with one character (0..255) for each UTF-8 byte, so that every index is a byte offset, as positions
 * are counted. ASCII queries, nearly all, are their own byte text.
 */
export function byteText(text: string): string {
  return isAscii(text) ? text : Buffer.from(text.toWellFormed(), 'utf8').toString('latin1');
}

/** The opposite of `byteText`; bytes that are no UTF-8 become U+FFFD. */
export function textOfBytes(bytes: string): string {
  return isAscii(bytes) ? bytes : Buffer.from(bytes, 'latin1').toString('utf8');
}

/** True where the bytes are UTF-8; escapes such as `\xff` can make others. */
export function isUtf8(bytes: string): boolean {
  return isAscii(bytes) || Buffer.from(textOfBytes(bytes), 'utf8').toString('latin1') === bytes;
}

/** The character that begins at a byte offset. */
export function characterAt(bytes: string, offset: number): string {
  const lead = bytes.charCodeAt(offset);
  const size = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  return textOfBytes(bytes.slice(offset, offset + size));
}

function isAscii(text: string): boolean {
  return !/[^\0-\x7f]/.test(text);
}
