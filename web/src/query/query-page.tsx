import { type ReactNode, useEffect, useState } from 'react';
import { replaceQuery } from '../shared/router.ts';
import type { Theme } from '../shared/theme.ts';
import { Panel } from './panel.tsx';
import { newPanel, type PanelState, panelsFromSearch, searchFromPanels } from './panel-state.ts';

/** The panels when the page was last shown: whoever looks at the targets meanwhile finds the expressions again. */
let lastSearch = '';

/** The expression browser: any number of panels, all of them in the URL. */
export function QueryPage({ search, theme }: { search: string; theme: Theme }): ReactNode {
  const [panels, setPanels] = useState<readonly PanelState[]>(() => panelsFromSearch(search || lastSearch));

  // Also when a link without panels leads from this page to itself.
  // biome-ignore lint/correctness/useExhaustiveDependencies: see above
  useEffect(() => {
    if (!panels.some((panel) => panel.expr !== '')) return;
    lastSearch = searchFromPanels(panels);
    replaceQuery(lastSearch);
  }, [panels, search]);

  const change = (changed: PanelState): void => {
    setPanels((before) => before.map((panel) => (panel.id === changed.id ? changed : panel)));
  };
  const remove = (id: number): void => {
    setPanels((before) => before.filter((panel) => panel.id !== id));
  };

  return (
    <>
      {panels.map((panel) => (
        <Panel
          key={panel.id}
          panel={panel}
          theme={theme}
          onChange={change}
          onRemove={panels.length > 1 ? () => remove(panel.id) : null}
        />
      ))}
      <button type="button" className="quiet" onClick={() => setPanels((before) => [...before, newPanel()])}>
        Add a panel
      </button>
    </>
  );
}
