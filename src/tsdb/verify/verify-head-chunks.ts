import { crc32c } from '../../kernels/crc32c.ts';
import { readUvarint64, signedFromHalves, unsignedFromHalves } from '../../kernels/varint.ts';
import type { FileSystem } from '../../std/file-system.ts';
import { clearColumn } from '../../storage/merge-columns.ts';
import { createSampleColumn } from '../../storage/query.ts';
import { PageCache, PagedFile } from '../block/paged-file.ts';
import { readUint32 } from '../block/section-scan.ts';
import { ChunkDecoder } from '../chunk/chunk-decoder.ts';
import { DamagedFile } from '../damaged-file.ts';
import { columnFault } from './column-fault.ts';
import type { Findings } from './findings.ts';

const MAGIC = 0x0130bc91;
const HEADER_BYTES = 8;
/** Series, first and last time, encoding. */
const FIXED_BYTES = 25;
const LENGTH_BYTES_MAX = 10;
const OUT_OF_ORDER_FLAG = 0x80;
const FILE_NAME = /^\d{6,}$/;

/**
 * Checks the files of `chunks_head/` (docs/formats/head-chunks.md): every chunk's checksum, decoding and times, and that
 * no number is missing. Behind a damaged length the rest of a file can not be found. That the newest file ends inside a
 * chunk is what a kill leaves. Returns how many chunks there are.
 */
export function verifyHeadChunks(
  fileSystem: FileSystem,
  directory: string,
  findings: Findings,
  advance: (bytes: number, path: string) => void,
): number {
  let chunks = 0;
  const names = fileSystem
    .readDirectorySync(directory)
    .filter(({ kind, name }) => kind === 'file' && FILE_NAME.test(name))
    .map(({ name }) => name);
  for (const [i, name] of names.entries()) {
    const path = `${directory}/${name}`;
    if (i > 0 && Number(name) !== Number(names[i - 1]) + 1) {
      findings.fault(path, null, `the files between ${names[i - 1]} and ${name} are missing`);
    }
    findings.guard(path, () => {
      const handle = fileSystem.openSync(path, 'r');
      try {
        const file = new PagedFile(handle, new PageCache(0));
        // A file that was begun and not written to.
        const isNewest = i === names.length - 1;
        if (file.size > 0 || !isNewest) chunks += walk(file, isNewest, findings, advance);
      } finally {
        handle.closeSync();
      }
    });
  }
  return chunks;
}

function walk(
  file: PagedFile,
  isNewest: boolean,
  findings: Findings,
  advance: (bytes: number, path: string) => void,
): number {
  const { path, size } = file;
  const endsShort = (at: number, reason: string): void => {
    if (isNewest) findings.note(path, at, `${reason}; a kill leaves this, and the next start cuts it off`);
    else findings.fault(path, at, reason);
  };
  if (size < HEADER_BYTES) {
    endsShort(0, `${size} bytes are too few for a file`);
    return 0;
  }
  const header = file.view(0, HEADER_BYTES);
  if (readUint32(header, 0) !== MAGIC) findings.fault(path, 0, 'the magic number differs');
  if (header[4] !== 1) findings.fault(path, 4, `version ${header[4]} is not known`);
  if (!isZero(header.subarray(5))) findings.fault(path, 5, 'a byte that is not zero in the padding of the header');
  const decoder = new ChunkDecoder();
  const column = createSampleColumn(256);
  let count = 0;
  let at = HEADER_BYTES;
  while (at < size) {
    const look = file.view(at, Math.min(FIXED_BYTES + LENGTH_BYTES_MAX, size - at));
    if (isZero(look.subarray(0, FIXED_BYTES - 1))) break;
    if (look.length < FIXED_BYTES + 1) {
      endsShort(at, 'the file ends inside an entry');
      return count;
    }
    const lengthEnd = readUvarint64(look, FIXED_BYTES, look.length, halves);
    if (lengthEnd < 0) throw new DamagedFile(path, at, 'the length of a chunk is malformed');
    const end = lengthEnd + unsignedFromHalves(halves[0]!, halves[1]!);
    if (at + end + 4 > size) {
      endsShort(at, 'the file ends inside a chunk');
      return count;
    }
    const entry = file.view(at, end + 4);
    if (crc32c(entry, 0, end, 0) === readUint32(entry, end)) {
      clearColumn(column);
      const encoding = entry[FIXED_BYTES - 1]! & ~OUT_OF_ORDER_FLAG;
      const reason =
        decoder.decode(encoding, entry.subarray(lengthEnd, end), column) ??
        columnFault(column, int64At(entry, 8), int64At(entry, 16));
      if (reason !== null) findings.fault(path, at, reason);
    } else findings.fault(path, at, 'the checksum of a chunk differs');
    count++;
    at += end + 4;
    advance(end + 4, path);
  }
  zeros(file, at, findings);
  advance(size - at, path);
  return count;
}

/** Files are made longer than what is in them; the rest is zeros. */
function zeros(file: PagedFile, from: number, findings: Findings): void {
  for (let at = from; at < file.size; at += READ_BYTES) {
    const bytes = file.view(at, Math.min(READ_BYTES, file.size - at));
    if (isZero(bytes)) continue;
    const found = at + bytes.findIndex((byte) => byte !== 0);
    findings.fault(file.path, found, 'bytes that are not zero behind the last chunk');
    return;
  }
}

const READ_BYTES = 32 * 1024;
const halves = new Uint32Array(2);

function int64At(bytes: Uint8Array, at: number): number {
  return signedFromHalves(readUint32(bytes, at + 4), readUint32(bytes, at));
}

function isZero(bytes: Uint8Array): boolean {
  for (let i = 0; i < bytes.length; i++) if (bytes[i] !== 0) return false;
  return true;
}
