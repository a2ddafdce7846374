import { readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** `*` may stand in the last part of a path only. */
const PATTERN = /^[^*]*(\*[^/]*)?$/;

export function isFilePattern(pattern: string): boolean {
  return PATTERN.test(pattern);
}

/**
 * The files that a path with `*`, `?` or `[...]` in its last part names, by name. A path without any of them names one
 * file if it is there. Folders that can not be read hold nothing.
 */
export function findFiles(pattern: string): string[] {
  const folder = dirname(pattern);
  const matches = matcherOf(basename(pattern));
  try {
    return readdirSync(folder)
      .filter(matches)
      .sort()
      .map((name) => join(folder, name));
  } catch {
    return [];
  }
}

function matcherOf(pattern: string): (name: string) => boolean {
  if (!/[*?[\\]/.test(pattern)) return (name) => name === pattern;
  let source = '';
  for (const [part] of pattern.matchAll(/\[\^?[^\]]+\]|\\.|[\s\S]/g)) {
    if (part === '*') source += '[^/]*';
    else if (part === '?') source += '[^/]';
    else if (part.length > 2 && part.startsWith('[')) source += part;
    else source += (part.length === 2 ? part[1]! : part).replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  }
  const expression = new RegExp(`^${source}$`, 's');
  return (name) => expression.test(name);
}
