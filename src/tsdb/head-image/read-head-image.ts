import { isUtf8 } from '../../kernels/utf8-check.ts';
import type { SymbolTable } from '../../memory/symbol-table.ts';
import { type Labels, labelsFromPairs } from '../../model/labels.ts';
import { stringFromUtf8 } from '../../model/utf8.ts';
import type { FileHandle, FileSystem } from '../../std/file-system.ts';
import type { HeadChunkFile } from '../chunks-head/head-chunk-writer.ts';
import { DamagedFile } from '../damaged-file.ts';
import type { ExemplarRing } from '../head/exemplar-ring.ts';
import type { ImageTarget } from '../head/head-filling.ts';
import type { LabelIndex } from '../head/label-index.ts';
import type { SeriesDirectory } from '../head/series-directory.ts';
import type { HeadDeletions } from '../tombstones/head-deletions.ts';
import { FRAME, FrameReader, trailerOffset } from './image-frames.ts';
import { type LogPlace, whyNotFrom } from './log-place.ts';
import { MalformedPayload, PayloadReader } from './payload-reader.ts';
import { fitRow, restoreRows } from './restore-rows.ts';
import { readSeries } from './series-payload.ts';
import { BYTE_ORDER, IMAGE_VERSION } from './write-head-image.ts';

/** More rows than a head has memory for. */
const ROWS_MAX = 1 << 27;

const NO_ROWS = new Uint32Array(0);

/** An image that fits the log; what lies in files goes by `files`. */
export interface HeadImage {
  /** Where the log has what the image does not have. */
  readonly place: LogPlace;
  /** Files of sealed chunks, and up to where the image knows them; slots are of no use any more. */
  readonly files: ReadonlyMap<number, HeadChunkFile>;
  readonly nextRef: number;
  /** Numbers of the files that chunks of rows are in, by their places from 1 on. */
  readonly fileNumbers: readonly number[];
  /** Rows are below this, and so many of them have series. */
  readonly rows: number;
  readonly series: number;
  readonly file: FileHandle;
  /** Where the frames of symbols and pairs begin; those before have what they are needed for. */
  readonly tablesOffset: number;
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
  const { kind, payload } = new FrameReader(file).read(offset);
  if (kind !== FRAME.trailer) throw new DamagedFile(file.path, offset, `a frame of kind ${kind} is the last one`);
  return damagedAt(file, offset, () => {
    const from = new PayloadReader(payload);
    const version = from.uvarint();
    if (version !== IMAGE_VERSION) return `it has version ${version}, and ${IMAGE_VERSION} is known`;
    if (from.byte() !== BYTE_ORDER) return 'its numbers have another byte order';
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
    const fileNumbers: number[] = [];
    for (let left = from.count(from.left); left > 0; left--) fileNumbers.push(from.uvarint());
    const rows = from.count(ROWS_MAX);
    const series = from.count(rows);
    const tablesOffset = from.count(offset);
    return { place, files, nextRef, fileNumbers, rows, series, file, tablesOffset, trailerOffset: offset };
  });
}

/**
 * Puts what an image holds into a head that has nothing yet but chunks that wait for their series; yields after each frame.
 * Returns the number of series. Throws `DamagedFile`: the head is then of no use.
 */
export function* readHeadImage(image: HeadImage, parts: ImageTarget): Generator<void, number> {
  const { file, fileNumbers, tablesOffset, trailerOffset: end } = image;
  const { deletions, directory, exemplars, lateDeletions, memory, slots } = parts;
  const { refs } = directory;
  const frames = new FrameReader(file);
  yield* eachFrame(frames, file, tablesOffset, end, (kind, payload) => readTable(kind, payload, image, parts));

  const fileSlots = [undefined, ...fileNumbers.map((number) => slots.get(number))];
  const restoring = { ...parts, fileSlots, firstSealed: memory.sealed.addRun(0) };
  const old: Uint32Array[] = [];
  const others: number[] = [];
  yield* eachFrame(frames, file, 0, tablesOffset, (kind, payload, offset) => {
    // Rows first: where their columns lie in memory was known when they were written.
    if (kind !== FRAME.rows) others.push(offset);
    else old.push(restoreRows(payload, restoring) ?? NO_ROWS);
  });
  damagedAt(file, 0, () => {
    for (const rows of old) for (const row of rows) fitRow(row, restoring);
    for (const ref of parts.restored.refs()) if (refs.row(ref) >= 0) fitRow(refs.row(ref), restoring);
  });
  for (const offset of others) {
    yield* eachFrame(frames, file, offset, offset + 1, (kind, payload) => {
      const from = new PayloadReader(payload);
      if (kind === FRAME.series) while (from.left > 0) readSeries(from, parts);
      else if (kind === FRAME.otherRefs) readOtherRefs(from, directory);
      else if (kind === FRAME.deletions) readDeletions(from, deletions);
      else if (kind === FRAME.lateDeletions) readDeletions(from, lateDeletions);
      else if (kind === FRAME.exemplars) readExemplars(from, exemplars);
      else throw new MalformedPayload(`a frame of kind ${kind}`);
    });
  }
  const { seriesCreated: series } = directory.stats();
  if (series !== image.series) throw new DamagedFile(file.path, end, `it has ${series} series, not ${image.series}`);
  directory.reserveRef(image.nextRef - 1);
  return series;
}

