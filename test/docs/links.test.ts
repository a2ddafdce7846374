import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '..', '..');

function pages(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return pages(path);
    return entry.name.endsWith('.md') ? [path] : [];
  });
}

const PAGES = [
  ...readdirSync(ROOT)
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(ROOT, name)),
  ...pages(join(ROOT, 'docs')),
];

/** The anchors of a page's headings, as the usual renderers make them. */
function anchorsOf(markdown: string): string[] {
  return [...markdown.matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\- ]/gu, '')
      .replaceAll(' ', '-'),
  );
}

test.each(PAGES.map((page) => [relative(ROOT, page), page]))('links of %s lead somewhere', (_name, page) => {
  const text = readFileSync(page, 'utf8');
  const broken: string[] = [];
  for (const [, target, anchor] of text.matchAll(/\]\(([^)#\s]*)(?:#([^)\s]+))?\)/g)) {
    if (/^[a-z]+:/.test(target!)) continue;
    const path = target === '' ? page : join(dirname(page), target!);
    if (!existsSync(path)) broken.push(target!);
    else if (anchor !== undefined && !anchorsOf(readFileSync(path, 'utf8')).includes(anchor))
      broken.push(`${target}#${anchor}`);
  }
  expect(broken).toEqual([]);
});

test.each(PAGES.map((page) => [relative(ROOT, page), page]))('files that %s names exist', (_name, page) => {
  const named = readFileSync(page, 'utf8').matchAll(/`((?:src|test|tools|bench|docs|web|bin|examples)\/[\w./-]*\w)`/g);
  const missing = [...named].map(([, path]) => path!).filter((path) => !existsSync(join(ROOT, path)));
  // Built, so not in every working copy; and pages named by their number.
  expect(missing.filter((path) => path !== 'web/dist' && !isPageNumber(path))).toEqual([]);
});

function isPageNumber(path: string): boolean {
  const number = /^docs\/decisions\/(\d{4})$/.exec(path)?.[1];
  return number !== undefined && readdirSync(join(ROOT, 'docs/decisions')).some((name) => name.startsWith(number));
}
