import fc from 'fast-check';
import { expect, it } from 'vitest';
import { crc32c } from '../../kernels/crc32c.ts';
import { SinkMemory } from './sink-memory.ts';

it('makes the checksums that the plain kernel makes, of any bytes anywhere', () => {
  const memory = new SinkMemory(100_000);
  expect(memory.bytes).toHaveLength(100_000);
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 400 }),
      fc.nat(99_000),
      fc.nat({ max: 0xffff_ffff }),
      (bytes, start, previous) => {
        memory.bytes.set(bytes, start);
        const end = start + bytes.length;
        expect(memory.crc32c(start, end, previous)).toBe(crc32c(memory.bytes, start, end, previous));
      },
    ),
  );
  expect(memory.crc32c(0, 100_000, 0)).toBe(crc32c(memory.bytes, 0, 100_000, 0));
});
