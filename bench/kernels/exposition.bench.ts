import { bodyFromBytes } from '../../src/exposition/body.ts';
import { createExpositionRows } from '../../src/exposition/rows.ts';
import { parseTextBody } from '../../src/exposition/text-format.ts';
import { SeriesCache } from '../../src/scrape/series-cache.ts';
import { bestSeconds, type KernelResult, resultHash } from '../kernel-bench.ts';

/** Lines of about 110 bytes, as exporters of HTTP services send them. */
function bodyText(lines: number): string {
  let text = '';
  for (let i = 0; i < lines; i++) {
    if (i % 100 === 0)
      text += `# HELP http_requests_total_${i / 100} Requests.\n# TYPE http_requests_total_${i / 100} counter\n`;
    const labels = `handler="/api/v1/query_range",method="get",code="${200 + (i % 5)}",shard="shard-${String(i).padStart(6, '0')}"`;
    text += `http_requests_total_${Math.floor(i / 100)}{${labels}} ${(i * 7919) % 100_003}.${i % 1000}\n`;
  }
  return text;
}

/** The scan alone, the scan of a body whose series are all known in order, and of one with every series elsewhere. */
export function run(smoke: boolean): KernelResult[] {
  const lines = smoke ? 200 : 5000;
  const rounds = smoke ? 2 : 200;
  const text = bodyText(lines);
  const body = bodyFromBytes(Buffer.from(text));
  const shuffled = bodyFromBytes(Buffer.from(shuffledLines(text)));
  const rows = createExpositionRows(lines);
  const results: KernelResult[] = [];
  const measure = (name: string, work: () => void) => {
    const seconds = bestSeconds(work, rounds);
    const hash = resultHash(rows.bits.subarray(0, 2 * rows.length), rows.seriesEnd.subarray(0, rows.length));
    results.push({ name, unit: 'ns/line', rate: (seconds / lines) * 1e9, hash });
  };

  measure('text scan, series unknown', () => parseTextBody(body, rows));
  const cache = new SeriesCache(1);
  parseTextBody(body, rows, cache);
  let previous = 0;
  for (let row = 0; row < rows.length; row++) {
    const entry = cache.add(body, rows.seriesStart[row]!, rows.seriesEnd[row]!, 1, row + 1);
    cache.next[previous] = entry;
    previous = entry;
  }
  measure('text scan + positional match', () => parseTextBody(body, rows, cache));
  measure('text scan + match by hash', () => parseTextBody(shuffled, rows, cache));
  return results;
}

/** The same lines in a fixed other order, so that no line follows the one that it followed before. */
function shuffledLines(text: string): string {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  const step = 7;
  const shuffled: string[] = [];
  for (let first = step - 1; first >= 0; first--) {
    for (let i = first; i < lines.length; i += step) shuffled.push(lines[i]!);
  }
  return `${shuffled.join('\n')}\n`;
}
