import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findCompetitors, freePort, type RunningServer, startServer } from '../../bench/peers/server.ts';
import { askData, eventually } from '../support/ask.ts';

const CHROMIUM = '/usr/bin/chromium';
/** How long a browser may take for one step, ms: far more than on a busy machine. */
const PATIENCE_MS = 120_000;

/** Chromium's own traffic switched off: a test needs nothing but the page. */
const QUIET = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

describe.skipIf(!existsSync(CHROMIUM))('the query page in a real browser (skips without chromium)', () => {
  let server: RunningServer;
  let browser: BrowserContext;
  let page: Page;
  const profile = mkdtempSync(join(tmpdir(), 'narthex-chromium-'));
  const faults: string[] = [];

  beforeAll(async () => {
    const port = await freePort();
    const config = `
global: {scrape_interval: 2s, scrape_timeout: 2s}
scrape_configs: [{job_name: narthex, static_configs: [{targets: ['127.0.0.1:${port}']}]}]
`;
    server = await startServer(findCompetitors([])[0]!, config, {
      port,
      flags: ['--web.page-title=Metrics of $& <us>'],
    });
    await eventually(
      () => askData<{ result: unknown[] }>(server.url, 'query', { query: 'rate(prometheus_http_requests_total[1m])' }),
      ({ result }) => result.length > 0,
    );
    browser = await chromium.launchPersistentContext(profile, {
      executablePath: CHROMIUM,
      args: QUIET,
      timeout: PATIENCE_MS,
    });
    page = await browser.newPage();
    page.setDefaultTimeout(PATIENCE_MS);
    page.on('pageerror', (error) => faults.push(error.message));
  });

  afterAll(async () => {
    await browser.close();
    await server.stop();
    rmSync(profile, { recursive: true, force: true });
  });

  async function run(expression: string): Promise<void> {
    await page.goto(`${server.url}/`);
    await page.click('.cm-content');
    await page.keyboard.type(expression);
    await page.keyboard.press('Escape');
    await page.keyboard.press('Enter');
  }

  test('typing an expression and Enter fills the table', async () => {
    await run('up');
    const row = page.locator('table.result tr').first();
    await row.waitFor();
    expect(await row.textContent()).toContain('job="narthex"');
    expect(await row.locator('td.value').textContent()).toBe('1');
  });

  test('rate(prometheus_http_requests_total[1m]) draws lines in the graph tab', async () => {
    await run('rate(prometheus_http_requests_total[1m])');
    await page.getByRole('tab', { name: 'Graph' }).click();
    await page.getByLabel('Range', { exact: true }).fill('1m');
    await page.keyboard.press('Enter');
    await page.locator('.legend li').first().waitFor();
    expect(await page.locator('.legend li').count()).toBeGreaterThan(0);
    // Pixels of the first series' colour on the canvas: a line is there, not only axes.
    await eventually(
      () => page.evaluate(colouredPixels),
      (pixels) => pixels > 20,
    );
    expect(page.url()).toContain('g0.expr=rate');
    expect(page.url()).toContain('g0.tab=graph');
    expect(await page.title()).toBe('Query · Metrics of $& <us>');
  });

  test('the explain tab says how the expression is computed and what each step took', async () => {
    await page.goto(`${server.url}/query?g0.expr=sum(rate(prometheus_http_requests_total[1m]))&g0.tab=explain`);
    const steps = page.locator('table.plan tbody tr');
    await steps.first().waitFor();
    expect(await steps.locator('b').allTextContents()).toEqual(['aggregate', 'rangeCall', 'rangeSelect']);
    expect(await steps.first().textContent()).toMatch(/^aggregate sum11\d+\d\.\d\d ms$/);
  });

  test('names that need quotes have them, and characters that turn the direction of writing are escaped', async () => {
    const expression = 'label_replace(label_replace(vector(1), "__name__", "a b", "", ""), "x-y", "\u202eabc", "", "")';
    await page.goto(`${server.url}/query?g0.expr=${encodeURIComponent(expression)}`);
    const series = page.locator('table.result code.series');
    await series.waitFor();
    expect(await series.textContent()).toBe('{"a b", "x-y"="\\u202eabc"}');
  });

  test('expressions are still there after a look at another page', async () => {
    await run('up');
    await page.getByRole('link', { name: 'Targets' }).click();
    await page.locator('table.targets').waitFor();
    await page.getByRole('link', { name: 'Query', exact: true }).click();
    await page.locator('table.result').waitFor();
    expect(await page.locator('.cm-content').textContent()).toBe('up');
    expect(page.url()).toContain('g0.expr=up');
  });

  test('a range of thousands of years leaves a page that can be used', async () => {
    await page.goto(`${server.url}/query?g0.expr=up&g0.tab=graph&g0.range_input=9999y`);
    for (let i = 0; i < 3; i++) await page.getByTitle('Earlier').click();
    expect(await page.getByLabel('End time (UTC)').inputValue()).toBe('0000-01-01 00:00:00');
  });

  test('a wrong expression shows the server\u2019s error and its position', async () => {
    await run('sum(');
    const alert = page.getByRole('alert');
    await alert.waitFor();
    expect(await alert.textContent()).toContain('parse error');
  });

  test('the targets page says that Narthex is up', async () => {
    await page.goto(`${server.url}/targets`);
    await page.locator('table.targets .health.up').first().waitFor();
    expect(await page.locator('table.targets').textContent()).toContain('/metrics');
  });

  test('no page is wider than a phone', async () => {
    await page.setViewportSize({ width: 390, height: 844 });
    for (const path of ['query?g0.expr=up', 'targets', 'status', 'flags', 'config']) {
      await page.goto(`${server.url}/${path}`);
      await page.locator('table, pre').first().waitFor();
      const wider = await page.evaluate('document.documentElement.scrollWidth - window.innerWidth');
      expect([path, wider]).toEqual([path, 0]);
    }
  });

  test('no page threw an error', () => {
    expect(faults).toEqual([]);
  });
});

/** Runs in the page: counts canvas pixels that are saturated, which axes, grid and ground are not. */
function colouredPixels(): number {
  type Canvas = { width: number; height: number; getContext(kind: '2d'): Context };
  type Context = { getImageData(x: number, y: number, w: number, h: number): { data: Uint8ClampedArray } };
  const { document } = globalThis as unknown as { document: { querySelector(selector: string): Canvas | null } };
  const canvas = document.querySelector('.u-wrap canvas');
  if (canvas === null || canvas.width === 0) return 0;
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  let coloured = 0;
  for (let i = 0; i < data.length; i += 4) {
    const [r, g, b, a] = [data[i]!, data[i + 1]!, data[i + 2]!, data[i + 3]!];
    if (a > 200 && Math.max(r, g, b) - Math.min(r, g, b) > 80) coloured++;
  }
  return coloured;
}
