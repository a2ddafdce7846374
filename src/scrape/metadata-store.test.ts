import { expect, test } from 'vitest';
import { bodyFromBytes } from '../exposition/body.ts';
import { createExpositionRows } from '../exposition/rows.ts';
import { parseTextBody } from '../exposition/text-format.ts';
import { MetadataStore } from './metadata-store.ts';

const rows = createExpositionRows(16);

function update(store: MetadataStore, text: string, times = 1): void {
  const body = bodyFromBytes(Buffer.from(text));
  parseTextBody(body, rows);
  for (let i = 0; i < times; i++) store.update(body, rows);
}

const A = '# HELP a So \\\\ it\\ngoes\n# TYPE a counter\n';
const B = '# TYPE b gauge\n';

test('MetadataStore keeps help and type by metric', () => {
  const store = new MetadataStore();
  update(store, A + B);
  expect(store.list()).toEqual([
    { metric: 'a', type: 'counter', help: 'So \\ it\ngoes', unit: '' },
    { metric: 'b', type: 'gauge', help: '', unit: '' },
  ]);
  expect([store.size, store.byteSize]).toEqual([2, 'counter'.length + 'gauge'.length + 'So \\ it\ngoes'.length]);
  expect(store.get('nothing')).toBeNull();
});

test('MetadataStore follows changes', () => {
  const store = new MetadataStore();
  update(store, A);
  update(store, '# HELP a New\n# TYPE a gauge\n');
  expect(store.get('a')).toEqual({ metric: 'a', type: 'gauge', help: 'New', unit: '' });
});

test('MetadataStore forgets a metric ten scrapes after its lines went', () => {
  const store = new MetadataStore();
  update(store, A + B);
  update(store, A, 10);
  expect(store.size).toBe(2);
  update(store, A);
  expect(store.list().map(({ metric }) => metric)).toEqual(['a']);
  update(store, A, 100);
  expect(store.size).toBe(1);
});

test('MetadataStore begins with what was known before, types that it does not know as unknown', () => {
  const store = new MetadataStore();
  store.restore([
    { metric: 'a', type: 'counter', help: 'Old', unit: 'seconds' },
    { metric: 'b', type: 'sundial', help: '', unit: '' },
  ]);
  expect(store.get('a')).toEqual({ metric: 'a', type: 'counter', help: 'Old', unit: 'seconds' });
  expect(store.get('b')!.type).toBe('unknown');
});
