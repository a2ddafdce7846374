import { useSyncExternalStore } from 'react';

const PAGES = ['query', 'targets', 'status', 'flags', 'config'] as const;

/** Last segment of the path: the pages all lie beside each other, whatever prefix the server runs under. */
export type Page = (typeof PAGES)[number];

export function pageOf(pathname: string): Page {
  const segment = pathname.split('/').at(-1) ?? '';
  return PAGES.find((page) => page === segment) ?? 'query';
}

const listeners = new Set<() => void>();

function announce(): void {
  for (const listener of listeners) listener();
}

addEventListener('popstate', announce);

/** The current path and query string; re-renders when either changes. */
export function useLocation(): string {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => location.pathname + location.search,
  );
}

/** Goes to a page of this site (relative to the present one), keeping the way back. */
export function goTo(href: string): void {
  if (new URL(href, location.href).href === location.href) return;
  history.pushState(null, '', href);
  announce();
}

/** Changes the query string in place, without a step in the history and without re-rendering the page. */
export function replaceQuery(search: string): void {
  history.replaceState(null, '', `${location.pathname}${search}`);
}
