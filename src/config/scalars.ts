import { isAbsolute, join } from 'node:path';
import { bytesFromText, bytesText } from './byte-size.ts';
import { type Codec, mismatch } from './decode.ts';

/** Where a secret is printed, this is. */
const MASKED = '<secret>';

/** Any scalar as the text that is written there. */
export const text: Codec<string> = textNamed('string');

/** `text` for a type that the reference calls otherwise. */
export function textNamed(typeName: string): Codec<string> {
  return {
    typeName,
    zero: '',
    decode(node, context) {
      if (node.kind === 'scalar') return node.text;
      context.problem(node, mismatch(node, typeName));
      return '';
    },
    print: (value) => value,
    isEmpty: (value) => value === '',
  };
}

/** A text that is printed as `<secret>`. */
export const secret: Codec<string> = { ...text, print: (value) => (value === '' ? '' : MASKED) };

/** A path; a relative one lies beside the file that names it. */
export const path: Codec<string> = {
  ...text,
  decode(node, context) {
    const written = text.decode(node, context);
    return written === '' || isAbsolute(written) ? written : join(context.directory, written);
  },
};

export const toggle: Codec<boolean> = {
  typeName: 'bool',
  zero: false,
  decode(node, context) {
    if (node.kind === 'scalar' && node.plain) {
      if (/^(?:y|Y|yes|Yes|YES|true|True|TRUE|on|On|ON)$/.test(node.text)) return true;
      if (/^(?:n|N|no|No|NO|false|False|FALSE|off|Off|OFF)$/.test(node.text)) return false;
    }
    context.problem(node, mismatch(node, 'bool'));
    return false;
  },
  print: (value) => value,
  isEmpty: (value) => !value,
};

/** An integer that a double holds exactly; `0x`, `0o` and `0b` forms and `_` between digits are read too. */
export const integer: Codec<number> = numeric('int', (value) => Number.isSafeInteger(value));
export const unsigned: Codec<number> = numeric('uint', (value) => Number.isSafeInteger(value) && value >= 0);
export const decimal: Codec<number> = numeric('float64', () => true);

/** Bytes. */
export const byteSize: Codec<number> = parsed('units.Base2Bytes', 0, bytesFromText, bytesText);

/** A text that `read` turns into a value; what it throws is the message, as the reference gives it. */
export function parsed<T>(typeName: string, zero: T, read: (text: string) => T, write: (value: T) => string): Codec<T> {
  return {
    typeName,
    zero,
    decode(node, context) {
      if (node.kind !== 'scalar') {
        context.problem(node, mismatch(node, 'string'));
        return zero;
      }
      try {
        return read(node.text);
      } catch (error) {
        context.throwProblems();
        throw context.faultAt(node.line, error instanceof Error ? error.message : String(error));
      }
    },
    print: write,
    isEmpty: (value) => value === zero,
  };
}

/** One word out of a few; `refusal` is the reference's message for any other. */
export function oneOf<T extends string>(
  typeName: string,
  words: readonly T[],
  refusal: (text: string) => string,
): Codec<T | ''> {
  const read = (word: string): T | '' => {
    if (word === '' || (words as readonly string[]).includes(word)) return word as T | '';
    throw new Error(refusal(word));
  };
  return parsed<T | ''>(typeName, '', read, (value) => value);
}

const NUMBER = /^[-+]?(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][-+]?\d+)?$/;
const PREFIXED = /^[-+]?0(?:x[\da-fA-F_]+|o[0-7_]+|b[01_]+)$/;

function numeric(typeName: string, accepts: (value: number) => boolean): Codec<number> {
  return {
    typeName,
    zero: 0,
    decode(node, context) {
      if (node.kind === 'scalar' && node.plain) {
        const value = numberFromText(node.text);
        if (value !== null && accepts(value)) return value;
      }
      context.problem(node, mismatch(node, typeName));
      return 0;
    },
    print: (value) => value,
    isEmpty: (value) => value === 0,
  };
}

function numberFromText(text: string): number | null {
  const digits = text.replaceAll('_', '');
  if (NUMBER.test(text)) return Number(digits);
  if (PREFIXED.test(text)) return digits.startsWith('-') ? -Number(digits.slice(1)) : Number(digits.replace('+', ''));
  if (/^[-+]?\.(?:inf|Inf|INF)$/.test(text)) return text.startsWith('-') ? -Infinity : Infinity;
  return /^\.(?:nan|NaN|NAN)$/.test(text) ? Number.NaN : null;
}