/** The frames that begin at `begin` or behind it, before `end`. */
function* eachFrame(
  frames: FrameReader,
  file: FileHandle,
  begin: number,
  end: number,
  take: (kind: number, payload: Uint8Array, offset: number) => void,
): Generator<void, void> {
  for (let offset = begin; offset < end; ) {
    const frame = frames.read(offset);
    damagedAt(file, offset, () => take(frame.kind, frame.payload, offset));
    offset = frame.end;
    yield;
  }
}

function readTable(kind: number, payload: Uint8Array, image: HeadImage, { directory, memory }: ImageTarget): void {
  const { rows, series } = image;
  if (kind === FRAME.symbols) readSymbols(new PayloadReader(payload), memory.symbols);
  else if (kind === FRAME.pairs) readPairs(wordsOf(payload), directory.labelIndex, memory.symbols.count, rows);
  else if (kind === FRAME.live) {
    const live = wordsOf(payload);
    if (live.length !== (rows + 31) >>> 5) throw new MalformedPayload(`bits of ${live.length} words for ${rows} rows`);
    memory.series.takeRows(rows, series, live);
  } else if (kind === FRAME.lookup) {
    const words = wordsOf(payload);
    for (let at = 0; at < words.length; ) {
      const [part = -1, used = 0, size = 0] = words.subarray(at, at + 3);
      const slots = words.slice(at + 3, at + 3 + size);
      if (slots.length !== size || !directory.lookup.setPart(part, slots, used)) {
        throw new MalformedPayload(`the part ${part} of the table of label sets can not be used`);
      }
      at += 3 + size;
    }
  } else throw new MalformedPayload(`a frame of kind ${kind}`);
}

function wordsOf(payload: Uint8Array): Uint32Array {
  if (payload.length % 4 !== 0) throw new MalformedPayload(`${payload.length} bytes are no words`);
  return new Uint32Array(payload.buffer, payload.byteOffset, payload.length / 4);
}

/** Symbols get the numbers that they have in the image: the head has none yet. */
function readSymbols(from: PayloadReader, symbols: SymbolTable): void {
  while (from.left > 0) {
    const size = from.count(from.left);
    const start = from.skip(size);
    if (!isUtf8(from.bytes, start, start + size)) throw new MalformedPayload(`a text at byte ${start} is not UTF-8`);
    const { count } = symbols;
    if (symbols.addBytes(from.view, start, start + size) !== count) {
      throw new MalformedPayload(`the text at byte ${start} is there before`);
    }
  }
}

/** As `writeTables` draws them; that rows rise `verifyHeadImage` looks at. */
function readPairs(words: Uint32Array, labelIndex: LabelIndex, symbols: number, rowLimit: number): void {
  const pairs = words[0] ?? 0;
  let at = 2 + 3 * pairs;
  if (at + words[1]! !== words.length) throw new MalformedPayload('columns that do not fit');
  for (let pair = 0; pair < pairs; pair++) {
    const name = words[2 + pair]!;
    const value = words[2 + pairs + pair]!;
    const rows = words.subarray(at, at + words[2 + 2 * pairs + pair]!);
    const isSound = name > 0 && name < symbols && value > 0 && value < symbols && rows.at(-1)! < rowLimit;
    if (!isSound || !labelIndex.addPair(name, value, rows))
      throw new MalformedPayload(`the pair ${pair} can not be used`);
    at += rows.length;
  }
  if (at !== words.length) throw new MalformedPayload('pairs have fewer rows than it says');
}

function readOtherRefs(from: PayloadReader, directory: SeriesDirectory): void {
  while (from.left > 0) {
    const row = directory.refs.row(from.uvarint());
    for (let left = from.count(from.left); left > 0; left--) {
      const other = from.uvarint();
      if (row < 0 || !directory.addOtherRef(row, other)) throw new MalformedPayload(`the ref ${other} can not be used`);
    }
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
