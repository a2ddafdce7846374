import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { bodyFromBytes } from '../../src/exposition/body.ts';
import { labelsFromObject } from '../../src/model/labels.ts';
import { Ingest } from '../../src/scrape/ingest.ts';
import type { IngestTarget } from '../../src/scrape/ingest-target.ts';
import { MetadataStore } from '../../src/scrape/metadata-store.ts';
import { TargetSeries } from '../../src/scrape/target-series.ts';
import { RecordingStorage } from '../scrape/recording-storage.ts';
import { isReport, type Outcome, prometheus3, scrapedByPrometheus } from './scraped-by-prometheus.ts';

const SUITE = new URL('../../../shared/conformance/openmetrics/', import.meta.url).pathname;
const PROGRAM = prometheus3();

const NOW = Math.floor(Date.now() / 1000);

/** Bodies beyond the suite: what servers really send, and edges of the grammar. */
const PAGES: Readonly<Record<string, string>> = {
  counter: `# TYPE c counter\n# HELP c Hits.\nc_total{x="\\"y\\n"} 17 ${NOW - 10}.1239 # {trace="a\\\\b",b=""} 1.5 ${NOW - 11}.5\nc_created{x="\\"y\\n"} ${NOW - 100}.25\n# EOF\n`,
  histogram:
    '# TYPE h histogram\nh_bucket{le="1"} 1 # {t="1"} 0.5\nh_bucket{le="2.50"} 2\nh_bucket{le="+Inf"} 3 # {} 7\nh_sum 1e3\nh_count 3\n# EOF',
  names: '# TYPE "ü.m" gauge\n{"ü.m","l.x"="é"} -0\n{"ü.m",a="1",} NaN\n# EOF\n',
  types:
    '# TYPE s stateset\ns{s="on"} 1\n# TYPE i info\ni_info{v="1.0"} 1\n# TYPE q summary\nq{quantile="0.50"} 2\n# TYPE g gaugehistogram\ng_bucket{le="1"} 4\n# TYPE u unknown\nu 1e-9\n# EOF\n',
  'negative-exponent': 'a 1e-9\nb 0x1\n# EOF\n',
  'far-time': 'b 1 99999999999\nc 2\n# EOF\n',
  blank: 'a 1 \n# EOF\n',
  'no-end': 'a 1\nb 2\n',
  comment: 'a 1\n# comment\n# EOF\n',
  tab: 'a\t1\n# EOF\n',
};

test.skipIf(PROGRAM === null)(
  'OpenMetrics bodies become the samples and errors that Prometheus makes of them',
  async () => {
    const bodies = new Map<string, Buffer>(Object.entries(PAGES).map(([name, text]) => [name, Buffer.from(text)]));
    if (existsSync(SUITE)) {
      for (const name of readdirSync(SUITE)) {
        const body = readFileSync(`${SUITE}${name}/metrics`);
        // An empty body is no parser's business.
        if (body.length > 0) bodies.set(name, body);
      }
    }
    const theirs = await scrapedByPrometheus(PROGRAM!, bodies);
    const differences: unknown[] = [];
    for (const [name, body] of bodies) {
      const own = name in PAGES;
      const ours = comparable(scrapedHere(body), own);
      const expected = comparable(theirs.get(name)!, own);
      if (JSON.stringify(ours) !== JSON.stringify(expected)) differences.push({ name, ours, expected });
    }
    console.log(`OpenMetrics bodies scraped as by Prometheus: ${bodies.size - differences.length} of ${bodies.size}`);
    expect(differences).toEqual([]);
  },
);

/** One scrape by the ingest, into a storage that shows what it was given. */
function scrapedHere(body: Uint8Array): Outcome {
  const storage = new RecordingStorage();
  const target: IngestTarget = {
    settings: {
      labeling: {
        targetLabels: labelsFromObject({}),
        honorLabels: false,
        rules: [],
        scheme: 'utf8',
        limits: { labels: 0, nameLength: 0, valueLength: 0 },
      },
      honorTimestamps: true,
      trackTimestampsStaleness: false,
      sampleLimit: 0,
      extraMetrics: false,
    },
    series: new TargetSeries(1),
    metadata: new MetadataStore(),
  };
  const time = Date.now();
  const finished = { body: bodyFromBytes(body), format: 'openMetrics', time, now: time } as const;
  const result = new Ingest(storage).write(target, finished, ({ error, scraped, added, seriesAdded }) => ({
    up: error === null,
    durationSeconds: 0,
    scraped,
    added,
    seriesAdded,
    timeoutSeconds: 1,
    sampleLimit: 0,
    bodyBytes: body.length,
  }));
  const atScrape = (line: string) => line.replace(`@${time}`, '@scrape');
  return {
    error: result.error === null ? '' : result.error.message,
    scraped: result.scraped,
    samples: storage
      .dump()
      .filter((line) => !isReport(line.slice(0, line.indexOf('{'))))
      .map(atScrape)
      .sort(),
    exemplars: storage.exemplars.map(atScrape).sort(),
  };
}

/** Samples of the suite have times of 1970, which no database takes; there, errors and counts are compared. */
function comparable({ error, scraped, samples, exemplars }: Outcome, whole: boolean): Partial<Outcome> {
  return whole ? { error, scraped, samples, exemplars } : { error, scraped };
}
