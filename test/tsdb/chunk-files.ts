import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A chunk as a chunk file holds it. */
export interface FileChunk {
  readonly encoding: number;
  readonly bytes: Uint8Array;
}

const RECORDED = join(import.meta.dirname, '../../../shared/golden/recorded/datadirs');

/** A recorded data directory, unpacked below the temporary directory; null where there is none. */
export function unpackRecorded(name: string): string | null {
  const archive = join(RECORDED, `${name}.tar.gz`);
  if (!existsSync(archive)) return null;
  const directory = mkdtempSync(join(tmpdir(), 'narthex-recorded-'));
  execFileSync('tar', ['xzf', archive, '-C', directory]);
  return directory;
}

/** Every chunk below a data directory: those of blocks, and those of the head. */
export function chunksBelow(directory: string): FileChunk[] {
  const chunks: FileChunk[] = [];
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (!entry.isFile()) continue;
    if (entry.parentPath.endsWith('/chunks')) chunks.push(...blockChunks(readFileSync(path)));
    if (entry.parentPath.endsWith('/chunks_head')) chunks.push(...headChunks(readFileSync(path)));
  }
  return chunks;
}

/** Magic, version, padding; then length, encoding, data and checksum of each chunk. */
function blockChunks(file: Uint8Array): FileChunk[] {
  const chunks: FileChunk[] = [];
  for (let at = 8; at < file.length; ) {
    const [length, start] = uvarint(file, at);
    chunks.push({ encoding: file[start]!, bytes: file.slice(start + 1, start + 1 + length) });
    at = start + 1 + length + 4;
  }
  return chunks;
}

/** Magic, version, padding; then ref, times, encoding, length, data and checksum of each chunk; zeros after the last. */
function headChunks(file: Uint8Array): FileChunk[] {
  const chunks: FileChunk[] = [];
  for (let at = 8; at + 26 < file.length; ) {
    const encoding = file[at + 24]! & 0x7f;
    if (encoding === 0) break;
    const [length, start] = uvarint(file, at + 25);
    chunks.push({ encoding, bytes: file.slice(start, start + length) });
    at = start + length + 4;
  }
  return chunks;
}

function uvarint(bytes: Uint8Array, offset: number): [value: number, next: number] {
  let value = 0;
  let at = offset;
  for (let scale = 1; ; scale *= 128) {
    const byte = bytes[at++]!;
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) return [value, at];
  }
}
