import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { untold } from '../kernels/blocks.ts';
import type { FloatHistogram } from '../model/histogram.ts';
import { type Labels, labelsFromObject } from '../model/labels.ts';
import { createSampleColumn } from '../storage/query.ts';
import { JsonBlocks } from './json-blocks.ts';
import { JsonSink } from './result-json.ts';
import type { StepColumn } from './steps/step-column.ts';

const histogram: FloatHistogram = {
  kind: 'float',
  counterResetHint: 'unknown',
  schema: 0,
  zeroThreshold: 0.25,
  zeroCount: 3,
  count: 42,
  sum: -1.5,
  positiveSpans: [{ offset: 0, length: 2 }],
  positiveCounts: [12, 0],
  negativeSpans: [{ offset: -2, length: 1 }],
  negativeCounts: [7],
  customValues: [],
};

function column(...values: readonly (number | null)[]): StepColumn {
  return {
    values: Float64Array.from(values, (value) => value ?? 0),
    present: Uint8Array.from(values, (value) => (value === null ? 0 : 1)),
    histograms: null,
  };
}

function text(sink: JsonSink, stats: string | null = null, warnings: string[] = [], infos: string[] = []): string {
  sink.end(untold);
  return Buffer.from(sink.finish(stats, warnings, infos)).toString();
}

function named(name: string): Labels {
  return labelsFromObject({ __name__: name });
}

const GRID = { start: 1435781430781, step: 15_000, count: 3 };

