import { durationMs, durationText } from '../shared/format.ts';

/** Everything one panel of the query page shows, and what its part of the URL says. */
export interface PanelState {
  /** Stable while the page lives; not in the URL. */
  readonly id: number;
  readonly expr: string;
  readonly tab: 'table' | 'graph';
  /** Evaluation time of the table and right end of the graph, ms; null = now. */
  readonly endTime: number | null;
  readonly rangeMs: number;
  /** Step of the graph in ms; null = chosen from the range. */
  readonly stepMs: number | null;
  readonly stacked: boolean;
}

let nextId = 1;

export function newPanel(): PanelState {
  return { id: nextId++, expr: '', tab: 'table', endTime: null, rangeMs: 3_600_000, stepMs: null, stacked: false };
}

/** Reads `?g0.expr=...&g0.tab=0&...`, the form that the reference's links have; at least one panel. */
export function panelsFromSearch(search: string): PanelState[] {
  const params = new URLSearchParams(search);
  const panels: PanelState[] = [];
  for (let i = 0; params.has(`g${i}.expr`); i++) {
    const get = (name: string): string => params.get(`g${i}.${name}`) ?? '';
    const fresh = newPanel();
    const end = get('end_input') || get('moment_input');
    panels.push({
      ...fresh,
      expr: get('expr'),
      tab: get('tab') === '0' || get('tab') === 'graph' ? 'graph' : 'table',
      endTime: end === '' ? null : timeFromText(end),
      rangeMs: durationMs(get('range_input')) ?? fresh.rangeMs,
      stepMs: get('step_input') === '' ? null : Number(get('step_input')) * 1000 || null,
      stacked: get('stacked') === '1' || get('display_mode') === 'stacked',
    });
  }
  return panels.length === 0 ? [newPanel()] : panels;
}

export function searchFromPanels(panels: readonly PanelState[]): string {
  const params = new URLSearchParams();
  panels.forEach((panel, i) => {
    params.set(`g${i}.expr`, panel.expr);
    params.set(`g${i}.tab`, panel.tab);
    params.set(`g${i}.range_input`, durationText(panel.rangeMs));
    if (panel.endTime !== null) params.set(`g${i}.end_input`, textFromTime(panel.endTime));
    if (panel.stepMs !== null) params.set(`g${i}.step_input`, String(panel.stepMs / 1000));
    if (panel.stacked) params.set(`g${i}.display_mode`, 'stacked');
  });
  return `?${params.toString()}`;
}

/** `2026-01-31 12:00:00` in UTC, as the links write it. */
export function textFromTime(ms: number): string {
  return new Date(ms).toISOString().slice(0, 19).replace('T', ' ');
}

export function timeFromText(text: string): number | null {
  const ms = Date.parse(`${text.trim().replace(' ', 'T')}Z`);
  return Number.isNaN(ms) ? null : ms;
}

/** The step that gives about 250 points, at least a second. */
export function stepFor(panel: PanelState): number {
  return panel.stepMs ?? Math.max(1000, Math.floor(panel.rangeMs / 250 / 1000) * 1000);
}
