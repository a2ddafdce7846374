import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RecordingStorage } from '../../test/scrape/recording-storage.ts';
import { bodyFromBytes } from '../exposition/body.ts';
import { labelsFromObject } from '../model/labels.ts';
import { Ingest } from './ingest.ts';
import { type IngestTarget, NO_INGEST_FEATURES } from './ingest-target.ts';
import { hasManyNew, meetAhead } from './meet-ahead.ts';
import { MetadataStore } from './metadata-store.ts';
import { TargetSeries } from './target-series.ts';

/** Lines of a body: some series twice, some with labels that a limit forbids, some that end the body. */
const line = fc.oneof(
  { weight: 30, arbitrary: fc.nat(400).map((id) => `m${id % 7}{id="${id}"} ${id}`) },
  { weight: 1, arbitrary: fc.constant('m{long="name that is too long"} 1') },
  { weight: 1, arbitrary: fc.constant('m{') },
);

test('a scrape gives the same whether its series were made ahead or not', () => {
  const bodies = fc.array(fc.array(line, { maxLength: 500 }), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(bodies, fc.constantFrom(0, 100), fc.boolean(), (list, sampleLimit, typeAndUnitLabels) => {
      const features = { ...NO_INGEST_FEATURES, typeAndUnitLabels };
      const [ahead, plain] = [true, false].map((meetsAhead) => {
        const storage = new RecordingStorage();
        const ingest = new Ingest(storage, features);
        const target = targetWith(sampleLimit);
        const results = list.map((lines, i) => {
          const body = bodyFromBytes(Buffer.from(['# TYPE m1 counter', ...lines, ''].join('\n')));
          const time = 1000 * (i + 1);
          if (meetsAhead) for (const _ of meetAhead(storage, target, { body, format: 'text' }, features));
          return ingest.write(
            target,
            { body, format: 'text', time, now: time },
            ({ added, error, scraped, seriesAdded }) => ({
              up: error === null,
              durationSeconds: 0.25,
              scraped,
              added,
              seriesAdded,
              timeoutSeconds: 10,
              sampleLimit,
              bodyBytes: body.size,
            }),
          );
        });
        return { results, stored: storage.dump() };
      });
      expect(ahead).toEqual(plain);
    }),
    { numRuns: 60 },
  );
});

test('is for large bodies of which little is known', () => {
  const target = targetWith(0);
  const body = bodyFromBytes(Buffer.from('a_metric{with="labels"} 1\n'.repeat(4000)));
  expect(hasManyNew(target, bodyFromBytes(Buffer.from('a 1\n')))).toBe(false);
  expect(hasManyNew(target, body)).toBe(true);
  for (let i = 0; i < 200; i++) target.series.cache.add(body, i, i + 8, 0, 1);
  expect(hasManyNew(target, body)).toBe(false);
});

function targetWith(sampleLimit: number): IngestTarget {
  return {
    settings: {
      labeling: {
        targetLabels: labelsFromObject({ job: 'j' }),
        honorLabels: false,
        rules: [],
        scheme: 'utf8',
        limits: { labels: 0, nameLength: 0, valueLength: 10 },
      },
      honorTimestamps: true,
      trackTimestampsStaleness: false,
      sampleLimit,
      extraMetrics: false,
    },
    series: new TargetSeries(1),
    metadata: new MetadataStore(),
  };
}
