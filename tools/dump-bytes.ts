import { readFileSync } from 'node:fs';
import { annotateHeadChunks, annotateIndex, annotateSegment, annotateTombstones } from './annotate/files.ts';
import { annotateHeadImage } from './annotate/head-image.ts';
import { annotateLog } from './annotate/log.ts';

/**
 * Prints the bytes of a file of a data directory with what each of them means, down to the bits of chunks. For small
 * files, ours or Prometheus'; it reads them whole, by code of its own, and stops at the first thing that it can not read.
 *
 *     node tools/dump-bytes.ts data/01M7Y2YCE48314TZWWY00MFCXN/chunks/000001
 *     node tools/dump-bytes.ts data/wal/00000003
 */
function main(): void {
  const [path, more] = process.argv.slice(2);
  if (path === undefined || more !== undefined) {
    console.error('Usage: node tools/dump-bytes.ts FILE');
    process.exit(2);
  }
  try {
    console.log(annotated(readFileSync(path), path).join('\n'));
  } catch (error) {
    console.error(`Cannot read ${path}: ${(error as Error).message}`);
    process.exit(1);
  }
}

/** What a file is tells its magic number, an image's at its end, or, of logs, which have none, where it lies. */
function annotated(bytes: Uint8Array, path: string): string[] {
  const magic = bytes.length < 4 ? 0 : new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
  if (magic === 0x85bd40dd) return annotateSegment(bytes);
  if (magic === 0x0130bc91) return annotateHeadChunks(bytes);
  if (magic === 0x0130ba30) return annotateTombstones(bytes);
  if (magic === 0xbaaad700) return annotateIndex(bytes);
  if (bytes.length >= 12 && new DataView(bytes.buffer, bytes.byteOffset).getUint32(bytes.length - 4) === 0x4e78486a) {
    return annotateHeadImage(bytes);
  }
  return annotateLog(bytes, /chunk_snapshot\.[^/]*\/\d+$/.test(path) ? 'snapshot' : 'log');
}

main();
