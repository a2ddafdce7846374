import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RecordingStorage } from '../../test/scrape/recording-storage.ts';
import { bodyFromBytes } from '../exposition/body.ts';
import type { BodyFormat } from '../exposition/negotiate.ts';
import { labelsFromObject } from '../model/labels.ts';
import { compileRelabelConfigs, defaultRelabelConfig, type RelabelConfig } from '../model/relabel.ts';
import { Ingest, type IngestResult } from './ingest.ts';
import { type IngestFeatures, type IngestSettings, type IngestTarget, NO_INGEST_FEATURES } from './ingest-target.ts';
import { MetadataStore } from './metadata-store.ts';
import type { SampleLabeling } from './sample-labels.ts';
import { TargetSeries } from './target-series.ts';

interface Options {
  readonly labels?: Record<string, string>;
  readonly honorLabels?: boolean;
  readonly rules?: readonly Partial<RelabelConfig>[];
  readonly limits?: Partial<SampleLabeling['limits']>;
  readonly settings?: Partial<Omit<IngestSettings, 'labeling'>>;
  readonly features?: Partial<IngestFeatures>;
}

/** One target on a recording storage; `scrape` ingests a body at a time and shows what is stored. */
class Bench {
  readonly storage = new RecordingStorage();
  readonly ingest: Ingest;
  readonly target: IngestTarget;
  result: IngestResult | null = null;

  constructor({ labels = {}, honorLabels = false, rules = [], limits = {}, settings = {}, features }: Options = {}) {
    this.ingest = new Ingest(this.storage, { ...NO_INGEST_FEATURES, ...features });
    const configs = rules.map((rule) => ({ ...defaultRelabelConfig, ...rule }));
    this.target = {
      settings: {
        labeling: {
          targetLabels: labelsFromObject(labels),
          honorLabels,
          rules: compileRelabelConfigs(configs, 'utf8'),
          scheme: 'utf8',
          limits: { labels: 0, nameLength: 0, valueLength: 0, ...limits },
        },
        honorTimestamps: true,
        trackTimestampsStaleness: false,
        sampleLimit: 0,
        extraMetrics: false,
        ...settings,
      },
      series: new TargetSeries(1),
      metadata: new MetadataStore(),
    };
  }

  /** `null` for a scrape that failed before there was a body. */
  scrape(text: string | null, time: number, now = time, format: BodyFormat = 'text'): this {
    const body = text === null ? null : bodyFromBytes(Buffer.from(text));
    this.result = this.ingest.write(this.target, { body, format, time, now }, (result) => ({
      up: body !== null && result.error === null,
      durationSeconds: 0.25,
      scraped: result.scraped,
      added: result.added,
      seriesAdded: result.seriesAdded,
      timeoutSeconds: 10,
      sampleLimit: 7,
      bodyBytes: body?.size ?? 0,
    }));
    return this;
  }

