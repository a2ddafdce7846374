const PREFIX = 'U__';

/**
 * Undoes the value encoding of names in paths: `U__service_2e_name` is `service.name`, a doubled underscore is one.
 * A name without the prefix, or one that is not properly encoded, comes back as it is.
 * Source: the escaping schemes of the Prometheus exposition formats, "Value encoding".
 */
export function unescapeName(name: string): string {
  if (!name.startsWith(PREFIX)) return name;
  let result = '';
  let rest = name.slice(PREFIX.length);
  while (rest !== '') {
    const plain = /^[^_]+/.exec(rest)?.[0];
    if (plain !== undefined) {
      result += plain;
      rest = rest.slice(plain.length);
    } else if (rest.startsWith('__')) {
      result += '_';
      rest = rest.slice(2);
    } else {
      const code = /^_([0-9a-fA-F]{1,6})_/.exec(rest);
      const point = code === null ? Number.NaN : Number.parseInt(code[1]!, 16);
      if (code === null || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) return name;
      result += String.fromCodePoint(point);
      rest = rest.slice(code[0].length);
    }
  }
  return result;
}
