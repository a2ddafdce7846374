import { crc32c } from '../../kernels/crc32c.ts';
import type { FileSystem } from '../../std/file-system.ts';
import { runInTurns } from '../../std/turns.ts';
import { DamagedFile } from '../damaged-file.ts';
import { IndexSymbols } from './index-symbols.ts';
import { type PageCache, PagedFile } from './paged-file.ts';
import { PostingsTable } from './postings-table.ts';
import { readUint32 } from './section-scan.ts';
import { SeriesEntries } from './series-entries.ts';

const INDEX_MAGIC = 0xbaaad700;
const HEADER_BYTES = 5;
const TOC_BYTES = 52;

/** Where the sections begin; 0 where there is none. */
export interface IndexToc {
  readonly symbols: number;
  readonly series: number;
  readonly labelIndices: number;
  readonly labelOffsetTable: number;
  readonly postings: number;
  readonly postingsTable: number;
}

/**
 * The index of a block, versions 1 to 3 (docs/formats/index.md). Opening reads the two tables once and keeps samples of
 * them; everything else is read at its place through the page cache, and every section's checksum is compared when it
 * is looked at. Rows are numbers of series entries: `offset / 16`, in version 1 the offset itself; they rise in the
 * order of the labels.
 */
export class IndexReader {
  readonly path: string;
  readonly version: number;
  readonly toc: IndexToc;
  readonly symbols: IndexSymbols;
  readonly table: PostingsTable;
  readonly series: SeriesEntries;
  /** Every row is below. */
  readonly rowLimit: number;
  readonly #file: PagedFile;

  /**
   * `version` stands for what the file says of its own, where that is known to be wrong. Throws `DamagedFile`, and
   * `FileSystemError` where the file can not be read.
   */
  static open(fileSystem: FileSystem, path: string, cache: PageCache, version: number | null = null): IndexReader {
    return runInTurns(IndexReader.openInSteps(fileSystem, path, cache, version), null);
  }

  /** As `open`, in steps of about a millisecond: an index of a million label values takes half a second. */
  static *openInSteps(
    fileSystem: FileSystem,
    path: string,
    cache: PageCache,
    version: number | null = null,
  ): Generator<undefined, IndexReader> {
    const file = new PagedFile(fileSystem.openSync(path, 'r'), cache);
    let isOpen = false;
    try {
      const own = ownVersion(file);
      const used = version ?? own;
      if (used < 1 || used > 3) throw new DamagedFile(path, 4, `index version ${used} is not known`);
      const toc = readToc(file);
      yield;
      const symbols = yield* IndexSymbols.open(file, toc.symbols, used);
      const table = yield* PostingsTable.open(file, toc.postingsTable, used);
      const reader = new IndexReader(file, used, toc, symbols, table);
      isOpen = true;
      return reader;
    } finally {
      if (!isOpen) file.closeSync();
    }
  }

  private constructor(file: PagedFile, version: number, toc: IndexToc, symbols: IndexSymbols, table: PostingsTable) {
    this.#file = file;
    this.path = file.path;
    this.version = version;
    this.toc = toc;
    this.symbols = symbols;
    this.table = table;
    const end = seriesEnd(toc, file.size);
    const scale = version === 1 ? 1 : 16;
    this.rowLimit = Math.ceil(end / scale);
    if (this.rowLimit > 2 ** 32) throw new DamagedFile(file.path, toc.series, 'the series section is too large');
    this.series = new SeriesEntries(file, symbols, scale);
  }

  get bytes(): number {
    return this.#file.size;
  }

  /** What stays in memory for this index, apart from its pages in the shared cache. */
  get residentBytes(): number {
    return this.symbols.residentBytes + this.table.residentBytes;
  }

  /** How many series the list at `offset` (from the table) has. */
  postingsCount(offset: number): number {
    return readUint32(this.#file.view(offset, 8), 4);
  }

  /** The last row of the list at `offset`, without the others and their checksum; -1 where it is empty. */
  lastPosting(offset: number): number {
    const count = this.postingsCount(offset);
    return count === 0 ? -1 : readUint32(this.#file.view(offset + 4 + 4 * count, 4), 0);
  }

  /**
   * The list of rows at `offset`, written to the front of `into` if it has room, else to an array of its own. Returns
   * exactly the rows.
   */
  postings(offset: number, into: Uint32Array): Uint32Array {
    const head = this.#file.view(offset, 8);
    const length = readUint32(head, 0);
    const count = readUint32(head, 4);
    if (length !== 4 + 4 * count || offset + 8 + length > this.#file.size) {
      throw new DamagedFile(this.path, offset, `a list of ${count} series in ${length} bytes`);
    }
    const bytes = this.#file.view(offset + 4, length + 4);
    if (crc32c(bytes, 0, length, 0) !== readUint32(bytes, length)) {
      throw new DamagedFile(this.path, offset, 'the checksum of a list of series differs');
    }
    const rows = into.length >= count ? into : new Uint32Array(Math.max(count, 1024));
    let last = -1;
    for (let i = 0; i < count; i++) {
      const row = readUint32(bytes, 4 + 4 * i);
      if (row <= last || row >= this.rowLimit) {
        throw new DamagedFile(this.path, offset + 8 + 4 * i, `series ${row} is out of order or out of range`);
      }
      rows[i] = row;
      last = row;
    }
    return rows.subarray(0, count);
  }

  closeSync(): void {
    this.#file.closeSync();
  }
}

/** The version that the header tells. */
function ownVersion(file: PagedFile): number {
  if (file.size < HEADER_BYTES + TOC_BYTES) {
    throw new DamagedFile(file.path, 0, `${file.size} bytes are too few for an index`);
  }
  const header = file.view(0, HEADER_BYTES);
  if (readUint32(header, 0) !== INDEX_MAGIC) throw new DamagedFile(file.path, 0, 'the magic number differs');
  return header[4]!;
}

function readToc(file: PagedFile): IndexToc {
  const start = file.size - TOC_BYTES;
  const bytes = file.view(start, TOC_BYTES);
  if (crc32c(bytes, 0, TOC_BYTES - 4, 0) !== readUint32(bytes, TOC_BYTES - 4)) {
    throw new DamagedFile(file.path, start, 'the checksum of the table of contents differs');
  }
  const offset = (at: number): number => {
    const value = readUint32(bytes, at) * 2 ** 32 + readUint32(bytes, at + 4);
    if (value > start) throw new DamagedFile(file.path, start + at, `a section at ${value} is beyond the file`);
    return value;
  };
  return {
    symbols: offset(0),
    series: offset(8),
    labelIndices: offset(16),
    labelOffsetTable: offset(24),
    postings: offset(32),
    postingsTable: offset(40),
  };
}

/** The series section ends where the next one begins. */
function seriesEnd(toc: IndexToc, size: number): number {
  let end = size;
  for (const offset of Object.values(toc)) if (offset > toc.series && offset < end) end = offset;
  return end;
}