  /** What is stored but the report. */
  get stored(): string[] {
    return this.storage.dump().filter((line) => !/^(?:up|scrape_\w+)\{/.test(line));
  }

  report(metric: string): (number | 'stale')[] {
    return this.storage.samples(metric).map(({ value }) => value);
  }
}

test('a scrape becomes samples with the labels of its target, and a report', () => {
  const bench = new Bench({ labels: { job: 'j', instance: 'i' } }).scrape('a{x="y"} 1\nb 2 900\n', 1000);
  expect(bench.storage.dump()).toEqual([
    'a{instance="i", job="j", x="y"} 1@1000',
    'b{instance="i", job="j"} 2@900',
    'scrape_duration_seconds{instance="i", job="j"} 0.25@1000',
    'scrape_samples_post_metric_relabeling{instance="i", job="j"} 2@1000',
    'scrape_samples_scraped{instance="i", job="j"} 2@1000',
    'scrape_series_added{instance="i", job="j"} 2@1000',
    'up{instance="i", job="j"} 1@1000',
  ]);
  expect(bench.storage.commits).toBe(1);
});

test('extra metrics are written where the job asks for them', () => {
  const bench = new Bench({ settings: { extraMetrics: true } }).scrape('a 1\n', 1000);
  expect(bench.report('scrape_timeout_seconds')).toEqual([10]);
  expect(bench.report('scrape_sample_limit')).toEqual([7]);
  expect(bench.report('scrape_body_size_bytes')).toEqual([4]);
});

test('series are known again in any order, and only new ones are counted as added', () => {
  const bench = new Bench().scrape('a 1\nb 1\nc 1\n', 1).scrape('c 2\na 2\nb 2\n', 2).scrape('a 3\nx 3\nb 3\nc 3\n', 3);
  expect(bench.stored).toEqual(['a{} 1@1 2@2 3@3', 'b{} 1@1 2@2 3@3', 'c{} 1@1 2@2 3@3', 'x{} 3@3']);
  expect(bench.report('scrape_series_added')).toEqual([3, 0, 1]);
});

test('a series that vanishes is marked stale, once', () => {
  const bench = new Bench().scrape('a 1\nb 1\n', 1).scrape('a 2\n', 2).scrape('a 3\n', 3).scrape('a 4\nb 4\n', 4);
  expect(bench.stored).toEqual(['a{} 1@1 2@2 3@3 4@4', 'b{} 1@1 stale@2 4@4']);
  expect(bench.report('scrape_series_added')).toEqual([2, 0, 0, 1]);
});

test('a failed scrape marks all series stale, and the next one brings them back', () => {
  const bench = new Bench().scrape('a 1\nb 1\n', 1).scrape(null, 2).scrape(null, 3).scrape('a 4\n', 4);
  expect(bench.stored).toEqual(['a{} 1@1 stale@2 4@4', 'b{} 1@1 stale@2']);
  expect(bench.report('up')).toEqual([1, 0, 0, 1]);
});

test('a body that breaks the format stores nothing and marks all series stale', () => {
  const bench = new Bench().scrape('a 1\nb 1\n', 1).scrape('a 2\nb 2\nc 2\nd{ 2\n', 2);
  expect(bench.stored).toEqual(['a{} 1@1 stale@2', 'b{} 1@1 stale@2']);
  expect(bench.result).toMatchObject({ scraped: 3, added: 3, seriesAdded: 1 });
  expect(bench.result!.error!.message).toContain('expected label name');
  expect(bench.report('up')).toEqual([1, 0]);
});

test('an empty body is a good scrape that ends all series', () => {
  const bench = new Bench().scrape('a 1\n', 1).scrape('', 2);
  expect([bench.stored, bench.report('up')]).toEqual([['a{} 1@1 stale@2'], [1, 1]]);
});

test('series with times of their own are not marked stale unless that is asked for', () => {
  expect(new Bench().scrape('a 1 5\n', 10).scrape('b 1\n', 20).stored).toEqual(['a{} 1@5', 'b{} 1@20']);
  const tracking = new Bench({ settings: { trackTimestampsStaleness: true } });
  expect(tracking.scrape('a 1 5\n', 10).scrape('b 1\n', 20).stored).toEqual(['a{} 1@5 stale@20', 'b{} 1@20']);
  const ignoring = new Bench({ settings: { honorTimestamps: false } });
  expect(ignoring.scrape('a 1 5\n', 10).stored).toEqual(['a{} 1@10']);
});

test('the second of two samples of one series is refused and counted', () => {
  const bench = new Bench().scrape('a 1\na 2\nb{x="1"} 1\nb{x="1"} 1\n', 1).scrape('a 1\na 2\n', 2);
  expect(bench.storage.samples('a')).toEqual([
    { time: 1, value: 1 },
    { time: 2, value: 1 },
  ]);
  expect(bench.result).toMatchObject({ duplicates: 1, scraped: 2, added: 2 });
  // With times of their own both are samples.
  expect(new Bench().scrape('a 1 5\na 2 6\n', 10).stored).toEqual(['a{} 1@5 2@6']);
});

test('two ways to write one series are one series, and no marker ends it while one of them stays', () => {
  const bench = new Bench().scrape('a{x="1",y="2"} 1\na{y="2",x="1"} 1\n', 1).scrape('a{y="2",x="1"} 5\n', 2);
  expect(bench.stored).toEqual(['a{x="1", y="2"} 1@1 5@2']);
});

test('samples out of order and too far in the future are counted', () => {
  const now = 1_000_000;
  const bench = new Bench()
    .scrape('a 1 100\nb 1\n', now)
    .scrape('a 1 50\nb 2 9223372036854775807\nc 1 1600001\nd 1 1600000\n', now + 1, now);
  expect(bench.result).toMatchObject({ outOfOrder: 1, outOfBounds: 2, scraped: 4, added: 4 });
  expect(bench.storage.samples('d')).toEqual([{ time: 1_600_000, value: 1 }]);
});

test('a ref that the storage has forgotten is resolved again', () => {
  const bench = new Bench({ labels: { job: 'j' } }).scrape('a{x="é"} 1\nb 1\n', 1);
  bench.storage.forget('a');
  bench.storage.forget('up');
  bench.scrape('a{x="é"} 2\nb 2\n', 2).scrape('a{x="é"} 3\nb 3\n', 3);
  expect(bench.stored).toEqual(['a{job="j", x="é"} 2@2 3@3', 'b{job="j"} 1@1 2@2 3@3']);
  expect(bench.report('up')).toEqual([1, 1]);
});

test('exposed labels that the target has too are renamed, until the new name is free', () => {
  const labels = { job: 'j', instance: 'i' };
  const text = 'a{job="x",instance="",exported_job="y"} 1\n';
  expect(new Bench({ labels }).scrape(text, 1).stored).toEqual([
    'a{exported_exported_job="x", exported_job="y", instance="i", job="j"} 1@1',
  ]);
  expect(new Bench({ labels, honorLabels: true }).scrape(text, 1).stored).toEqual([
    'a{exported_job="y", instance="i", job="x"} 1@1',
  ]);
});

test('relabelling renames and drops series; what it drops is remembered', () => {
  const rules: Partial<RelabelConfig>[] = [
    { sourceLabels: ['__name__'], regex: 'secret_.*', action: 'drop' },
    { sourceLabels: ['x'], targetLabel: 'z' },
  ];
  const bench = new Bench({ rules }).scrape('secret_a 1\na{x="1"} 1\n', 1).scrape('secret_a 2\na{x="1"} 2\n', 2);
  expect(bench.stored).toEqual(['a{x="1", z="1"} 1@1 2@2']);
  expect(bench.report('scrape_samples_scraped')).toEqual([2, 2]);
  expect(bench.report('scrape_samples_post_metric_relabeling')).toEqual([1, 1]);
});

test('bounds of classic histograms are one series however they are written', () => {
  const text = (le: string) => `# TYPE h histogram\nh_bucket{le="${le}"} 1\n`;
  const bench = new Bench().scrape(text('1'), 1).scrape(text('1.0'), 2).scrape(text('1e0'), 3);
  expect(bench.stored).toEqual(['h_bucket{le="1.0"} 1@1 1@2 1@3']);
});

test('more samples than the limit fail the scrape, and make no more series than it allows', () => {
  const bench = new Bench({ settings: { sampleLimit: 2 } }).scrape('a 1\nb 1\n', 1).scrape('a 2\nc 2\nd 2\ne 2\n', 2);
  expect(bench.result).toMatchObject({ scraped: 4, added: 4, sampleLimitExceeded: true });
  expect(bench.result!.error!.message).toBe('sample limit exceeded');
  expect(bench.stored).toEqual(['a{} 1@1 stale@2', 'b{} 1@1 stale@2']);
  expect(bench.storage.seriesCount).toBe(3 + 5);
  expect(bench.scrape('a 3\nb 3\n', 3).stored).toEqual(['a{} 1@1 stale@2 3@3', 'b{} 1@1 stale@2 3@3']);
});

test('label limits fail the scrape with the words of the reference', () => {
  const error = (limits: NonNullable<Options['limits']>, text: string) =>
    new Bench({ limits }).scrape(text, 1).result!.error!.message;
  expect(error({ labels: 2 }, 'a{b="1",c="2"} 1\n')).toBe(
    'label_limit exceeded (metric: a, number of labels: 3, limit: 2)',
  );
  expect(error({ nameLength: 9 }, 'a{bbbbbbbbbb="1"} 1\n')).toBe(
    'label_name_length_limit exceeded (metric: a, label name: bbbbbbbbbb, length: 10, limit: 9)',
  );
  expect(error({ valueLength: 3 }, `a{b="${'é'.repeat(60)}"} 1\n`)).toBe(
    `label_value_length_limit exceeded (metric: a, label name: b, value: "${'é'.repeat(50)}", length: 120, limit: 3)`,
  );
});

test('a series without usable names fails the scrape', () => {
  const error = (text: string, options: Options = {}) => new Bench(options).scrape(text, 1).result!.error!.message;
  expect(error('a{x="1",x="2"} 1\n')).toBe('label name "x" is not unique: invalid sample');
  expect(error('a{__name__="b"} 1\n')).toBe('label name "__name__" is not unique: invalid sample');
  const rules: Partial<RelabelConfig>[] = [{ regex: '__name__', action: 'labeldrop' }];
  expect(error('a{x="1"} 1\n', { rules })).toBe('missing metric name (__name__ label)');
});

test('the end of a target marks its series and its report stale', () => {
  const bench = new Bench().scrape('a 1\nb 1 5\n', 10);
  bench.ingest.writeEnd(bench.target, 20);
  expect(bench.stored).toEqual(['a{} 1@10 stale@20', 'b{} 1@5']);
  for (const metric of ['up', 'scrape_duration_seconds', 'scrape_series_added']) {
    expect(bench.report(metric).at(-1)).toBe('stale');
  }
  // Written a second time nothing changes.
  bench.ingest.writeEnd(bench.target, 20);
  expect(bench.storage.samples('a')).toHaveLength(2);
});

test('a storage that can not commit fails the scrape, and the next one goes on', () => {
  const bench = new Bench().scrape('a 1\n', 1);
  bench.storage.commitError = new Error('disk full');
  expect(() => bench.scrape('a 2\n', 2)).toThrow('disk full');
  expect(bench.scrape('a 3\n', 3).stored).toEqual(['a{} 1@1 3@3']);
});

test('the cache of a target whose series change all the time stays small', () => {
  const bench = new Bench();
  for (let scrape = 1; scrape <= 50; scrape++) {
    bench.scrape(Array.from({ length: 200 }, (_, i) => `a{i="${scrape}-${i}"} 1\n`).join(''), scrape);
  }
  expect(bench.target.series.cache.count).toBeLessThan(700);
});

test('the cache of a target whose scrapes fail with new series each time is flushed', () => {
  const bench = new Bench();
  let flushed = 0;
  for (let scrape = 1; scrape <= 50; scrape++) {
    bench.scrape(`${Array.from({ length: 200 }, (_, i) => `a{i="${scrape}-${i}"} 1\n`).join('')}{`, scrape);
    if (bench.result!.cacheFlushed) flushed++;
  }
  expect(bench.target.series.cache.count).toBeLessThan(1300);
  expect(flushed).toBeGreaterThan(0);
});

test('whatever series come, go and return in whatever order, the storage ends with what a plain model says', () => {
  const scrapes = fc.array(fc.option(fc.array(fc.nat(12), { maxLength: 15 }), { freq: 6 }), { maxLength: 12 });
  fc.assert(
    fc.property(scrapes, (list) => {
      const bench = new Bench({ labels: { job: 'j' } });
      const model = new Map<number, string[]>();
      let before = new Set<number>();
      list.forEach((series, index) => {
        const time = index + 1;
        bench.scrape(series === null ? null : series.map((i) => `m{i="${i}"} ${time}\n`).join(''), time);
        const now = new Set(series ?? []);
        for (const i of now) model.set(i, [...(model.get(i) ?? []), `${time}@${time}`]);
        for (const i of before) if (!now.has(i)) model.get(i)!.push(`stale@${time}`);
        before = now;
      });
      const expected = [...model].map(([i, samples]) => `m{i="${i}", job="j"} ${samples.join(' ')}`).sort();
      expect(bench.stored).toEqual(expected);
    }),
    { numRuns: 300 },
  );
});

test('an OpenMetrics body becomes samples, exemplars and metadata', () => {
  const bench = new Bench({
    labels: { job: 'j' },
    rules: [{ action: 'drop', sourceLabels: ['__name__'], regex: 'gone' }],
  });
  const body = `# TYPE h histogram
# UNIT h_seconds seconds
# HELP h Say \\"x\\".
h_bucket{le="1"} 3 # {trace="a\\"b"} 0.5 1.5
h_bucket{le="+Inf"} 4 1.25 # {} 7
h_created 12.5
gone 1 # {trace="c"} 1
# EOF
`;
  bench.scrape(body, 2000, 2000, 'openMetrics');
  expect(bench.stored).toEqual([
    'h_bucket{job="j", le="+Inf"} 4@1250',
    'h_bucket{job="j", le="1.0"} 3@2000',
    'h_created{job="j"} 12.5@2000',
  ]);
  expect(bench.storage.exemplars).toEqual([
    'h_bucket{job="j", le="1.0"} {trace="a\\\\\\"b"} 0.5@1500',
    'h_bucket{job="j", le="+Inf"} {} 7@2000',
  ]);
  expect(bench.target.metadata.get('h')).toMatchObject({ type: 'histogram', help: 'Say "x".' });
  expect(bench.target.metadata.get('h_seconds')?.unit).toBe('seconds');

  bench.scrape(body, 3000, 3000, 'openMetrics');
  expect(bench.storage.samples('h_created')).toEqual([
    { time: 2000, value: 12.5 },
    { time: 3000, value: 12.5 },
  ]);
  bench.scrape('h_created 13\n', 4000, 4000, 'openMetrics');
  expect(bench.result?.error?.message).toBe('data does not end with # EOF');
  expect(bench.storage.samples('h_created').at(-1)).toEqual({ time: 4000, value: 'stale' });
});

/** As a Prometheus 3.14 with the feature keeps them. */
test('labels of type and unit come from the last lines of metadata, and take the place of others', () => {
  const bench = new Bench({ labels: { job: 'j' }, features: { typeAndUnitLabels: true } });
  const text =
    'first{__type__="mine"} 1\n# TYPE h histogram\nh_bucket{le="1",__type__="x",__name__="q"} 1\nh_sum 1\nafter 5\n# TYPE u untyped\nu 1\n';
  expect(bench.scrape(text, 1).stored).toEqual([
    'after{__type__="histogram", job="j"} 5@1',
    'first{__type__="mine", job="j"} 1@1',
    'h_bucket{__type__="histogram", job="j", le="1.0"} 1@1',
    'h_sum{__type__="histogram", job="j"} 1@1',
    'u{job="j"} 1@1',
  ]);
  const openMetrics = new Bench({ features: { typeAndUnitLabels: true } });
  const body =
    '# TYPE a_seconds counter\n# UNIT a_seconds seconds\na_seconds_total{__type__="user",__unit__="user",__name__="q"} 1\n# TYPE b gauge\nb{__unit__="mine"} 2\n# TYPE c unknown\nc{__type__="mine"} 3\n# EOF\n';
  expect(openMetrics.scrape(body, 1, 1, 'openMetrics').stored).toEqual([
    'a_seconds_total{__type__="counter", __unit__="seconds"} 1@1',
    'b{__type__="gauge", __unit__="seconds"} 2@1',
    'c{__type__="mine", __unit__="seconds"} 3@1',
  ]);
});

test('relabelling sees the labels of type and unit', () => {
  const rules = [
    { sourceLabels: ['__type__'], regex: 'counter', action: 'drop' as const },
    { sourceLabels: ['__type__'], targetLabel: 'kind' },
  ];
  const bench = new Bench({ rules, features: { typeAndUnitLabels: true } });
  bench.scrape('# TYPE r1 counter\nr1 1\n# TYPE r2 gauge\nr2 1\n', 1);
  expect(bench.stored).toEqual(['r2{__type__="gauge", kind="gauge"} 1@1']);
});

test('a series keeps its type while it is scraped, and has the new one when it comes back', () => {
  const bench = new Bench({ features: { typeAndUnitLabels: true } });
  bench
    .scrape('# TYPE a counter\na 1\nb 1\n', 1)
    .scrape('# TYPE a gauge\na 2\n', 2)
    .scrape('# TYPE a gauge\na 3\nb 3\n', 3);
  expect(bench.stored).toEqual([
    'a{__type__="counter"} 1@1 2@2 3@3',
    'b{__type__="counter"} 1@1 stale@2',
    'b{__type__="gauge"} 3@3',
  ]);
  bench.storage.forget('a');
  bench.scrape('# TYPE a gauge\na 4\nb 4\n', 4);
  expect(bench.stored).toEqual([
    'a{__type__="counter"} 4@4',
    'b{__type__="counter"} 1@1 stale@2',
    'b{__type__="gauge"} 3@3 4@4',
  ]);
});

test('hostile numbers of types and units fail the scrape', () => {
  const bench = new Bench({ features: { typeAndUnitLabels: true } });
  const families = Array.from({ length: 300 }, (_, i) => `# UNIT m_u${i} u${i}\nm_u${i} 1\n`);
  bench.scrape(`${families.join('')}# EOF\n`, 1, 1, 'openMetrics');
  expect(String(bench.result?.error)).toContain('more than 248 pairs of type and unit');
  expect(bench.stored).toEqual([]);
});
