import { crc32c } from '../../src/kernels/crc32c.ts';
import { writeUvarint, writeVarint } from '../../src/kernels/varint.ts';
import { XOR_STATE_DOUBLES, xorAppend, xorBegin, xorByteLength } from '../../src/kernels/xor-encode.ts';
import { compareLabels, type Labels } from '../../src/model/labels.ts';
import { compareUtf8, utf8FromString } from '../../src/model/utf8.ts';
import type { MemoryFiles } from '../../src/std/memory-files.ts';

export type BlockSample = readonly [time: number, value: number];

export interface BlockSeries {
  readonly labels: Labels;
  /** Rising times; a chunk for each list. */
  readonly chunks: readonly (readonly BlockSample[])[];
}

export interface BlockContent {
  readonly ulid: string;
  /** The index format: 1, 2 or 3. */
  readonly version: number;
  readonly minTime: number;
  readonly maxTime: number;
  readonly series: readonly BlockSeries[];
  /** Deleted times by place in `series`. */
  readonly deleted: readonly (readonly [series: number, minTime: number, maxTime: number])[];
  /** Fields of `compaction` in its meta.json; by default those of a block cut from the head. */
  readonly compaction?: object;
}

/** Writes a block after the format pages, by the plainest means. Returns where each series' entry is numbered. */
export function writeBlock(files: MemoryFiles, root: string, content: BlockContent): void {
  const directory = `${root}/${content.ulid}`;
  files.makeDirectorySync(`${directory}/chunks`);
  const order = [...content.series].sort((a, b) => compareLabels(a.labels, b.labels));
  const segment = new Writer().uint32(0x85bd40dd).bytes([1, 0, 0, 0]);
  const refs = order.map(({ chunks }) => chunks.map((samples) => addChunk(segment, samples)));
  put(files, `${directory}/chunks/000001`, segment.take());
  const { index, rows } = indexOf(order, refs, content.version);
  put(files, `${directory}/index`, index);
  const stones = new Writer();
  for (const [series, minTime, maxTime] of content.deleted) {
    stones.uvarint(rows[order.indexOf(content.series[series]!)]!).varint(minTime).varint(maxTime);
  }
  const body = stones.take();
  put(
    files,
    `${directory}/tombstones`,
    new Writer()
      .uint32(0x0130ba30)
      .bytes([1])
      .bytes(body)
      .uint32(crc32c(body, 0, body.length, 0))
      .take(),
  );
  const { compaction, maxTime, minTime, ulid } = content;
  const origin = { level: 1, sources: [ulid], ...compaction };
  const meta = { ulid, minTime, maxTime, stats: {}, compaction: origin, version: 1 };
  put(files, `${directory}/meta.json`, utf8FromString(JSON.stringify(meta)));
}

export interface HeadChunkContent {
  readonly series: number;
  readonly isOutOfOrder: boolean;
  readonly samples: readonly BlockSample[];
}

/** The bytes of a file of `chunks_head/`, which ends with zeros. */
export function headChunkFile(chunks: readonly HeadChunkContent[]): Uint8Array {
  const file = new Writer().uint32(0x0130bc91).bytes([1, 0, 0, 0]);
  for (const { isOutOfOrder, samples, series } of chunks) {
    const data = xorChunk(samples);
    const entry = new Writer().int64(series).int64(samples[0]![0]).int64(samples.at(-1)![0]);
    const bytes = entry
      .bytes([isOutOfOrder ? 0x81 : 1])
      .uvarint(data.length)
      .bytes(data)
      .take();
    file.bytes(bytes).uint32(crc32c(bytes, 0, bytes.length, 0));
  }
  return file.bytes(new Uint8Array(100)).take();
}

function addChunk(segment: Writer, samples: readonly BlockSample[]): number {
  const ref = segment.length;
  const data = xorChunk(samples);
  const checked = new Writer().bytes([1]).bytes(data).take();
  segment
    .uvarint(data.length)
    .bytes(checked)
    .uint32(crc32c(checked, 0, checked.length, 0));
  return ref;
}

function xorChunk(samples: readonly BlockSample[]): Uint8Array {
  const bytes = new Uint8Array(32 + 19 * samples.length);
  const doubles = new Float64Array(XOR_STATE_DOUBLES);
  const words = new Uint32Array(doubles.buffer);
  const value = new Float64Array(1);
  const bits = new Uint32Array(value.buffer);
  xorBegin(bytes, 0, words, 0);
  for (const [time, sample] of samples) {
    value[0] = sample;
    xorAppend(bytes, 0, doubles, words, 0, time, bits[0]!, bits[1]!);
  }
  bytes[0] = samples.length >>> 8;
  bytes[1] = samples.length & 0xff;
  return bytes.slice(0, xorByteLength(words, 0));
}

