import { crc32c } from '../../kernels/crc32c.ts';
import type { IndexReader } from '../block/index-reader.ts';
import type { PagedFile } from '../block/paged-file.ts';
import { readUint32, SectionScan } from '../block/section-scan.ts';
import { type ChunkMetas, createChunkMetas } from '../block/series-entries.ts';
import { DamagedFile } from '../damaged-file.ts';
import type { Findings } from './findings.ts';
import { hashOfBytes, hashOfText, PairSums, type TextHash } from './label-pair-sums.ts';

/** Bytes of the magic number and the version, and of the table of contents with its checksum. */
const HEADER_BYTES = 5;
const TOC_BYTES = 52;

export interface SeriesVisitor {
  /** Each series whose entry is sound, in the order of the file. */
  series(row: number, offset: number, chunks: ChunkMetas): void;
}

/**
 * Checks an index that could be opened, which has compared the checksums of the table of contents, the symbols and the
 * table of postings already. Here: order and texts of the symbols; every series' checksum, labels, order and place;
 * every list of series; that the lists say what the series say; that no byte lies outside. Returns how many series
 * there are.
 *
 * Memory: 8 bytes a symbol, a bit for each 16 bytes of the index, and the longest list.
 */
export function verifyIndex(index: IndexReader, file: PagedFile, findings: Findings, visitor: SeriesVisitor): number {
  const check = new IndexCheck(index, file, findings);
  findings.guard(index.path, () => check.symbols());
  let count = 0;
  findings.guard(index.path, () => {
    count = check.series(visitor);
  });
  findings.guard(index.path, () => check.postings());
  findings.guard(index.path, () => check.otherSections());
  return count;
}

class IndexCheck {
  readonly #index: IndexReader;
  readonly #file: PagedFile;
  readonly #findings: Findings;
  readonly #path: string;
  /** Hashes of symbols by number, from version 2 on; of those met, by offset, in version 1. */
  #symbolHashes = new Uint32Array(0);
  readonly #hashesByOffset = new Map<number, TextHash>();
  /** Symbols are in order, so that their numbers compare as their texts do. */
  #isOrdered = true;
  /** Rows of the series that are sound, one bit each. */
  #rows = new Uint32Array(0);
  /** What the series say of each label name, by the number of its symbol. */
  readonly #bySeries = new Map<number, PairSums>();

  constructor(index: IndexReader, file: PagedFile, findings: Findings) {
    this.#index = index;
    this.#file = file;
    this.#findings = findings;
    this.#path = index.path;
  }

  /** In strictly rising byte order. */
  symbols(): void {
    const { toc, version } = this.#index;
    const scan = new SectionScan(this.#file, toc.symbols);
    if (version > 1) this.#symbolHashes = new Uint32Array(2 * scan.count);
    let last: Uint8Array = new Uint8Array(0);
    for (let i = 0; i < scan.count; i++) {
      const at = scan.position;
      const text = scan.sized();
      if (i > 0 && compareBytes(last, text) >= 0) {
        this.#isOrdered = false;
        this.#fault(at, `symbol ${i} is not behind the one before it`);
      }
      last = text.slice();
      if (version > 1) {
        const { high, low } = hashOfBytes(text);
        this.#symbolHashes[2 * i] = low;
        this.#symbolHashes[2 * i + 1] = high;
      }
    }
    if (scan.left > 0) this.#fault(scan.position, `${scan.left} bytes behind the last symbol`);
    this.#padding(HEADER_BYTES, toc.symbols, 'before the symbols');
    scan.finish();
  }

  /** The list of all series says where they are; they must fill their section and be in the order of their labels. */
  series(visitor: SeriesVisitor): number {
    const { rowLimit, series, table, toc, version } = this.#index;
    const scale = version === 1 ? 1 : 16;
    const listAt = table.find('', '');
    if (listAt < 0) throw new DamagedFile(this.#path, toc.postingsTable, 'there is no list of all series');
    const all = this.#index.postings(listAt, new Uint32Array(0)).slice();
    this.#rows = new Uint32Array(Math.ceil(rowLimit / 32));
    const metas = createChunkMetas();
    let labels: number[] = [];
    let before: number[] | null = null;
    let end = toc.series;
    let count = 0;
    for (const row of all) {
      const offset = row * scale;
      const isSound = this.#findings.guard(this.#path, () => {
        series.chunks(row, metas);
        labels = [];
        series.visitLabels(row, (name, value) => labels.push(name, value));
        this.#between(end, offset, scale);
        end = offset + series.loadedBytes;
        this.#labels(row, offset, labels);
        if (before !== null && this.#isOrdered && compareNumbers(before, labels) >= 0) {
          this.#fault(offset, `series ${row} is not behind the one before it`);
        }
        before = labels;
        this.#rows[row >>> 5]! |= 1 << (row & 31);
        visitor.series(row, offset, metas);
      });
      if (isSound) count++;
      // Where the entry ends is not known.
      else end = -1;
    }
    if (end >= 0) this.#between(end, sectionEnd(this.#index, this.#file.size, toc.series), Number.POSITIVE_INFINITY);
    return count;
  }

