import { goDuration } from '../../model/go-duration.ts';
import type { FileSystem } from '../../std/file-system.ts';
import type { Block } from '../../tsdb/block/block.ts';
import { openBlocks } from './tsdb-blocks.ts';

const HEADER = ['BLOCK ULID', 'MIN TIME', 'MAX TIME', 'DURATION', 'NUM SAMPLES', 'NUM CHUNKS', 'NUM SERIES', 'SIZE'];
/** A column is at least so wide, and so much wider than what stands in it. */
const COLUMN_WIDTH_MIN = 13;
const COLUMN_GAP = 2;

/** The blocks of a data directory as a table, `promtool tsdb list`'s. Throws `NoSuchBlock`, `FileSystemError`. */
export function listText(fileSystem: FileSystem, directory: string, isHumanReadable: boolean): string {
  const blocks = openBlocks(fileSystem, directory);
  try {
    return blockTable(blocks, fileSystem, { isHumanReadable, hasHeader: true });
  } finally {
    for (const block of blocks) block.close();
  }
}

export interface TableForm {
  readonly isHumanReadable: boolean;
  readonly hasHeader: boolean;
}

/** A line for each block. */
export function blockTable(
  blocks: readonly Block[],
  fileSystem: FileSystem,
  { hasHeader, isHumanReadable }: TableForm,
): string {
  const rows = blocks.map((block) => blockRow(block, fileSystem, isHumanReadable));
  return tableText(hasHeader ? [HEADER, ...rows] : rows);
}

/** One line for each row; all columns but the last are filled with spaces. */
function tableText(rows: readonly (readonly string[])[]): string {
  const widths = HEADER.map((_, i) =>
    Math.max(COLUMN_WIDTH_MIN, ...rows.map((cells) => cells[i]!.length + COLUMN_GAP)),
  );
  const line = (cells: readonly string[]) =>
    cells.map((cell, i) => (i === cells.length - 1 ? cell : cell.padEnd(widths[i]!))).join('');
  return rows.map((cells) => `${line(cells)}\n`).join('');
}

function blockRow(block: Block, fileSystem: FileSystem, isHumanReadable: boolean): string[] {
  const { maxTime, minTime, stats, ulid } = block.meta;
  const time = (ms: number) => (isHumanReadable ? utcText(ms) : String(ms));
  const bytes = blockBytes(block, fileSystem);
  return [
    ulid,
    time(minTime),
    time(maxTime),
    goDuration(maxTime - minTime),
    String(stats.samples),
    String(stats.chunks),
    String(stats.series),
    isHumanReadable ? binaryBytes(bytes) : String(bytes),
  ];
}

function blockBytes({ chunks, directory, index }: Block, fileSystem: FileSystem): number {
  const sizeOf = (name: string) => fileSystem.statSync(`${directory}/${name}`)?.size ?? 0;
  return chunks.bytes + index.bytes + sizeOf('tombstones') + sizeOf('meta.json');
}

/** `2026-11-01 00:00:00 +0000 UTC`, whole seconds. */
function utcText(ms: number): string {
  const date = new Date(Math.trunc(ms / 1000) * 1000);
  if (Number.isNaN(date.getTime())) return String(ms);
  return `${date.toISOString().slice(0, 19).replace('T', ' ')} +0000 UTC`;
}

/** Every unit that is not zero: `1MiB`, `360KiB477B`. */
export function binaryBytes(bytes: number): string {
  if (bytes === 0) return '0B';
  let text = '';
  let left = bytes;
  for (const unit of ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB']) {
    const part = left % 1024;
    if (part !== 0) text = `${part}${unit}${text}`;
    left = Math.floor(left / 1024);
  }
  return text;
}
