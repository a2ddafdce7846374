import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EXEMPLAR_STRIDE } from '../kernels/open-metrics-scan.ts';
import { bodyFromBytes } from './body.ts';
import { CreatedTimes } from './created-times.ts';
import { parseOpenMetricsBody } from './open-metrics-format.ts';
import { createExpositionRows } from './rows.ts';

const created = new CreatedTimes();

/** What is left of a body: series with their start times, and the rows behind lines of metadata and exemplars. */
function take(text: string): { series: string[]; lines: number[]; exemplars: string[] } {
  const body = bodyFromBytes(Buffer.from(`${text}# EOF\n`));
  const rows = createExpositionRows(4);
  parseOpenMetricsBody(body, rows);
  const starts = created.take(body, rows);
  const seriesOf = (row: number) =>
    Buffer.from(body.bytes.subarray(rows.seriesStart[row]!, rows.seriesEnd[row]!)).toString();
  return {
    series: Array.from({ length: rows.length }, (_, row) => `${seriesOf(row)} ${rows.values[row]} ${starts[row]}`),
    lines: Array.from({ length: rows.metadataCount }, (_, i) => rows.metadata[6 * i + 5]!),
    exemplars: Array.from({ length: rows.exemplarCount }, (_, i) => seriesOf(rows.exemplars[EXEMPLAR_STRIDE * i]!)),
  };
}

describe('CreatedTimes', () => {
  it('gives a counter the time of the next created series, if that has its labels', () => {
    const { series, lines } = take(
      '# TYPE a counter\na_total{x="1"} 1\na_created{x="1"} 1.5\na_total{x="2"} 2\na_created{x="3"} 7\n# TYPE b counter\nb_total 3\n# TYPE c counter\nc_created 8\n',
    );
    expect(series).toEqual(['a_total{x="1"} 1 1500', 'a_total{x="2"} 2 0', 'b_total 3 0']);
    expect(lines).toEqual([0, 2, 3]);
  });

  it('gives it to all parts of a histogram or summary, before and behind', () => {
    const { series } = take(
      '# TYPE h histogram\nh_bucket{le="1",a="x"} 1\nh_bucket{a="x",le="+Inf"} 2\nh_count{a="x"} 2\nh_created{a="x"} 2\nh_sum{a="x"} 3\n# TYPE s summary\ns{quantile="0.5"} 1\ns_count 1\ns_created 3\n',
    );
    expect(series.map((each) => each.split(' ').at(-1))).toEqual(['2000', '2000', '2000', '2000', '3000', '3000']);
  });

  it('leaves created series of other types alone', () => {
    const text = '# TYPE g gauge\ng 1\ng_created 5\nfree_created 6\n';
    expect(take(text).series).toEqual(['g 1 0', 'g_created 5 0', 'free_created 6 0']);
  });

  it('reads quoted names, escapes, and bounds that are labels of other types', () => {
    const { series } = take(
      '# TYPE "ü.m" counter\n{"ü.m_total",l="é\\"\\\\",le="1"} 1\n{"ü.m_created",l="é\\"\\\\",le="1"} 4\n{"ü.m_total",le="2"} 1\n{"ü.m_created",le="3"} 4\n',
    );
    expect(series.map((each) => each.split(' ').at(-1))).toEqual(['4000', '0']);
  });

  it('knows no start time from what is no time', () => {
    const { series } = take(
      '# TYPE a counter\na_total 1\na_created NaN\n# TYPE b counter\nb_total 1\nb_created 1e300\n',
    );
    expect(series).toEqual(['a_total 1 0', 'b_total 1 0']);
  });

  it('keeps exemplars with their series', () => {
    const { exemplars } = take(
      '# TYPE a counter\na_total{x="1"} 1 # {t="1"} 1\na_created{x="1"} 1\na_total{x="2"} 1 # {t="2"} 1\na_created{x="2"} 1\na_total{x="3"} 1 # {t="3"} 1\n',
    );
    expect(exemplars).toEqual(['a_total{x="1"}', 'a_total{x="2"}', 'a_total{x="3"}']);
  });

  it('gives what a plain search gives, for any order of lines', () => {
    const line = fc.oneof(
      fc.constantFrom(
        '# TYPE a counter',
        '# TYPE a histogram',
        '# TYPE a summary',
        '# TYPE b counter',
        '# TYPE a gauge',
        '# HELP a x',
      ),
      fc
        .tuple(
          fc.constantFrom('a', 'b'),
          fc.constantFrom('_total', '_created', '_created', '_bucket', ''),
          fc.constantFrom('', '{x="1"}', '{x="2"}', '{x="1",le="1"}', '{le="2",x="1"}', '{quantile="1"}'),
          fc.integer({ min: -3, max: 9 }),
        )
        .map(([name, suffix, labels, value]) => `${name}${suffix}${labels} ${value}`),
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 30, size: 'max' }), (lines) => {
        expect(take(lines.map((each) => `${each}\n`).join('')).series).toEqual(searched(lines));
      }),
      { numRuns: 2000 },
    );
  });
});

/** Line by line, with a search ahead for each series and a memory of the last identity that was found. */
function searched(lines: readonly string[]): string[] {
  const found: string[] = [];
  let type = '';
  let family = 0;
  let known: string | null = null;
  let start = 0;
  const identity = (series: string, name: string) => {
    const bound = type === 'histogram' ? 'le' : type === 'summary' ? 'quantile' : '';
    const labels = [...series.matchAll(/(\w+)="([^"]*)"/g)].filter(([, label]) => label !== bound);
    return JSON.stringify([name, labels.map(([text]) => text)]);
  };
  const isStarting = () => ['counter', 'histogram', 'summary'].includes(type);
  for (const [i, line] of lines.entries()) {
    if (line.startsWith('#')) {
      const [, word, name, text] = line.split(' ');
      if (word === 'TYPE') type = text!;
      family = name!.length;
      continue;
    }
    const series = line.split(' ')[0]!;
    const name = series.split('{')[0]!;
    if (isStarting() && name.endsWith('_created')) continue;
    let own = 0;
    if (!isStarting()) {
      known = null;
    } else {
      const key = identity(series, name.length < family ? '?' : name.slice(0, family));
      if (key === known && start > 0) {
        own = start;
      } else {
        known = null;
        for (const ahead of lines.slice(i + 1)) {
          if (ahead.startsWith('#')) break;
          const [other, value] = ahead.split(' ') as [string, string];
          const otherName = other.split('{')[0]!;
          if (!otherName.endsWith('_created')) continue;
          if (identity(other, otherName.slice(0, -8)) !== key) break;
          own = 1000 * Number(value);
          known = key;
          start = own;
          break;
        }
      }
    }
    found.push(`${line} ${own + 0}`);
  }
  return found;
}