  /** Order of the table, each list, that the lists fill their section, and that they say what the series say. */
  postings(): void {
    const { symbols, table, toc, version } = this.#index;
    const scan = new SectionScan(this.#file, toc.postingsTable);
    const byLists = new Map<string, PairSums>();
    let lastName: Uint8Array | null = null;
    let lastValue: Uint8Array = new Uint8Array(0);
    let name = '';
    let sums = new PairSums();
    let listBytes = 0;
    let first = Number.POSITIVE_INFINITY;
    let rows: Uint32Array = new Uint32Array(0);
    let isWhole = true;
    for (let i = 0; i < scan.count; i++) {
      const at = scan.position;
      scan.uvarint();
      const nameBytes = scan.sized();
      const isSameName = lastName !== null && compareBytes(lastName, nameBytes) === 0;
      const isBehindName = lastName === null || compareBytes(lastName, nameBytes) <= 0;
      if (!isSameName) {
        lastName = nameBytes.slice();
        name = new TextDecoder('utf-8', { ignoreBOM: true }).decode(lastName);
        sums = byLists.get(name) ?? new PairSums();
        byLists.set(name, sums);
      }
      const value = scan.sized();
      if (version > 1 && (!isBehindName || (isSameName && compareBytes(lastValue, value) >= 0))) {
        this.#fault(at, `entry ${i} of the table of postings is not behind the one before it`);
      }
      lastValue = value.slice();
      const hash = hashOfBytes(lastValue);
      const offset = scan.uvarint();
      const isSound = this.#findings.guard(this.#path, () => {
        const list = this.#index.postings(offset, rows);
        if (list.buffer !== rows.buffer) rows = new Uint32Array(list.buffer);
        listBytes += 12 + 4 * list.length;
        first = Math.min(first, offset);
        for (let r = 0; r < list.length; r++) {
          const row = list[r]!;
          if (((this.#rows[row >>> 5]! >>> (row & 31)) & 1) === 0) {
            this.#fault(offset + 8 + 4 * r, `there is no sound series ${row}`);
          }
          if (name !== '') sums.add(hash, row);
        }
      });
      isWhole &&= isSound;
    }
    if (scan.left > 0) this.#fault(scan.position, `${scan.left} bytes behind the last entry of the table of postings`);
    scan.finish();
    const end = sectionEnd(this.#index, this.#file.size, toc.postings);
    if (isWhole && scan.count > 0) {
      // The lists are aligned, the section's place in the table of contents need not be.
      if (first - toc.postings < LIST_ALIGNMENT) this.#padding(toc.postings, first, 'before the lists of series');
      else this.#fault(toc.postings, `${first - toc.postings} bytes before the first list of series`);
      if (listBytes !== end - first) this.#fault(first, `lists of ${listBytes} bytes in a section of ${end - first}`);
    }
    for (const [symbol, sums] of this.#bySeries) {
      const text = symbols.text(symbol);
      const listed = byLists.get(text) ?? new PairSums();
      byLists.delete(text);
      if (isWhole && !sums.equals(listed)) this.#compareLists(text, symbol);
    }
    byLists.delete('');
    for (const text of byLists.keys()) {
      const at = table.find(text, '') >= 0 ? table.find(text, '') : toc.postingsTable;
      this.#fault(at, `no series has the label ${JSON.stringify(text)} that lists are there for`);
    }
  }

  /** Lists of label values, which only older writers have; the version; the space between the sections. */
  otherSections(): void {
    const { toc, version } = this.#index;
    const tocStart = this.#file.size - TOC_BYTES;
    const known = this.#file.view(4, 1)[0]!;
    if (known !== version) this.#findings.note(this.#path, 4, `the version is ${version}, not ${known} as it says`);
    if (toc.labelIndices > 0) {
      const end = sectionEnd(this.#index, this.#file.size, toc.labelIndices);
      if (toc.labelIndices !== toc.postings) this.#sections(toc.labelIndices, end, 'a list of label values');
    }
    if (toc.labelOffsetTable > 0 && toc.labelOffsetTable !== toc.postingsTable) {
      const end = sectionEnd(this.#index, this.#file.size, toc.labelOffsetTable);
      this.#sections(toc.labelOffsetTable, end, 'the table of label values');
    }
    const tableEnd = toc.postingsTable + 8 + readUint32(this.#file.view(toc.postingsTable, 4), 0);
    this.#padding(tableEnd, tocStart, 'before the table of contents');
  }

  #labels(row: number, offset: number, labels: readonly number[]): void {
    for (let i = 0; i < labels.length; i += 2) {
      const name = labels[i]!;
      const hash = this.#hashOf(labels[i + 1]!, offset);
      this.#hashOf(name, offset);
      if (i > 0 && this.#isOrdered && labels[i - 2]! >= name) {
        this.#fault(offset, `the labels of series ${row} are out of order`);
      }
      let sums = this.#bySeries.get(name);
      if (sums === undefined) {
        sums = new PairSums();
        this.#bySeries.set(name, sums);
      }
      sums.add(hash, row);
    }
  }

  /** Throws `DamagedFile` where there is no such symbol. */
  #hashOf(symbol: number, offset: number): TextHash {
    if (this.#index.version > 1) {
      if (symbol >= this.#symbolHashes.length / 2) {
        throw new DamagedFile(this.#path, offset, `there is no symbol ${symbol}`);
      }
      return { low: this.#symbolHashes[2 * symbol]!, high: this.#symbolHashes[2 * symbol + 1]! };
    }
    let hash = this.#hashesByOffset.get(symbol);
    if (hash === undefined) {
      hash = hashOfText(this.#index.symbols.text(symbol));
      this.#hashesByOffset.set(symbol, hash);
    }
    return hash;
  }

  /** The lists of a label name differ from the series: where. */
  #compareLists(name: string, symbol: number): void {
    const { series, symbols, table, toc } = this.#index;
    const before = this.#findings.faults;
    table.visitValues(name, (value, offset) => {
      const wanted = symbols.find(value);
      for (const [i, row] of this.#index.postings(offset, new Uint32Array(0)).entries()) {
        if (series.valueOf(row, symbol) !== wanted) {
          this.#fault(offset + 8 + 4 * i, `series ${row} does not have ${name}=${JSON.stringify(value)}`);
        }
      }
      return true;
    });
    if (this.#findings.faults === before) {
      this.#fault(toc.postingsTable, `series with the label ${JSON.stringify(name)} are missing in its lists`);
    }
  }

  /** Between two series: zeros, fewer than a series takes. */
  #between(from: number, to: number, scale: number): void {
    if (from < 0 || from === to) return;
    if (from > to) this.#fault(to, 'a series begins inside another');
    else if (to - from >= scale) this.#fault(from, `${to - from} bytes that belong to no series`);
    else this.#padding(from, to, 'between series');
  }

  #sections(from: number, to: number, what: string): void {
    let at = from;
    while (to - at >= 4) {
      const length = readUint32(this.#file.view(at, 4), 0);
      if (at + 8 + length > to) throw new DamagedFile(this.#path, at, `${what} of ${length} bytes does not fit`);
      const body = this.#file.view(at + 4, length + 4);
      if (crc32c(body, 0, length, 0) !== readUint32(body, length)) this.#fault(at, `the checksum of ${what} differs`);
      const end = at + 8 + length;
      at = Math.min(to, Math.ceil(end / 4) * 4);
      this.#padding(end, at, `behind ${what}`);
    }
    this.#padding(at, to, `behind ${what}`);
  }

  #padding(from: number, to: number, where: string): void {
    for (let at = from; at < to; at += PADDING_READ_BYTES) {
      const bytes = this.#file.view(at, Math.min(PADDING_READ_BYTES, to - at));
      const found = bytes.findIndex((byte) => byte !== 0);
      if (found < 0) continue;
      this.#fault(at + found, `a byte that is not zero ${where}`);
      return;
    }
  }

  #fault(offset: number, reason: string): void {
    this.#findings.fault(this.#path, offset, reason);
  }
}

const LIST_ALIGNMENT = 4;
const PADDING_READ_BYTES = 4096;

/** Where the next section begins behind the one at `start`, or the table of contents. */
function sectionEnd({ toc }: IndexReader, size: number, start: number): number {
  let end = size - TOC_BYTES;
  for (const offset of Object.values(toc)) if (offset > start && offset < end) end = offset;
  return end;
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
  return a.length - b.length;
}

/** As label sets compare: pair by pair, a prefix first. */
function compareNumbers(a: readonly number[], b: readonly number[]): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
  return a.length - b.length;
}
