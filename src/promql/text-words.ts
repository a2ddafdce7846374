/** ASCII text that is written often, eight bytes to a word. */
export interface TextWords {
  readonly words: Float64Array;
  /** Bytes. */
  readonly size: number;
}

export function textWords(text: string): TextWords {
  const words = new Float64Array(Math.ceil(text.length / 8));
  const bytes = new Uint8Array(words.buffer);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return { words, size: text.length };
}