describe('JsonSink', () => {
  test('writes a vector in the order in which it comes', () => {
    const sink = new JsonSink(0);
    sink.begin('vector', GRID);
    sink.addColumn(labelsFromObject({ __name__: 'up', job: 'b' }), column(1));
    sink.addColumn(labelsFromObject({}), column(null));
    sink.addColumn(labelsFromObject({ job: 'a' }), column(Number.NaN));
    expect(text(sink)).toBe(
      '{"status":"success","data":{"resultType":"vector","result":[' +
        '{"metric":{"__name__":"up","job":"b"},"value":[1435781430.781,"1"]},' +
        '{"metric":{"job":"a"},"value":[1435781430.781,"NaN"]}]}}',
    );
  });

  test('writes what takes many blocks, series in label order, and the next answer into the same memory', () => {
    const count = 3000;
    const blocks = new JsonBlocks();
    const values = Float64Array.from({ length: count }, (_, i) => i / 7);
    for (const longest of [40_000, 400_000]) {
      const sink = new JsonSink(0, blocks);
      sink.begin('matrix', { ...GRID, count });
      const names = Array.from({ length: 30 }, (_, i) => `${(7 * i) % 30}-${'é'.repeat((i * longest) / 30)}`);
      for (const name of names) {
        sink.addColumn(named(name), { values, present: new Uint8Array(count).fill(1), histograms: null });
      }
      const { data, warnings } = JSON.parse(text(sink, null, ['last']));
      expect(warnings).toEqual(['last']);
      const sorted = [...names].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
      expect(data.result.map((series: { metric: { __name__: string } }) => series.metric.__name__)).toEqual(sorted);
      const points = Array.from(values, (value, i) => [(GRID.start + i * GRID.step) / 1000, String(value)]);
      const expected = JSON.stringify(points);
      for (const series of data.result) expect(JSON.stringify(series.values)).toBe(expected);
    }
  });

  test('gives the memory of large answers back as they are put together, and of those that come to nothing', () => {
    const blocks = new JsonBlocks();
    const taken: Uint8Array[] = [];
    const take = blocks.take.bind(blocks);
    blocks.take = () => {
      const block = take();
      taken.push(block.bytes);
      return block;
    };
    const present = new Uint8Array(50_000).fill(1);
    const values = Float64Array.from(present, (_, i) => i / 7);
    for (const ends of ['whole', 'dropped']) {
      const sink = new JsonSink(3, blocks);
      sink.begin('matrix', { ...GRID, count: present.length });
      for (const name of ['d', 'b', 'a', 'e', 'c', 'f', 'g', 'h']) {
        sink.addColumn(named(name), { values, present, histograms: null });
      }
      if (ends === 'dropped') sink.drop();
      else expect(JSON.parse(text(sink)).data.result).toHaveLength(3);
      // All but the few that are kept.
      const held = new Set(taken.filter(({ length }) => length > 0));
      expect(taken.length).toBeGreaterThan(50);
      expect(held.size).toBeLessThanOrEqual(32);
    }
    blocks.dropSpare();
    expect(taken.filter(({ length }) => length > 0)).toEqual([]);
  });

  test('writes a matrix in label order, without steps that have no value', () => {
    const sink = new JsonSink(0);
    sink.begin('matrix', GRID);
    sink.addColumn(named('b'), column(1, null, 1e-7));
    sink.addColumn(named('a'), column(null, -0, null));
    expect(text(sink)).toBe(
      '{"status":"success","data":{"resultType":"matrix","result":[' +
        '{"metric":{"__name__":"a"},"values":[[1435781445.781,"-0"]]},' +
        '{"metric":{"__name__":"b"},"values":[[1435781430.781,"1"],[1435781460.781,"1e-07"]]}]}}',
    );
  });

  test('writes histograms beside floats, with the kind of every bound', () => {
    const sink = new JsonSink(0);
    sink.begin('matrix', { start: 0, step: 1000, count: 2 });
    sink.addColumn(named('h'), { ...column(5, 0), histograms: [undefined, histogram] });
    expect(text(sink)).toContain(
      '"values":[[0,"5"]],"histograms":[[1,{"count":"42","sum":"-1.5","buckets":[' +
        '[1,"-0.25","-0.25","7"],[3,"-0.25","0.25","3"],[0,"0.5","1","12"]]}]]}',
    );
  });

  test('writes raw samples, scalars and strings', () => {
    const raw = new JsonSink(0);
    raw.begin('matrix', GRID);
    const samples = createSampleColumn(2);
    samples.length = 2;
    samples.times.set([1000, 2500]);
    samples.values.set([1, 2]);
    raw.addSamples(named('m'), samples, untold);
    expect(text(raw)).toContain('"result":[{"metric":{"__name__":"m"},"values":[[1,"1"],[2.500,"2"]]}]}}');
    const scalar = new JsonSink(0);
    scalar.begin('scalar', GRID);
    scalar.setScalar(1e21);
    expect(text(scalar)).toContain('"resultType":"scalar","result":[1435781430.781,"1000000000000000000000"]}}');
    const string = new JsonSink(0);
    string.begin('string', GRID);
    string.setString('<a\n"b">');
    expect(text(string)).toContain('"result":[1435781430.781,"\\u003ca\\n\\"b\\"\\u003e"]}}');
  });

  test('an empty answer is a list', () => {
    for (const type of ['vector', 'matrix'] as const) {
      const sink = new JsonSink(0);
      sink.begin(type, GRID);
      expect(text(sink)).toBe(`{"status":"success","data":{"resultType":"${type}","result":[]}}`);
    }
  });

  test('puts statistics into the data, warnings and infos behind it', () => {
    const sink = new JsonSink(0);
    sink.begin('vector', GRID);
    expect(text(sink, '{"a":1}', ['w <1>'], ['i'])).toBe(
      '{"status":"success","data":{"resultType":"vector","result":[],"stats":{"a":1}},' +
        '"warnings":["w \\u003c1\\u003e"],"infos":["i"]}',
    );
  });

  test('cuts a vector after the limit, a matrix after sorting', () => {
    for (const type of ['vector', 'matrix'] as const) {
      const sink = new JsonSink(1);
      sink.begin(type, { start: 0, step: 1, count: 1 });
      sink.addColumn(named('b'), column(1));
      sink.addColumn(named('a'), column(1));
      const body = text(sink);
      expect(sink.isTruncated).toBe(true);
      expect(JSON.parse(body).data.result).toHaveLength(1);
      expect(JSON.parse(body).data.result[0].metric.__name__).toBe(type === 'vector' ? 'b' : 'a');
    }
  });

  test('gives valid JSON that says what went in, whatever the labels and values', () => {
    const label = fc.string({ unit: 'grapheme', minLength: 1 });
    const row = fc.record({
      labels: fc.dictionary(label, label).map(labelsFromObject),
      values: fc.array(fc.option(fc.double()), { minLength: 3, maxLength: 3 }),
    });
    const rows = fc.uniqueArray(row, { selector: ({ labels }) => labels.key, maxLength: 8 });
    fc.assert(
      fc.property(rows, (series) => {
        const sink = new JsonSink(0);
        sink.begin('matrix', { start: 0, step: 1000, count: 3 });
        for (const { labels, values } of series) sink.addColumn(labels, column(...values));
        const { result } = JSON.parse(text(sink)).data;
        const kept = series.filter(({ values }) => values.some((value) => value !== null));
        expect(result).toHaveLength(kept.length);
        for (const { labels, values } of kept) {
          const found = result.find(({ metric }: { metric: object }) => labelsFromObject({ ...metric }).equals(labels));
          const points = values.flatMap((value, i) => (value === null ? [] : [[i, value]]));
          const read = (word: string) => Number(word.replace('Inf', 'Infinity'));
          expect(found.values.map(([time, word]: [number, string]) => [time, read(word)])).toEqual(points);
        }
      }),
    );
  });
});
