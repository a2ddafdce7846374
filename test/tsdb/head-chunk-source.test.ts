import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MemoryFiles } from '../../src/std/memory-files.ts';
import { writeBlock } from '../../src/tsdb/compact/write-block.ts';
import type { Head } from '../../src/tsdb/head/head.ts';
import { HeadChunkSource } from '../../src/tsdb/head/head-chunk-source.ts';
import type { HeadChunks } from '../../src/tsdb/head/head-chunks.ts';
import { type HeadSlabsSeen, HeadView } from '../../src/tsdb/head/head-view.ts';
import { openBlock } from '../support/read-block.ts';
import { append, createHead, refOf, show } from './head-support.ts';

const RANGE_MS = 1000;
const ULID = '01HZZZZZZZZZZZZZZZZZZZZZZZ';

function takeChunks(head: Head, minTime: number, maxTime: number): HeadChunks {
  const range = { minTime, maxTime };
  const steps = head.chunks(range);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return { snapshot: step.value, range };
  }
}

/** The block of a range as a query shows it. */
function blockOf(head: Head, chunks: HeadChunks): string[] {
  const view = new HeadView(null);
  const seen: HeadSlabsSeen = [];
  view.attach(head.newSlabs(seen));
  const files = new MemoryFiles();
  const { minTime, maxTime } = chunks.range;
  const source = new HeadChunkSource(view, structuredClone(chunks));
  const options = { directory: '.', ulid: ULID, sources: [source], minTime, maxTime: maxTime + 1, level: 1 };
  if (writeBlock(files, options) === null) return [];
  const block = openBlock(files, `./${ULID}`);
  try {
    return show(block);
  } finally {
    block.close();
  }
}

describe('HeadChunkSource', () => {
  it('makes a block of what the head had in the range, whatever was appended since', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(20), fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 30 })), {
          maxLength: 40,
        }),
        fc.integer({ min: -100, max: 3000 }),
        fc.integer({ min: 0, max: 2500 }),
        (runs, minTime, width) => {
          const { head } = createHead({ chunkRangeMs: RANGE_MS });
          let now = 0;
          for (const [series, count, step] of runs) {
            const ref = refOf(head, { s: `s${series}`, group: `g${series % 3}` });
            for (let i = 0; i < count; i++) {
              now += step;
              append(head, [[ref, now, now / 7]]);
            }
          }
          const unpin = head.pin();
          // The head also shows series with a chunk in the range but no sample.
          const shown = show(head, [], { minTime, maxTime: minTime + width });
          const expected = shown.filter((line) => !line.endsWith('}'));
          const chunks = takeChunks(head, minTime, minTime + width);
          for (const [series] of runs) {
            for (let i = 0; i < 20; i++)
              append(head, [[refOf(head, { s: `s${series}`, group: `g${series % 3}` }), ++now, 1]]);
          }
          expect(blockOf(head, chunks)).toEqual(expected);
          unpin();
        },
      ),
      { numRuns: 40 },
    );
  });

  it('leaves out what is deleted, and series of which nothing is left', () => {
    const { head } = createHead({ chunkRangeMs: RANGE_MS });
    const refs = ['a', 'b'].map((s) => refOf(head, { s }));
    for (let time = 0; time < 30; time++)
      append(
        head,
        refs.map((ref) => [ref, time, time] as const),
      );
    head.deletions.add(refs[0]!, 2, 28);
    head.deletions.add(refs[1]!, 0, 100);
    expect(blockOf(head, takeChunks(head, 0, 29))).toEqual(['{s="a"} 0=0 1=1 29=29']);
  });
});