function indexOf(order: readonly BlockSeries[], refs: readonly number[][], version: number) {
  const out = new Writer().uint32(0xbaaad700).bytes([version]);
  const texts = [...new Set(['', ...order.flatMap(({ labels }) => labels.pairs)])].sort(compareUtf8);
  const symbolsAt = out.length;
  const symbols = new Map<string, number>();
  const symbolBytes = new Writer().uint32(texts.length);
  for (const [i, text] of texts.entries()) {
    symbols.set(text, version === 1 ? symbolsAt + 4 + symbolBytes.length : i);
    symbolBytes.text(text);
  }
  out.section(symbolBytes.take());
  const align = version === 1 ? 1 : 16;
  while (out.length % align !== 0) out.bytes([0]);
  const seriesAt = out.length;
  const rows: number[] = [];
  const postings = new Map<string, { name: string; value: string; rows: number[] }>();
  const enter = (name: string, value: string, row: number): void => {
    const key = `${name}\ud800${value}`;
    if (!postings.has(key)) postings.set(key, { name, value, rows: [] });
    postings.get(key)!.rows.push(row);
  };
  for (const [i, { chunks, labels }] of order.entries()) {
    while (out.length % align !== 0) out.bytes([0]);
    const row = out.length / align;
    rows.push(row);
    enter('', '', row);
    const entry = new Writer().uvarint(labels.size);
    for (let p = 0; p < labels.pairs.length; p += 2) {
      enter(labels.pairs[p]!, labels.pairs[p + 1]!, row);
      entry.uvarint(symbols.get(labels.pairs[p]!)!).uvarint(symbols.get(labels.pairs[p + 1]!)!);
    }
    entry.uvarint(chunks.length);
    for (const [c, samples] of chunks.entries()) {
      const first = samples[0]![0];
      const last = samples.at(-1)![0];
      if (c === 0)
        entry
          .varint(first)
          .uvarint(last - first)
          .uvarint(refs[i]![0]!);
      else {
        const before = chunks[c - 1]!.at(-1)![0];
        entry
          .uvarint(first - before)
          .uvarint(last - first)
          .varint(refs[i]![c]! - refs[i]![c - 1]!);
      }
    }
    const bytes = entry.take();
    out
      .uvarint(bytes.length)
      .bytes(bytes)
      .uint32(crc32c(bytes, 0, bytes.length, 0));
  }
  while (out.length % 4 !== 0) out.bytes([0]);
  const postingsAt = out.length;
  const sorted = [...postings.values()].sort((a, b) => compareUtf8(a.name, b.name) || compareUtf8(a.value, b.value));
  // The entries of version 1 are in no order.
  if (version === 1) sorted.reverse();
  const table = new Writer().uint32(sorted.length);
  for (const { name, rows: list, value } of sorted) {
    table.uvarint(2).text(name).text(value).uvarint(out.length);
    const body = new Writer().uint32(list.length);
    for (const row of list) body.uint32(row);
    out.section(body.take());
  }
  const tableAt = out.length;
  out.section(table.take());
  const toc = new Writer();
  for (const at of [symbolsAt, seriesAt, postingsAt, 0, postingsAt, tableAt]) toc.uint32(0).uint32(at);
  const tocBytes = toc.take();
  out.bytes(tocBytes).uint32(crc32c(tocBytes, 0, tocBytes.length, 0));
  return { index: out.take(), rows };
}

export function put(files: MemoryFiles, path: string, bytes: Uint8Array): void {
  const file = files.openSync(path, 'w');
  file.writeSync(bytes, 0, bytes.length, 0);
  file.closeSync();
}

class Writer {
  #bytes = new Uint8Array(1024);
  length = 0;

  bytes(bytes: ArrayLike<number>): this {
    this.#room(bytes.length);
    this.#bytes.set(bytes, this.length);
    this.length += bytes.length;
    return this;
  }

  uint32(value: number): this {
    return this.bytes([value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff]);
  }

  int64(value: number): this {
    return this.uint32(Math.floor(value / 2 ** 32) >>> 0).uint32(value >>> 0);
  }

  uvarint(value: number): this {
    this.#room(10);
    this.length = writeUvarint(this.#bytes, this.length, value);
    return this;
  }

  varint(value: number): this {
    this.#room(10);
    this.length = writeVarint(this.#bytes, this.length, value);
    return this;
  }

  text(text: string): this {
    const bytes = utf8FromString(text);
    return this.uvarint(bytes.length).bytes(bytes);
  }

  section(body: Uint8Array): this {
    return this.uint32(body.length)
      .bytes(body)
      .uint32(crc32c(body, 0, body.length, 0));
  }

  take(): Uint8Array {
    return this.#bytes.slice(0, this.length);
  }

  #room(count: number): void {
    if (this.length + count <= this.#bytes.length) return;
    const grown = new Uint8Array(2 * (this.length + count));
    grown.set(this.#bytes);
    this.#bytes = grown;
  }
}
