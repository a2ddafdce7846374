import type { DirectoryEntry, FileSystem } from '../../std/file-system.ts';
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
  const entries = fileSystem.readDirectorySync(base);
  const bytes = directoryBytes(fileSystem, base);
  let bytesDone = 0;
  const check = new DirectoryCheck(fileSystem, findings, (more, path) => {
    bytesDone += more;
    progress({ bytesDone: Math.min(bytesDone, bytes), bytes, path });
  });
  if (entries.some(({ name }) => name === 'meta.json')) check.block(base);
  else check.database(base, entries);
  return check.content;
}

class DirectoryCheck {
  readonly #fileSystem: FileSystem;
  readonly #findings: Findings;
  /** Hears of bytes that were looked at, and in which file. */
  readonly #advance: (bytes: number, path: string) => void;
  /** Of the log, its newest checkpoint and the snapshots of the head. */
  readonly #refs = new KnownRefs();
  readonly content: VerifiedContent = {
    blocks: 0,
    series: 0,
    chunks: 0,
    samples: 0,
    segments: 0,
    records: 0,
    headChunks: 0,
  };

  constructor(fileSystem: FileSystem, findings: Findings, advance: (bytes: number, path: string) => void) {
    this.#fileSystem = fileSystem;
    this.#findings = findings;
    this.#advance = advance;
  }

  block(path: string): void {
    const found = verifyBlock(this.#fileSystem, path, this.#findings, this.#advance);
    this.content.blocks++;
    this.content.series += found.series;
    this.content.chunks += found.chunks;
    this.content.samples += found.floatSamples + found.histogramSamples;
  }

  /** A data directory, whose entries are `entries`. */
  database(base: string, entries: readonly DirectoryEntry[]): void {
    const { chunksHead, headImage, queriesActive, snapshots, targetMetadata, wal, wbl } = dataDirectory(base);
    for (const { kind, name } of entries) if (kind === 'directory') this.#directory(`${base}/${name}`, name);
    if (this.#kindOf(wal) === 'directory') this.#writeAheadLog(wal);
    if (this.#kindOf(wbl) === 'directory') this.#log(wbl, 'wbl');
    if (this.#kindOf(chunksHead) === 'directory') {
      this.#findings.guard(chunksHead, () => {
        this.content.headChunks = verifyHeadChunks(this.#fileSystem, chunksHead, this.#findings, this.#advance);
      });
    }
    if (this.#kindOf(headImage) === 'file') {
      const check = () => verifyHeadImage(this.#fileSystem, headImage, wal, this.#findings, this.#advance);
      this.#findings.guard(headImage, check);
    }
    this.#smallFile(targetMetadata, verifyTargetMetadata);
    this.#smallFile(queriesActive, verifyActiveQueries);
    if (this.#kindOf(snapshots) === 'directory') this.#copies(snapshots);
    if (this.#refs.isFull) {
      this.#findings.note(wal, null, 'more series than can be kept in mind: refs were not checked');
    }
  }

  /** One whose name says what it is. */
  #directory(path: string, name: string): void {
    if (isUlid(name)) this.block(path);
    else if (SNAPSHOT.test(name)) this.#log(path, 'snapshot');
    else if (TEMPORARY.test(name)) {
      this.#findings.note(path, null, 'left by an interrupted step; the next start removes it');
    }
  }

  #writeAheadLog(wal: string): void {
    for (const [path, isNewest] of checkpoints(this.#fileSystem, wal, this.#findings)) {
      // What an older one defines is in the newest too.
      if (isNewest) this.#log(path, 'checkpoint');
      else verifyLog(this.#fileSystem, path, 'checkpoint', new KnownRefs(), this.#findings, this.#advance);
    }
    this.#log(wal, 'wal');
  }

  #log(path: string, kind: LogKind): void {
    const found = verifyLog(this.#fileSystem, path, kind, this.#refs, this.#findings, this.#advance);
    this.content.segments += found.segments;
    this.content.records += found.records;
  }

  #smallFile(path: string, verify: typeof verifyTargetMetadata): void {
    const found = this.#fileSystem.statSync(path);
    if (found?.kind !== 'file') return;
    this.#findings.guard(path, () => verify(this.#fileSystem, path, this.#findings));
    this.#advance(found.size, path);
  }

  #copies(snapshots: string): void {
    for (const [path, isFinished] of copies(this.#fileSystem, snapshots)) {
      if (!isFinished) {
        this.#findings.note(path, null, 'a copy that was never finished; the next start removes it');
        continue;
      }
      for (const { kind, name } of this.#fileSystem.readDirectorySync(path)) {
        if (kind === 'directory' && isUlid(name)) this.block(`${path}/${name}`);
      }
    }
  }

  #kindOf(path: string): DirectoryEntry['kind'] | undefined {
    return this.#fileSystem.statSync(path)?.kind;
  }
}

const TEMPORARY = /\.tmp(-for-creation|-for-deletion)?$/;
const SNAPSHOT = /^chunk_snapshot\.\d+\.\d+$/;
const CHECKPOINT = /^checkpoint\.(\d{8,15})$/;

/** Paths of the checkpoints, oldest first; the log must go on behind the newest, and begin with segment 0 where there is none. */
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
  if (Number.isFinite(firstSegment) && firstSegment > newest + 1) {
    const [where, reason] =
      newest < 0
        ? [wal, `the log begins at segment ${firstSegment} without a checkpoint; those before are missing`]
        : [path(newest), `the log goes on at segment ${firstSegment}; those between are missing`];
    findings.fault(where, null, reason);
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
