import { type MouseEvent, type ReactNode, useEffect, useState } from 'react';
import { QueryPage } from './query/query-page.tsx';
import { PageFault } from './shared/page-fault.tsx';
import { goTo, type Page, pageOf, useLocation } from './shared/router.ts';
import { initialTheme, keepTheme, showTheme, type Theme } from './shared/theme.ts';
import { ConfigPage } from './status/config-page.tsx';
import { FlagsPage } from './status/flags-page.tsx';
import { StatusPage } from './status/status-page.tsx';
import { TargetsPage } from './targets/targets-page.tsx';

const TITLES: Readonly<Record<Page, string>> = {
  query: 'Query',
  targets: 'Targets',
  status: 'Status',
  flags: 'Flags',
  config: 'Configuration',
};

/** What the server was told to call itself (`--web.page-title`), as it came with the page. */
const SITE_TITLE = document.title;

/** The frame around every page: name, navigation, theme. */
export function App(): ReactNode {
  const [path, search] = splitLocation(useLocation());
  const page = pageOf(path);
  const [theme, setTheme] = useState<Theme>(initialTheme);

  useEffect(() => showTheme(theme), [theme]);
  useEffect(() => {
    document.title = `${TITLES[page]} · ${SITE_TITLE}`;
  }, [page]);

  const toggleTheme = (): void => {
    const next = theme === 'dark' ? 'light' : 'dark';
    keepTheme(next);
    setTheme(next);
  };

  return (
    <>
      <header className="top">
        <a className="brand" href="./query" onClick={follow}>
          <img src="./favicon.svg" alt="" width="22" height="22" />
          Narthex
        </a>
        <nav>
          {(Object.keys(TITLES) as Page[]).map((name) => (
            <a key={name} href={`./${name}`} aria-current={name === page ? 'page' : undefined} onClick={follow}>
              {TITLES[name]}
            </a>
          ))}
        </nav>
        <button type="button" className="quiet" onClick={toggleTheme} title="Switch between light and dark">
          {theme === 'dark' ? 'Light' : 'Dark'}
        </button>
      </header>
      <main>
        <PageFault key={page}>{pageContent(page, search, theme)}</PageFault>
      </main>
    </>
  );
}

function pageContent(page: Page, search: string, theme: Theme): ReactNode {
  switch (page) {
    case 'query':
      return <QueryPage search={search} theme={theme} />;
    case 'targets':
      return <TargetsPage />;
    case 'status':
      return <StatusPage />;
    case 'flags':
      return <FlagsPage />;
    case 'config':
      return <ConfigPage />;
  }
}

function splitLocation(location: string): [path: string, search: string] {
  const at = location.indexOf('?');
  return at < 0 ? [location, ''] : [location.slice(0, at), location.slice(at)];
}

/** Follows a link within the page; clicks that ask for a new tab stay the browser's. */
function follow(event: MouseEvent<HTMLAnchorElement>): void {
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
  event.preventDefault();
  goTo(event.currentTarget.href);
}
