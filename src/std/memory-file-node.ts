import type { Random } from './random.ts';

/** A change of a file's content that no sync has covered. */
export type Change =
  | { readonly kind: 'write'; readonly position: number; readonly bytes: Uint8Array }
  | { readonly kind: 'truncate'; readonly size: number };

/** A file apart from its name: what the process sees, what is on the disk, and the changes between the two. */
export interface FileNode {
  content: Uint8Array;
  durable: Uint8Array;
  changes: Change[];
}

export function emptyFile(): FileNode {
  return { content: new Uint8Array(0), durable: new Uint8Array(0), changes: [] };
}

export function cloneFile(file: FileNode): FileNode {
  return { content: file.content.slice(), durable: file.durable.slice(), changes: [...file.changes] };
}

export function changeFile(file: FileNode, change: Change): void {
  file.content = change.kind === 'write' ? written(file.content, change) : resized(file.content, change.size);
  file.changes.push(change);
}

/** What a sync does that began when `last` was the latest change (null: there was none). */
export function makeDurable(file: FileNode, last: Change | null): void {
  const count = last === null ? 0 : file.changes.indexOf(last) + 1;
  for (const change of file.changes.splice(0, count)) file.durable = applied(file.durable, change);
}

/**
 * What a power cut may leave. Changes made it to the disk up to some point; the writes after the last truncation before
 * that point may also have arrived sector by sector, in any order, missing sectors reading as they did before (zeros
 * where the file was not that long).
 */
export function contentAfterPowerCut(file: FileNode, random: Random): Uint8Array {
  const survived = file.changes.slice(0, random.below(file.changes.length + 1));
  const ordered = random.next() < 0.5 ? survived.length : lastTruncation(survived) + 1;
  let content = file.durable;
  for (const change of survived.slice(0, ordered)) content = applied(content, change);
  for (const change of survived.slice(ordered))
    if (change.kind === 'write') content = scattered(content, change, random);
  const next = file.changes[survived.length];
  if (next?.kind === 'write' && random.next() < 0.5) {
    const torn = next.bytes.subarray(0, random.below(next.bytes.length + 1));
    content = applied(content, { kind: 'write', position: next.position, bytes: torn });
  }
  return content.slice();
}

const SECTOR_SIZE = 512;

/** Writes in place, in a buffer that doubles, so that a file of many small writes does not cost its square. */
function written(content: Uint8Array, write: Change & { kind: 'write' }): Uint8Array {
  const end = Math.max(content.length, write.position + write.bytes.length);
  let result = content;
  if (end > content.length) {
    const buffer = end <= content.buffer.byteLength ? content.buffer : new ArrayBuffer(2 * end);
    result = new Uint8Array(buffer, 0, end);
    if (buffer !== content.buffer) result.set(content);
    else result.fill(0, content.length, end);
  }
  result.set(write.bytes, write.position);
  return result;
}

function scattered(content: Uint8Array, write: Change & { kind: 'write' }, random: Random): Uint8Array {
  const { position, bytes } = write;
  const end = position + bytes.length;
  let result = content;
  for (let from = position; from < end; ) {
    const to = Math.min(end, from - (from % SECTOR_SIZE) + SECTOR_SIZE);
    if (random.next() < 0.5) {
      const sector = bytes.subarray(from - position, to - position);
      result = applied(result, { kind: 'write', position: from, bytes: sector });
    }
    from = to;
  }
  // The size is metadata: it may be durable without the data.
  if (random.next() < 0.5 && result.length < end) result = resized(result, end);
  return result;
}

function lastTruncation(changes: readonly Change[]): number {
  return changes.findLastIndex((change) => change.kind === 'truncate');
}

function applied(content: Uint8Array, change: Change): Uint8Array {
  if (change.kind === 'truncate') return resized(content, change.size);
  if (change.bytes.length === 0) return content;
  const end = change.position + change.bytes.length;
  const result = resized(content, Math.max(end, content.length));
  result.set(change.bytes, change.position);
  return result;
}

function resized(content: Uint8Array, size: number): Uint8Array {
  const result = new Uint8Array(size);
  result.set(content.subarray(0, size));
  return result;
}
