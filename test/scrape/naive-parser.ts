/** A text-format reader that is too simple to be wrong about well-formed pages: one regular expression a line. */
export interface NaiveSample {
  readonly series: string;
  readonly value: string;
}

const LINE = /^([a-zA-Z_:][\w:]*(?:\{.*\})?) +(\S+)(?: +\d+)?$/;

/** Throws at a line that is neither a comment nor a sample. */
export function naiveSamples(text: string): NaiveSample[] {
  const samples: NaiveSample[] = [];
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const match = LINE.exec(line);
    if (match === null) throw new Error(`not a plain line: ${line}`);
    samples.push({ series: match[1]!, value: match[2]! });
  }
  return samples;
}

export function naiveNumber(text: string): number {
  if (/inf$/i.test(text)) return text.startsWith('-') ? -Infinity : Infinity;
  return Number(text);
}
