import { describe, expect, it } from 'vitest';
import { ArraySource, testSeries } from '../../../test/support/chunk-source.ts';
import { MemoryFiles } from '../../std/memory-files.ts';
import type { Turns } from '../../std/turns.ts';
import { silentLog } from '../../telemetry/log.ts';
import { writeBlock } from '../compact/write-block.ts';
import { BlockList } from './block-list.ts';

const DIRECTORY = './data';
const [A, B] = ['00000000000000000000000001', '00000000000000000000000002'] as const;

function put(files: MemoryFiles, ulid: string, series: number): void {
  const list = Array.from({ length: series }, (_, i) => testSeries({ id: String(i) }, [[[1, i]]]));
  const sources = [new ArraySource(list)];
  writeBlock(files, { directory: DIRECTORY, ulid, sources, minTime: 0, maxTime: 10, level: 1 });
}

function listOf(files: MemoryFiles): BlockList {
  return new BlockList({ fileSystem: files, directory: DIRECTORY, log: silentLog });
}

/** Every piece is over at once; counts the turns that others get. */
function countingTurns(): Turns & { pauses: number } {
  let now = 0;
  const turns = {
    pauses: 0,
    pieceMs: 0,
    now: () => now++,
    pause: async () => {
      turns.pauses++;
    },
  };
  return turns;
}

function ulidsOf(list: BlockList): string[] {
  return list.blocks.map(({ meta }) => meta.ulid);
}

describe('BlockList.openAhead()', () => {
  it('opens what appeared, with turns for others, and reload takes it in without reading it', async () => {
    const files = new MemoryFiles();
    files.makeDirectorySync(DIRECTORY);
    put(files, A, 10);
    const list = listOf(files);
    put(files, B, 10_000);
    const turns = countingTurns();
    await list.openAhead(turns);
    expect(turns.pauses).toBeGreaterThan(3);
    expect(ulidsOf(list)).toEqual([A]);
    const before = files.operations.length;
    list.reload();
    expect(ulidsOf(list)).toEqual([A, B]);
    expect(files.operations.slice(before).map(({ name }) => name)).toEqual(['list']);
    expect(list.blocks[1]!.rowIndex.rowCountOf('id', '77')).toBe(1);
    list.close();
  });

  it('lets the event loop run before and behind the look at the last chunk', async () => {
    const files = new MemoryFiles();
    files.makeDirectorySync(DIRECTORY);
    const list = listOf(files);
    put(files, A, 10);
    const turns = Object.assign(countingTurns(), { pieceMs: Number.POSITIVE_INFINITY });
    await list.openAhead(turns);
    expect(turns.pauses).toBe(2);
    list.close();
  });

  it('leaves damage to reload, and blocks that went away to nobody', async () => {
    const files = new MemoryFiles();
    files.makeDirectorySync(DIRECTORY);
    const list = listOf(files);
    put(files, A, 1);
    put(files, B, 1);
    files.openSync(`${DIRECTORY}/${B}/index`, 'w').closeSync();
    await list.openAhead(countingTurns());
    files.removeSync(`${DIRECTORY}/${A}`);
    list.reload();
    expect(ulidsOf(list)).toEqual([]);
    expect(list.damaged.map(({ directory }) => directory)).toEqual([`${DIRECTORY}/${B}`]);
    list.close();
  });
});

describe('BlockList.reload()', () => {
  it.each(['no segment', 'a part of it'])('takes a block in when it is there whole: at first %s', async (part) => {
    const files = new MemoryFiles();
    files.makeDirectorySync(DIRECTORY);
    put(files, A, 10);
    const list = listOf(files);
    put(files, B, 10);
    const segment = `${DIRECTORY}/${B}/chunks/000001`;
    const bytes = files.readFileSync(segment);
    const write = (content: Uint8Array) => {
      const handle = files.openSync(segment, 'w');
      handle.writeSync(content, 0, content.length, 0);
      handle.closeSync();
    };
    if (part === 'no segment') files.removeSync(segment);
    else write(bytes.subarray(0, bytes.length - 1));
    await list.openAhead(countingTurns());
    list.reload();
    expect(ulidsOf(list)).toEqual([A]);
    expect(list.damaged.map(({ directory }) => directory)).toEqual([`${DIRECTORY}/${B}`]);
    write(bytes);
    await list.openAhead(countingTurns());
    list.reload();
    expect(ulidsOf(list)).toEqual([A, B]);
    expect(list.damaged).toEqual([]);
    list.close();
  });

  it('has what can be read of a block that lay there before', () => {
    const files = new MemoryFiles();
    files.makeDirectorySync(DIRECTORY);
    put(files, A, 10);
    files.removeSync(`${DIRECTORY}/${A}/chunks/000001`);
    const list = listOf(files);
    expect(ulidsOf(list)).toEqual([A]);
    list.close();
  });
});
