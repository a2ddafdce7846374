import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs';
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
  const named = readFileSync(page, 'utf8').matchAll(/`([\w.*-]+(?:\/[\w.*-]+)+)\/?`/g);
  const paths = [...named].map(([, path]) => path!).filter((path) => FROM_ROOT.test(path) || /\.tsx?$/.test(path));
  // Built, so not in every working copy.
  expect(paths.filter((path) => path !== 'web/dist' && !isThere(path))).toEqual([]);
});

const FROM_ROOT = /^(?:src|test|tools|bench|docs|web|bin|examples)\//;

/** Paths are told from the root, sources also from `src/` or a folder in it; pages of decisions by their number. */
function isThere(path: string): boolean {
  const number = /^docs\/decisions\/\d{4}$/.test(path);
  return globSync(FROM_ROOT.test(path) ? path + (number ? '-*.md' : '') : `src/**/${path}`, { cwd: ROOT }).length > 0;
}
