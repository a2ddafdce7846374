import type { FileSystem } from '../../std/file-system.ts';
import { isUlid } from '../block/block-meta.ts';
import { dataDirectory } from '../data-directory.ts';
import { directoryBytes } from '../directory-bytes.ts';
import { segmentName } from '../wal/segments.ts';
import type { Findings } from './findings.ts';
import { verifyBlock } from './verify-block.ts';
import { verifyHeadChunks } from './verify-head-chunks.ts';
import { verifyHeadImage } from './verify-head-image.ts';
import { KnownRefs, type LogKind, verifyLog } from './verify-log.ts';
import { verifyActiveQueries, verifyTargetMetadata } from './verify-small-files.ts';

/** What was looked at. */
export interface VerifiedContent {
  blocks: number;
  /** Of blocks. */
  series: number;
  chunks: number;
  samples: number;
  segments: number;
  records: number;
  headChunks: number;
}

export interface VerifyProgress {
  readonly bytesDone: number;
  readonly bytes: number;
  readonly path: string;
}

/**
 * Checks every checksum, order and reference of a data directory, or of one block: blocks, also those of `snapshots/`,
 * checkpoints, log, log of out-of-order samples, chunks, snapshots and the image of the head, what targets said and the
 * queries that run. Takes no lock and changes nothing; of a directory that a server writes to, it may find the end of a
 * log half written.
 *
 * Memory stays bounded by the largest index (`verifyIndex` says how) and the refs of the log, whatever the size of the
 * directory. Throws `FileSystemError` where the directory can not be read at all.
 */
export function verifyDirectory(
  fileSystem: FileSystem,
  root: string,
  findings: Findings,
  progress: (progress: VerifyProgress) => void,
): VerifiedContent {
  const base = root.replace(/(?<=.)\/+$/, '');
  const content: VerifiedContent = {
    blocks: 0,
    series: 0,
    chunks: 0,
    samples: 0,
    segments: 0,
    records: 0,
    headChunks: 0,
  };
  const entries = fileSystem.readDirectorySync(base);
  const bytes = directoryBytes(fileSystem, base);
  let bytesDone = 0;
  const advance = (more: number, path: string) => {
    bytesDone += more;
    progress({ bytesDone: Math.min(bytesDone, bytes), bytes, path });
  };
  const block = (path: string) => {
    const found = verifyBlock(fileSystem, path, findings, advance);
    content.blocks++;
    content.series += found.series;
    content.chunks += found.chunks;
    content.samples += found.floatSamples + found.histogramSamples;
  };
  if (entries.some(({ name }) => name === 'meta.json')) {
    block(base);
    return content;
  }
  const refs = new KnownRefs();
  const log = (path: string, kind: LogKind) => {
    const found = verifyLog(fileSystem, path, kind, refs, findings, advance);
    content.segments += found.segments;
    content.records += found.records;
  };
  const { chunksHead, headImage, queriesActive, snapshots, targetMetadata, wal, wbl } = dataDirectory(base);
  for (const { kind, name } of entries) {
    const path = `${base}/${name}`;
    if (kind !== 'directory') continue;
    if (isUlid(name)) block(path);
    else if (TEMPORARY.test(name)) findings.note(path, null, 'left by an interrupted step; the next start removes it');
    else if (SNAPSHOT.test(name)) log(path, 'snapshot');
  }
  const isDirectory = (path: string) => fileSystem.statSync(path)?.kind === 'directory';
  if (isDirectory(wal)) {
    for (const [path, isNewest] of checkpoints(fileSystem, wal, findings)) {
      // What an older one defines is in the newest too.
      if (isNewest) log(path, 'checkpoint');
      else verifyLog(fileSystem, path, 'checkpoint', new KnownRefs(), findings, advance);
    }
    log(wal, 'wal');
  }
  if (isDirectory(wbl)) log(wbl, 'wbl');
  if (isDirectory(chunksHead)) {
    findings.guard(chunksHead, () => {
      content.headChunks = verifyHeadChunks(fileSystem, chunksHead, findings, advance);
    });
  }
  if (fileSystem.statSync(headImage)?.kind === 'file') {
    findings.guard(headImage, () => verifyHeadImage(fileSystem, headImage, wal, findings, advance));
  }
  const small = (path: string, verify: typeof verifyTargetMetadata) => {
    const found = fileSystem.statSync(path);
    if (found?.kind !== 'file') return;
    findings.guard(path, () => verify(fileSystem, path, findings));
    advance(found.size, path);
  };
  small(targetMetadata, verifyTargetMetadata);
  small(queriesActive, verifyActiveQueries);
  if (isDirectory(snapshots)) {
    for (const [path, isFinished] of copies(fileSystem, snapshots)) {
      if (!isFinished) findings.note(path, null, 'a copy that was never finished; the next start removes it');
      else
        for (const { kind, name } of fileSystem.readDirectorySync(path)) {
          if (kind === 'directory' && isUlid(name)) block(`${path}/${name}`);
        }
    }
  }
  if (refs.isFull) findings.note(wal, null, 'more series than can be kept in mind: refs were not checked');
  return content;
}

const TEMPORARY = /\.tmp(-for-creation|-for-deletion)?$/;
const SNAPSHOT = /^chunk_snapshot\.\d+\.\d+$/;
const CHECKPOINT = /^checkpoint\.(\d{8,15})$/;

/** Paths of the checkpoints, oldest first; the log must go on behind the newest. */
function checkpoints(fileSystem: FileSystem, wal: string, findings: Findings): (readonly [string, boolean])[] {
  const numbers: number[] = [];
  let firstSegment = Number.POSITIVE_INFINITY;
  for (const { kind, name } of fileSystem.readDirectorySync(wal)) {
    const checkpoint = kind === 'directory' ? CHECKPOINT.exec(name) : null;
    if (checkpoint !== null) numbers.push(Number(checkpoint[1]));
    else if (kind === 'file' && /^\d{8,15}$/.test(name)) firstSegment = Math.min(firstSegment, Number(name));
  }
  numbers.sort((a, b) => a - b);
  const newest = numbers.at(-1) ?? -1;
  const path = (number: number) => `${wal}/checkpoint.${segmentName(number)}`;
  if (newest >= 0 && Number.isFinite(firstSegment) && firstSegment > newest + 1) {
    findings.fault(path(newest), null, `the log goes on at segment ${firstSegment}; those between are missing`);
  }
  return numbers.map((number) => [path(number), number === newest] as const);
}

/** Paths of the copies that the admin API made, and whether each is whole. */
function copies(fileSystem: FileSystem, snapshots: string): (readonly [string, boolean])[] {
  return fileSystem
    .readDirectorySync(snapshots)
    .filter(({ kind }) => kind === 'directory')
    .map(({ name }) => [`${snapshots}/${name}`, !name.endsWith('.tmp')] as const);
}
