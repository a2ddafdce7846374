import { isUtf8 } from '../../kernels/utf8-check.ts';
import { type Labels, labelsFromPairs } from '../../model/labels.ts';
import { stringFromUtf8 } from '../../model/utf8.ts';
import type { FileHandle, FileSystem } from '../../std/file-system.ts';
import { DamagedFile } from '../block/damaged-file.ts';
import type { HeadChunkFile } from '../chunks-head/head-chunk-writer.ts';
import type { ExemplarRing } from '../head/exemplar-ring.ts';
import type { HeadDeletions } from '../tombstones/head-deletions.ts';
import { FRAME, readFrame, trailerOffset } from './image-frames.ts';
import { type LogPlace, whyNotFrom } from './log-place.ts';
import { MalformedPayload, PayloadReader } from './payload-reader.ts';
import { readSeries, type SeriesRestoring } from './series-payload.ts';
import { IMAGE_VERSION } from './write-head-image.ts';

/** An image that fits the log; what lies in files goes by `files`. */
export interface HeadImage {
  /** Where the log has what the image does not have. */
  readonly place: LogPlace;
  /** Files of sealed chunks, and up to where the image knows them; slots are of no use any more. */
  readonly files: ReadonlyMap<number, HeadChunkFile>;
  readonly nextRef: number;
  readonly file: FileHandle;
  readonly trailerOffset: number;
}

/**
 * Opens the image of a directory where there is one that the log goes on from. Otherwise a text tells why not. Throws
 * `FileSystemError`; `closeSync` of its file is the caller's.
 */
export function openHeadImage(
  fileSystem: FileSystem,
  path: string,
  walDirectory: string,
  chunkRangeMs: number,
): HeadImage | string | null {
  if (fileSystem.statSync(path) === null) return null;
  const file = fileSystem.openSync(path, 'r');
  let image: HeadImage | string = '';
  try {
    image = openTrailer(file, chunkRangeMs);
    if (typeof image !== 'string') image = whyNotFrom(fileSystem, walDirectory, image.place) ?? image;
  } catch (error) {
    if (!(error instanceof DamagedFile)) throw error;
    image = error.message;
  } finally {
    if (typeof image === 'string') file.closeSync();
  }
  return image;
}

function openTrailer(file: FileHandle, chunkRangeMs: number): HeadImage | string {
  const offset = trailerOffset(file);
  const { kind, payload } = readFrame(file, offset);
  if (kind !== FRAME.trailer) throw new DamagedFile(file.path, offset, `a frame of kind ${kind} is the last one`);
  return damagedAt(file, offset, () => {
    const from = new PayloadReader(payload);
    const version = from.uvarint();
    if (version !== IMAGE_VERSION) return `it has version ${version}, and ${IMAGE_VERSION} is known`;
    if (from.uvarint() !== chunkRangeMs) return 'its chunks are cut at other times';
    const place = { segment: from.uvarint(), offset: from.uvarint(), checksum: from.uvarint() };
    const nextRef = from.uvarint();
    const files = new Map<number, HeadChunkFile>();
    for (let left = from.count(from.left); left > 0; left--) {
      const number = from.uvarint();
      const bytes = from.uvarint();
      const hasChunks = from.byte() === 1;
      const lastTime = from.varint();
      const outOfOrder = from.uvarint();
      files.set(number, { number, slot: 0, bytes, lastTime: hasChunks ? lastTime : -Infinity, outOfOrder });
    }
    return { place, files, nextRef, file, trailerOffset: offset };
  });
}

export interface ImageRestoring extends Omit<SeriesRestoring, 'symbols'> {
  readonly exemplars: ExemplarRing;
  readonly deletions: HeadDeletions;
  readonly lateDeletions: HeadDeletions;
}

/**
 * Puts what an image holds into a head that has nothing yet; yields after each frame. Returns the number of series.
 * Throws `DamagedFile`: the head is then of no use.
 */
export function* readHeadImage(image: HeadImage, parts: ImageRestoring): Generator<void, number> {
  const { file } = image;
  const symbols = [0];
  const restoring = { ...parts, symbols };
  let series = 0;
  for (let offset = 0; offset < image.trailerOffset; ) {
    const { kind, payload, end } = readFrame(file, offset);
    const from = new PayloadReader(payload);
    damagedAt(file, offset, () => {
      if (kind === FRAME.symbols) readSymbols(from, symbols, restoring);
      else if (kind === FRAME.series) for (; from.left > 0; series++) readSeries(from, restoring);
      else if (kind === FRAME.deletions) readDeletions(from, parts.deletions);
      else if (kind === FRAME.lateDeletions) readDeletions(from, parts.lateDeletions);
      else if (kind === FRAME.exemplars) readExemplars(from, parts.exemplars);
      else throw new MalformedPayload(`a frame of kind ${kind}`);
    });
    offset = end;
    yield;
  }
  parts.directory.reserveRef(image.nextRef - 1);
  return series;
}

function readSymbols(from: PayloadReader, symbols: number[], { memory }: SeriesRestoring): void {
  while (from.left > 0) {
    const size = from.count(from.left);
    const start = from.skip(size);
    if (!isUtf8(from.bytes, start, start + size)) throw new MalformedPayload(`a text at byte ${start} is not UTF-8`);
    symbols.push(memory.symbols.addBytes(from.view, start, start + size));
  }
}

function readDeletions(from: PayloadReader, deletions: HeadDeletions): void {
  while (from.left > 0) {
    const ref = from.uvarint();
    for (let left = from.count(from.left); left > 0; left--) deletions.add(ref, from.varint(), from.varint());
  }
}

function readExemplars(from: PayloadReader, exemplars: ExemplarRing): void {
  while (from.left > 0) {
    const series = readLabels(from);
    exemplars.add(series, { labels: readLabels(from), time: from.varint(), value: from.float64() });
  }
}

function readLabels(from: PayloadReader): Labels {
  const pairs: string[] = [];
  for (let left = 2 * from.count(from.left); left > 0; left--) {
    const size = from.count(from.left);
    const start = from.skip(size);
    if (!isUtf8(from.bytes, start, start + size)) throw new MalformedPayload(`a text at byte ${start} is not UTF-8`);
    pairs.push(stringFromUtf8(from.bytes.subarray(start, start + size)));
  }
  return labelsFromPairs(pairs);
}

function damagedAt<T>(file: FileHandle, offset: number, body: () => T): T {
  try {
    return body();
  } catch (error) {
    if (error instanceof MalformedPayload) throw new DamagedFile(file.path, offset, error.message);
    throw error;
  }
}
