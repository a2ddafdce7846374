import { readFile } from 'node:fs/promises';
import { extname, join, normalize } from 'node:path';
import { type Answer, escapeHtml, pageNotFound } from './answer.ts';
import type { Call } from './call.ts';

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/vnd.microsoft.icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.map': 'application/json',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.webmanifest': 'application/manifest+json',
  '.woff2': 'font/woff2',
};

/** Names of built files carry a hash of their content, so a browser may keep them for good. */
const FOR_GOOD = 'public, max-age=31536000, immutable';

/** GET /assets/*filepath: files of the built web page. */
export function asset({ deps, params }: Call): Promise<Answer> {
  return file(join(deps.settings.webRoot, 'assets'), params['*'] ?? '', FOR_GOOD);
}

/** GET /favicon.svg and the like: files beside the page that browsers look for at the root. */
export function rootFile({ deps, path }: Call): Promise<Answer> {
  return file(deps.settings.webRoot, path.slice(path.lastIndexOf('/') + 1), null);
}

/** GET /user/*filepath */
export async function userAsset({ deps, params }: Call): Promise<Answer> {
  const { userAssets } = deps.settings;
  return userAssets === null ? pageNotFound() : file(userAssets, params['*'] ?? '', null);
}

/** GET /query, /targets, ...: the page; what it shows it reads from its own address. */
export async function page({ deps }: Call): Promise<Answer> {
  const { settings } = deps;
  const headers = { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-cache' };
  let html: string;
  try {
    html = await readFile(join(settings.webRoot, 'index.html'), 'utf8');
  } catch {
    return { status: 200, headers, body: pageNotBuilt(settings.pageTitle) };
  }
  return {
    status: 200,
    headers,
    // A function, since a title may hold what `replace` takes for a pattern, such as `$&`.
    body: html.replace('TITLE_PLACEHOLDER', () => escapeHtml(settings.pageTitle)),
  };
}

/** Reads one file below `root`; whatever leads out of it, or is no readable file, is not found. */
async function file(root: string, name: string, cacheControl: string | null): Promise<Answer> {
  const relative = normalize(`/${name}`);
  if (name.includes('\0')) return pageNotFound();
  try {
    const body = await readFile(join(root, relative));
    const type = CONTENT_TYPES[extname(relative)] ?? 'application/octet-stream';
    const headers = cacheControl === null ? {} : { 'cache-control': cacheControl };
    return { status: 200, headers: { 'content-type': type, ...headers }, body };
  } catch {
    return pageNotFound();
  }
}

function pageNotBuilt(title: string): string {
  return `<!doctype html>
<title>${escapeHtml(title)}</title>
<h1>The web page is not built</h1>
<p>Run <code>npm run build</code> and load this page again. The API works without it, for example
<a href="api/v1/query?query=up">api/v1/query?query=up</a>.</p>
`;
}
