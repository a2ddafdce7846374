import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bodyFromBytes } from '../exposition/body.ts';
import { createExpositionRows, METRIC_TYPES, type MetricType } from '../exposition/rows.ts';
import { parseTextBody } from '../exposition/text-format.ts';
import { labelsFromBytes } from '../model/label-bytes.ts';
import { labelsFromPairs } from '../model/labels.ts';
import { SampleLabelBytes } from './sample-label-bytes.ts';
import { type SampleLabeling, sampleLabels } from './sample-labels.ts';
import type { SeriesKind } from './series-kinds.ts';

const LABELING: SampleLabeling = {
  targetLabels: labelsFromPairs(['instance', 'höst:9100', 'job', 'node', 'zone', 'a']),
  honorLabels: false,
  rules: [],
  scheme: 'utf8',
  limits: { labels: 0, nameLength: 0, valueLength: 0 },
};

describe('SampleLabelBytes', () => {
  it('gives what sampleLabels() gives, or -1', () => {
    const name = fc.constantFrom(
      'a',
      'b',
      'le',
      'quantile',
      'job',
      'lx',
      '__name__',
      'instance',
      'zzz',
      'A',
      '_',
      'a1',
    );
    const value = fc.oneof(
      fc.constantFrom('1', '+Inf', '0.5', '1e3', 'x\\"y', 'back\\\\slash', '', 'é', '10', 'NaN'),
      fc.string({ maxLength: 6 }).map((text) => text.replace(/["\\\n\0]/g, '.')),
      fc.string({ minLength: 130, maxLength: 300 }).map((text) => text.replace(/["\\\n\0]/g, '.')),
    );
    const blank = fc.constantFrom('', ' ', '\t ');
    const series = fc
      .tuple(fc.constantFrom('m', 'metric:name', 'http_total'), blank, fc.array(fc.tuple(name, blank, value, blank)))
      .map(([metric, gap, pairs]) => {
        const labels = pairs.map(([n, before, v, after]) => `${n}${before}=${after}"${v}"${before}`).join(`,${gap}`);
        return `${metric}${gap}${pairs.length === 0 ? '' : `{${gap}${labels}}`} 1`;
      });
    const encoder = new SampleLabelBytes();
    let encodedCount = 0;
    fc.assert(
      fc.property(series, fc.constantFrom(...METRIC_TYPES), fc.boolean(), (text, type, other) => {
        const labeling = other ? { ...LABELING, targetLabels: labelsFromPairs(['job', 'x']) } : LABELING;
        const body = bodyFromBytes(Buffer.from(`${text}\n`));
        const rows = createExpositionRows(4);
        parseTextBody(body, rows);
        const size = encoder.encode(body.bytes, rows.seriesStart[0]!, rows.seriesEnd[0]!, plain(type), labeling);
        if (size < 0) return;
        encodedCount++;
        const expected = sampleLabels(body.bytes, rows.seriesStart[0]!, rows.seriesEnd[0]!, plain(type), labeling);
        expect(labelsFromBytes(encoder.bytes, 0).pairs).toEqual(expected!.pairs);
      }),
      { numRuns: 500 },
    );
    expect(encodedCount).toBeGreaterThan(50);
  });

  it('takes an ordinary series', () => {
    expect(encoded('http_requests_total{method="GET",code="200"}', 'counter')).toEqual(
      [
        '__name__',
        'http_requests_total',
        'code',
        '200',
        'instance',
        'höst:9100',
        'job',
        'node',
        'method',
        'GET',
      ].concat('zone', 'a'),
    );
    expect(encoded('up', 'gauge')).toEqual(['__name__', 'up', ...LABELING.targetLabels.pairs]);
    expect(encoded('b{le="1"}', 'histogram').slice(6, 8)).toEqual(['le', '1.0']);
  });

  it.each([
    ['a name that the target has too', 'm{job="x"}'],
    ['a name twice', 'm{a="1",a="2"}'],
    ['an empty value', 'm{a=""}'],
    ['an escape', 'm{a="\\n"}'],
    ['other text than ASCII', 'm{a="é"}'],
    ['no name in front', '{__name__="m"}'],
    ['more labels than it has room for', `m{${Array.from({ length: 40 }, (_, i) => `l${i}="1"`).join()}}`],
  ])('leaves %s to sampleLabels()', (_, series) => {
    const bytes = Buffer.from(series);
    expect(new SampleLabelBytes().encode(bytes, 0, bytes.length, plain('gauge'), LABELING)).toBe(-1);
  });
});

function plain(type: MetricType): SeriesKind {
  return { type, labels: null };
}

function encoded(series: string, type: MetricType): readonly string[] {
  const bytes = Buffer.from(series);
  const labels = new SampleLabelBytes();
  expect(labels.encode(bytes, 0, bytes.length, plain(type), LABELING)).toBeGreaterThan(0);
  return labelsFromBytes(labels.bytes, 0).pairs;
}
