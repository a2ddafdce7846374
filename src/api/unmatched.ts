import { type Answer, pageNotFound, plainError, redirect } from './answer.ts';
import { API_PREFIX, type Route } from './routes.ts';

/** What happens to requests that match no route: redirects to the path that was meant, 405, or 404. */
export interface Unmatched {
  answer(method: string, path: string, search: string): Answer;
  /** The same of a path whose escaped slashes were decoded, which nobody cleans. */
  answerDecoded(method: string, path: string, search: string): Answer;
}

/** A path pattern of the table, compiled. The API and the rest are two trees; a path belongs to exactly one. */
interface Pattern {
  readonly methods: readonly string[];
  readonly inApi: boolean;
  readonly exact: RegExp;
  readonly anyCase: RegExp;
  readonly path: string;
  /** Matches what ends behind the slash of a `:name` that something should follow; null where there is no such place. */
  readonly cutShort: RegExp | null;
}

/** `prefix` is what every path begins with, without a slash at the end; empty for none. */
export function createUnmatched(routes: readonly Route[], prefix: string): Unmatched {
  const patterns = routes.map(compile);
  return {
    answer(method, fullPath, search) {
      const cleaned = cleanPath(fullPath);
      if (cleaned !== fullPath) return redirect(method, 307, withSearch(cleaned, search));
      return this.answerDecoded(method, fullPath, search);
    },
    answerDecoded(method, fullPath, search) {
      if (fullPath === prefix + API_PREFIX) return redirect(method, 307, withSearch(`${fullPath}/`, search));
      if (prefix !== '' && !fullPath.startsWith(`${prefix}/`)) {
        return fullPath === '/' && method === 'GET' ? redirect(method, 302, prefix) : pageNotFound();
      }
      const path = fullPath.slice(prefix.length);
      const inApi = path.startsWith(`${API_PREFIX}/`);
      const tree = patterns.filter((pattern) => pattern.inApi === inApi);
      const meant = meantPath(tree, method, path);
      if (meant !== null) {
        // The API's tree does not know where it is mounted: it redirects to the path below its prefix.
        const location = inApi ? meant.slice(API_PREFIX.length) : prefix + meant;
        return redirect(method, method === 'GET' ? 301 : 307, withSearch(location, search));
      }
      return methodMismatch(tree, method, path) ?? pageNotFound();
    },
  };
}

/** The path without empty segments and dots, as Go's ServeMux cleans it; a slash at the end stays. */
export function cleanPath(path: string): string {
  if (!path.includes('//') && !path.includes('/.')) return path;
  const kept: string[] = [];
  const segments = path.split('/');
  for (const segment of segments) {
    if (segment === '..') kept.pop();
    else if (segment !== '' && segment !== '.') kept.push(segment);
  }
  const last = segments[segments.length - 1];
  const slash = kept.length > 0 && (last === '' || last === '.' || last === '..') ? '/' : '';
  return `/${kept.join('/')}${slash}`;
}

function compile({ methods, path }: Route): Pattern {
  const source = patternSource(path);
  const afterName = path.includes(':') ? path.indexOf('/', path.indexOf(':')) : -1;
  return {
    methods,
    inApi: path.startsWith(`${API_PREFIX}/`),
    exact: new RegExp(`^${source}$`),
    anyCase: new RegExp(`^${source}$`, 'i'),
    path,
    cutShort: afterName < 0 ? null : new RegExp(`^${patternSource(path.slice(0, afterName + 1))}$`),
  };
}

function patternSource(path: string): string {
  return path
    .split('/')
    .map((segment) =>
      segment.startsWith(':')
        ? '[^/]+'
        : segment.startsWith('*')
          ? '.*'
          : segment.replace(/[.\\+*?^$()[\]{}|]/g, '\\$&'),
    )
    .join('/');
}

/** The path with a slash more or less, or in another case, that has a route for this method. */
function meantPath(tree: readonly Pattern[], method: string, path: string): string | null {
  if (path === '/' || method === 'OPTIONS') return null;
  const ofMethod = tree.filter((pattern) => pattern.methods.includes(method));
  const slashed = path.endsWith('/') ? path.slice(0, -1) : `${path}/`;
  if (ofMethod.some((pattern) => pattern.exact.test(slashed))) return slashed;
  // A path that ends where a `:name` should follow counts as one with a slash too many.
  if (path.endsWith('/') && ofMethod.some((pattern) => pattern.path.startsWith(`${path}:`))) return slashed;
  if (ofMethod.some((pattern) => pattern.cutShort?.test(path))) return slashed;
  for (const candidate of [path, slashed]) {
    const pattern = ofMethod.find((each) => !each.path.includes(':') && each.anyCase.test(candidate));
    if (pattern !== undefined && !pattern.path.includes('*')) return pattern.path;
  }
  return null;
}

function methodMismatch(tree: readonly Pattern[], method: string, path: string): Answer | null {
  const allowed = new Set(
    tree
      .filter((pattern) => pattern.exact.test(path))
      .flatMap((pattern) => pattern.methods.filter((m) => m !== 'OPTIONS')),
  );
  if (allowed.size === 0) return null;
  const allow = [...allowed, 'OPTIONS'].sort().join(', ');
  if (method === 'OPTIONS') return { status: 200, headers: { allow }, body: '' };
  const refusal = plainError(405, 'Method Not Allowed');
  return { ...refusal, headers: { ...refusal.headers, allow } };
}

function withSearch(path: string, search: string): string {
  return search === '' ? path : `${path}?${search}`;
}
