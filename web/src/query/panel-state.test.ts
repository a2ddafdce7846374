import fc from 'fast-check';
import { expect, test } from 'vitest';
import { newPanel, type PanelState, panelsFromSearch, searchFromPanels, stepFor, timeFromText } from './panel-state.ts';

const SECOND = 1000;

const panel = fc.record({
  expr: fc.string({ unit: 'grapheme' }),
  tab: fc.constantFrom<PanelState['tab']>('table', 'graph', 'explain'),
  endTime: fc.option(fc.integer({ min: -62_167_219_200, max: 253_402_300_799 }).map((seconds) => seconds * SECOND)),
  rangeMs: fc.integer({ min: 1, max: 315_360_000_000_000 }),
  stepMs: fc.option(fc.integer({ min: 1, max: 1_000_000 }).map((seconds) => seconds * SECOND)),
  stacked: fc.boolean(),
});

const withoutIds = (panels: readonly PanelState[]) => panels.map(({ id: _, ...shown }) => shown);

test('panelsFromSearch() reads what searchFromPanels() writes', () => {
  fc.assert(
    fc.property(fc.array(panel, { minLength: 1, maxLength: 4 }), (shown) => {
      const search = searchFromPanels(shown.map((one, id) => ({ ...one, id })));
      expect(withoutIds(panelsFromSearch(search))).toEqual(shown);
    }),
  );
});

test('panelsFromSearch() understands the links of the reference', () => {
  const search =
    '?g0.expr=up&g0.tab=0&g0.stacked=1&g0.range_input=30m&g0.end_input=2026-01-31%2012%3A00%3A00&g0.step_input=15' +
    '&g1.expr=rate(a%5B5m%5D)&g1.tab=1&g1.moment_input=2026-01-31%2012%3A00%3A00';
  const time = Date.UTC(2026, 0, 31, 12);
  expect(withoutIds(panelsFromSearch(search))).toEqual([
    { expr: 'up', tab: 'graph', endTime: time, rangeMs: 1_800_000, stepMs: 15_000, stacked: true },
    { expr: 'rate(a[5m])', tab: 'table', endTime: time, rangeMs: 3_600_000, stepMs: null, stacked: false },
  ]);
});

test('panelsFromSearch() passes over what it can not read, and gives at least one panel', () => {
  const [fresh] = withoutIds([newPanel()]);
  expect(withoutIds(panelsFromSearch(''))).toEqual([fresh]);
  const search = '?g0.expr=&g0.tab=x&g0.end_input=soon&g0.range_input=-1h&g0.step_input=-5';
  expect(withoutIds(panelsFromSearch(search))).toEqual([fresh]);
});

test('panels have numbers of their own', () => {
  const ids = panelsFromSearch('?g0.expr=a&g1.expr=b').map(({ id }) => id);
  expect(new Set([...ids, newPanel().id]).size).toBe(3);
});

test('timeFromText() refuses what is no time between the years 0 and 9999', () => {
  expect(timeFromText('1970-01-01 00:00:01')).toBe(1000);
  for (const text of ['', 'now', '12:00', '+010000-01-01 00:00:00']) expect(timeFromText(text), text).toBeNull();
});

test('stepFor() gives some 250 points, of whole seconds', () => {
  expect(stepFor({ ...newPanel(), rangeMs: 3_600_000 })).toBe(14_000);
  expect(stepFor({ ...newPanel(), rangeMs: 1000 })).toBe(1000);
  expect(stepFor({ ...newPanel(), stepMs: 42 })).toBe(42);
});
