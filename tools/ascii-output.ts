import type { Plugin } from 'vite';

/**
 * Writes what is not ASCII in a bundle as `\uXXXX`, which means the same in texts, patterns and names. A handful of such
 * characters made V8 keep the whole file with two bytes a character: three times as long to read and to compare with its cache.
 */
export function asciiOutput(): Plugin {
  return {
    name: 'ascii-output',
    generateBundle(_options, bundle) {
      for (const chunk of Object.values(bundle)) {
        if (chunk.type === 'chunk') chunk.code = chunk.code.replace(/[^\0-\x7f]/g, escaped);
      }
    },
  };
}

function escaped(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
