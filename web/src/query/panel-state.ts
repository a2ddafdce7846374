import { durationMs, durationText } from '../shared/format.ts';

/** Everything one panel of the query page shows, and what its part of the URL says. */
export interface PanelState {
  /** Stable while the page lives; not in the URL. */
  readonly id: number;
  readonly expr: string;
  readonly tab: 'table' | 'graph' | 'explain';
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
      tab: tabFromText(get('tab')),
      endTime: end === '' ? null : timeFromText(end),
      rangeMs: durationMs(get('range_input')) ?? fresh.rangeMs,
      stepMs: Number(get('step_input')) > 0 ? Number(get('step_input')) * 1000 : null,
      stacked: get('stacked') === '1' || get('display_mode') === 'stacked',
    });
  }
  return panels.length === 0 ? [newPanel()] : panels;
}

/** The reference's links have 0 for the graph and 1 for the table, or a word. */
function tabFromText(text: string): PanelState['tab'] {
  if (text === '0' || text === 'graph') return 'graph';
  return text === 'explain' ? 'explain' : 'table';
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

/** The years from 0 to 9999, which four digits write. */
export const TIME_MIN_MS = -62_167_219_200_000;
const TIME_MAX_MS = 253_402_300_799_000;

/** `2026-01-31 12:00:00` in UTC, as the links write it. */
export function textFromTime(ms: number): string {
  const known = Math.min(TIME_MAX_MS, Math.max(TIME_MIN_MS, ms));
  return new Date(known).toISOString().slice(0, 19).replace('T', ' ');
}

/** The time that `textFromTime` writes so; null where the text is none. */
export function timeFromText(text: string): number | null {
  const ms = Date.parse(`${text.trim().replace(' ', 'T')}Z`);
  return ms >= TIME_MIN_MS && ms <= TIME_MAX_MS ? ms : null;
}

/** The step that gives about 250 points, at least a second. */
export function stepFor(panel: PanelState): number {
  return panel.stepMs ?? Math.max(1000, Math.floor(panel.rangeMs / 250 / 1000) * 1000);
}
