/**
 * A query as text with one character (0..255) for each UTF-8 byte, so that every index is a byte offset, as positions
 * are counted. ASCII queries, nearly all, are their own byte text.
 */
export function byteText(text: string): string {
  return isAscii(text) ? text : Buffer.from(text.toWellFormed(), 'utf8').toString('latin1');
}

/**
 * The opposite of `byteText`. Bytes that are no UTF-8, which escapes such as `\xff` can make, become the lone
 * surrogates U+DC80..U+DCFF: no text from outside holds them, `isWellFormed()` tells them, `goQuote` prints them as
 * `\xff`, and encoders replace them by U+FFFD, as Go's JSON does with such bytes.
 */
export function textOfBytes(bytes: string): string {
  if (isAscii(bytes)) return bytes;
  const text = Buffer.from(bytes, 'latin1').toString('utf8');
  return text.includes('\ufffd') ? textOfDamagedBytes(bytes) : text;
}

/** The character that begins at a byte offset. */
export function characterAt(bytes: string, offset: number): string {
  const lead = bytes.charCodeAt(offset);
  const size = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  return textOfBytes(bytes.slice(offset, offset + size));
}

/** Well-formed UTF-8 sequences beyond ASCII (Unicode, table 3-7), or else one byte. */
const SEQUENCE =
  /[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}|\xed[\x80-\x9f][\x80-\xbf]|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}|\xf4[\x80-\x8f][\x80-\xbf]{2}|[\x80-\xff]/g;

function textOfDamagedBytes(bytes: string): string {
  return bytes.replace(SEQUENCE, (sequence) =>
    sequence.length === 1
      ? String.fromCharCode(0xdc00 + sequence.charCodeAt(0))
      : Buffer.from(sequence, 'latin1').toString('utf8'),
  );
}

function isAscii(text: string): boolean {
  return !/[^\0-\x7f]/.test(text);
}
