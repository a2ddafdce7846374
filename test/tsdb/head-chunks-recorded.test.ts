import { rmSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { nodeFiles } from '../../src/std/node-files.ts';
import { HeadMemory } from '../../src/tsdb/head/head-memory.ts';
import { HeadReplay } from '../../src/tsdb/head/head-replay.ts';
import { OpenChunks } from '../../src/tsdb/head/open-chunks.ts';
import { RestoredChunks } from '../../src/tsdb/head/restored-chunks.ts';
import { SeriesDirectory } from '../../src/tsdb/head/series-directory.ts';
import { replayWal } from '../../src/tsdb/wal/replay.ts';
import { chunksBelow, unpackRecorded } from './chunk-files.ts';
import { openChunkOf, sealedChunksOf } from './head-chunks.ts';
import { emptyHeadState } from './head-support.ts';

const DAY = 86_400_000;

describe('the head', () => {
  it('makes of a recorded log the very chunks that Prometheus 3.14 made of it', (context) => {
    const root = unpackRecorded('head-snapshot-zstd');
    if (root === null) return context.skip('the recorded data directories are not there');
    const memory = new HeadMemory();
    const directory = new SeriesDirectory(memory);
    const replay = new HeadReplay({
      memory,
      directory,
      openChunks: new OpenChunks(memory, DAY),
      state: emptyHeadState(),
      restored: new RestoredChunks(memory),
      takeExemplar: () => {},
    });
    replayWal(nodeFiles, `${root}/wal`, replay);
    replay.settle();
    const theirs = chunksBelow(root).map(textOf);
    rmSync(root, { recursive: true });
    const ours = new Set<string>();
    for (const row of memory.series.liveRows()) {
      for (const chunk of [...sealedChunksOf(memory, row), openChunkOf(memory, row)]) ours.add(textOf(chunk));
    }
    expect(theirs.length).toBeGreaterThan(1000);
    expect(theirs.filter((chunk) => !ours.has(chunk))).toEqual([]);
  });
});

function textOf({ encoding, bytes }: { encoding: number; bytes: Uint8Array }): string {
  return `${encoding} ${Buffer.from(bytes).toString('base64')}`;
}
