import { crc32c } from '../../kernels/crc32c.ts';
import { readUvarint64, unsignedFromHalves } from '../../kernels/varint.ts';
import type { FileSystem } from '../../std/file-system.ts';
import { clearColumn } from '../../storage/merge-columns.ts';
import { createSampleColumn } from '../../storage/query.ts';
import { PageCache, PagedFile } from '../block/paged-file.ts';
import { readUint32 } from '../block/section-scan.ts';
import { ChunkDecoder } from '../chunk/chunk-decoder.ts';
import { DamagedFile } from '../damaged-file.ts';
import type { Findings } from './findings.ts';

const CHUNKS_MAGIC = 0x85bd40dd;
const HEADER_BYTES = 8;
const LENGTH_BYTES_MAX = 10;

/**
 * Walks through a chunk segment without an index: from the header on each chunk begins where the one before ends. Where
 * a length is damaged the rest can not be found: throws `DamagedFile`.
 */
export function verifySegmentAlone(fileSystem: FileSystem, path: string, findings: Findings): void {
  const handle = fileSystem.openSync(path, 'r');
  try {
    walk(new PagedFile(handle, new PageCache(0)), findings);
  } finally {
    handle.closeSync();
  }
}

/** Checks what opening a segment leaves: the zeros in its header. */
export function verifySegmentPadding(fileSystem: FileSystem, path: string, findings: Findings): void {
  const header = new Uint8Array(HEADER_BYTES);
  const handle = fileSystem.openSync(path, 'r');
  try {
    handle.readSync(header, 0, HEADER_BYTES, 0);
  } finally {
    handle.closeSync();
  }
  const found = header.subarray(5).findIndex((byte) => byte !== 0);
  if (found >= 0) findings.fault(path, 5 + found, 'a byte that is not zero in the padding of the header');
}

function walk(file: PagedFile, findings: Findings): void {
  const { path, size } = file;
  if (size < HEADER_BYTES) throw new DamagedFile(path, 0, `${size} bytes are too few for a segment`);
  const header = file.view(0, HEADER_BYTES);
  if (readUint32(header, 0) !== CHUNKS_MAGIC) findings.fault(path, 0, 'the magic number differs');
  if (header[4] !== 1) findings.fault(path, 4, `chunk segment version ${header[4]} is not known`);
  const decoder = new ChunkDecoder();
  const column = createSampleColumn(256);
  const halves = new Uint32Array(2);
  for (let at = HEADER_BYTES; at < size; ) {
    const look = file.view(at, Math.min(LENGTH_BYTES_MAX, size - at));
    const prefix = readUvarint64(look, 0, look.length, halves);
    if (prefix < 0) throw new DamagedFile(path, at, 'the length of a chunk is malformed');
    const length = 1 + unsignedFromHalves(halves[0]!, halves[1]!);
    if (at + prefix + length + 4 > size) throw new DamagedFile(path, at, `a chunk of ${length} bytes does not fit`);
    const entry = file.view(at + prefix, length + 4);
    if (crc32c(entry, 0, length, 0) !== readUint32(entry, length)) {
      findings.fault(path, at, 'the checksum of a chunk differs');
    } else {
      clearColumn(column);
      const reason = decoder.decode(entry[0]!, entry.subarray(1, length), column);
      if (reason !== null) findings.fault(path, at, reason);
    }
    at += prefix + length + 4;
  }
}
