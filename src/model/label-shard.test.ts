import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { xxhash64Hex } from '../kernels/xxhash64.ts';
import { assertShard, SHARDS_MAX, shardOfLabels } from './label-shard.ts';
import { labelsFromObject } from './labels.ts';

test.each([
  // Hashes that Prometheus' own tests hold as ones that never change.
  [{}, 0xef46db3751d8e999n],
  [{ hello: 'world' }, 0x347c8ee7a9e29708n],
  [{ __name__: 'metric', label: 'value' }, 0xcbab40540f26097dn],
])('puts %o where its stable hash says', (labels, hash) => {
  for (const count of [1, 2, 3, 16, 1000, SHARDS_MAX - 1, SHARDS_MAX]) {
    expect(shardOfLabels(labelsFromObject(labels), count)).toBe(Number(hash % BigInt(count)));
  }
});

test('agrees with whole integers on any labels', () => {
  const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 400 });
  fc.assert(
    fc.property(fc.dictionary(text, text, { maxKeys: 5 }), fc.integer({ min: 1, max: SHARDS_MAX }), (object, count) => {
      const labels = labelsFromObject(object);
      const parts = labels.pairs.flatMap((pair) => [...Buffer.from(pair), 0xff]);
      const hash = BigInt(`0x${xxhash64Hex(Uint8Array.from(parts), parts.length)}`);
      expect(shardOfLabels(labels, count)).toBe(Number(hash % BigInt(count)));
    }),
  );
});

test.each([
  [{ index: 0, count: 0 }, 'The number of shards must be an integer from 1 to 1048576, not 0.'],
  [{ index: 0, count: 1.5 }, 'The number of shards must be an integer from 1 to 1048576, not 1.5.'],
  [{ index: 0, count: SHARDS_MAX + 1 }, 'The number of shards must be an integer from 1 to 1048576, not 1048577.'],
  [{ index: 4, count: 4 }, 'There is no shard 4 of 4: the first one is 0.'],
  [{ index: -1, count: 4 }, 'There is no shard -1 of 4: the first one is 0.'],
])('refuses shard %o', (shard, message) => {
  expect(() => assertShard(shard)).toThrow(new RangeError(message));
});
