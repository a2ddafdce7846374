import { Annotation } from './annotation.ts';
import { annotateChunk, encodingName } from './chunks.ts';

const END_BYTES = 12;
const KINDS = [
  'none',
  'symbols',
  'series',
  'deletions',
  'exemplars',
  'trailer',
  'late deletions',
  'rows',
  'pairs',
  'other refs',
  'lookup',
  'live',
];

/** Narthex' image of the head, as a little-endian machine writes it. */
export function annotateHeadImage(bytes: Uint8Array): string[] {
  const file = new Annotation(bytes);
  let symbols = 0;
  while (file.left > END_BYTES) {
    file.title('');
    const kind = Number(file.uint(1, 'frame', (value) => `${value}, ${KINDS[Number(value)] ?? 'unknown'}`));
    const size = Number(file.uint(4, 'size of the payload'));
    file.field(4, 'CRC-32 of kind, size and payload');
    const end = file.at + size;
    file.nested(() => {
      if (kind === 1) while (file.at < end) file.text(`symbol ${++symbols}`);
      else if (kind === 2) while (file.at < end) series(file);
      else if (kind === 3 || kind === 6) deletions(file, end);
      else if (kind === 5) trailer(file);
      else if (kind === 7) rows(file);
      else if (kind === 8) pairs(file);
      else if (kind === 9) otherRefs(file, end);
      else if (kind === 10) while (file.at < end) lookup(file);
      else if (kind === 11) while (file.at < end) file.littleUint(4, 'a bit for each row', (bits) => bits.toString(2));
      else file.field(size, 'payload');
    });
  }
  file.title('');
  file.float64('offset of the last frame');
  file.uint(4, 'magic number', (value) => `0x${value.toString(16)}`);
  return file.lines;
}

function rows(file: Annotation): void {
  const word = (name: string) => Number(file.littleUint(4, name));
  const rowCount = word('rows');
  const sealed = word('sealed chunks');
  const units = word('units of open chunks');
  const words = word('words of labels');
  const runs = word('runs');
  word('open chunks');
  word('XOR2 ones among them');
  const firstSealed = word('first sealed chunk');
  word('first unit');
  const firstLabel = word('first word of labels');
  file.littleFloat64('oldest time');
  file.littleFloat64('newest time');
  file.field(8, 'nothing');
  const open: { size: number; count: number; used: number; encoding: number }[] = [];
  for (let row = 0; row < rowCount; row++) {
    file.title('row');
    file.nested(() => open.push(...rowRecord(file)));
  }
  for (let i = 0; i < sealed; i++) {
    file.title(`sealed chunk ${firstSealed + i}`);
    file.nested(() => sealedRecord(file));
  }
  const chunksAt = file.at;
  for (const { count, encoding, size, used } of open) {
    file.title('open chunk');
    openChunk(file, encoding, count, used);
    if (16 * size > used) file.field(16 * size - used, 'room for more');
  }
  if (file.at !== chunksAt + 16 * units)
    throw new Error(`open chunks of ${file.at - chunksAt} bytes, not ${16 * units}`);
  for (let i = 0; i < runs; i++) {
    file.title('run');
    file.littleFloat64('first ref');
    word('first row');
    word('rows');
  }
  for (let at = 0; at < words; ) {
    file.title(`labels at word ${firstLabel + at}`);
    const pairCount = word('labels');
    for (let i = 0; i < pairCount; i++) file.field(8, `symbols of name and value: ${pairText(file)}`);
    at += 1 + 2 * pairCount;
  }
}

function pairText({ at, bytes }: Annotation): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  return `${view.getUint32(at, true)}, ${view.getUint32(at + 4, true)}`;
}

/** Gives the open chunk that the row has, if any. */
function rowRecord(file: Annotation): { size: number; count: number; used: number; encoding: number }[] {
  file.littleFloat64('last time');
  file.littleFloat64('time before it');
  file.field(8, 'bits of the last value, lower half first');
  const cursor = Number(file.littleUint(4, 'write position in bits, and window', (value) => `0x${value.toString(16)}`));
  const count = Number(file.littleUint(4, 'samples'));
  file.littleFloat64('ref');
  file.littleFloat64('next cut');
  file.littleUint(4, 'open chunk, in units from the beginning of memory');
  const size = Number(file.littleUint(4, 'its size in units; 256 more: XOR2'));
  file.littleUint(4, 'newest sealed chunk');
  file.littleUint(4, 'labels, in words');
  const used = ((cursor & 0xffff) + 7) >>> 3;
  return size === 0 ? [] : [{ size: size & 0xff, count, used, encoding: size < 256 ? 1 : 4 }];
}

function sealedRecord(file: Annotation): void {
  file.littleFloat64('first time');
  file.littleFloat64('last time');
  file.littleUint(4, 'offset in the file');
  file.littleUint(2, 'bytes, lower part');
  file.littleUint(2, 'samples');
  file.littleUint(4, 'next older chunk');
  file.littleUint(1, 'encoding', encodingName);
  file.littleUint(1, 'bytes, upper part');
  file.littleUint(2, 'place of the file in the trailer');
}

function pairs(file: Annotation): void {
  const count = Number(file.littleUint(4, 'pairs'));
  const rowCount = Number(file.littleUint(4, 'rows of all pairs'));
  for (const column of ['symbol of the name', 'symbol of the value', 'rows that have it']) {
    for (let i = 0; i < count; i++) file.littleUint(4, `pair ${i}, ${column}`);
  }
  for (let i = 0; i < rowCount; i++) file.littleUint(4, 'row');
}

function lookup(file: Annotation): void {
  file.littleUint(4, 'part of the table');
  file.littleUint(4, 'entries');
  const words = Number(file.littleUint(4, 'words of its slots'));
  for (let i = 0; i < words; i += 2) {
    const row = new DataView(file.bytes.buffer, file.bytes.byteOffset).getUint32(file.at + 4, true);
    file.field(8, row === 0 ? 'free' : `hash of labels, and 1 + row ${row - 1}`);
  }
}

function otherRefs(file: Annotation, end: number): void {
  while (file.at < end) {
    file.uvarint('ref');
    for (let left = file.uvarint('other refs of its row'); left > 0n; left--) file.uvarint('ref');
  }
}

function series(file: Annotation): void {
  file.title('series');
  file.uvarint('row');
  file.uvarint('ref');
  for (let left = file.uvarint('labels'); left > 0n; left--) {
    file.uvarint('symbol of the name');
    file.uvarint('symbol of the value');
  }
  const flags = Number(file.uint(1, 'flags', flagsText));
  if ((flags & 1) !== 0) {
    file.varint('last time');
    file.field(8, 'bits of the last value, lower half first');
  }
  for (let left = file.uvarint('sealed chunks'); left > 0n; left--) sealedChunk(file);
  if ((flags & 2) !== 0) {
    file.float64('time before the last one');
    file.field(4, "the encoder's place and window");
    const count = Number(file.uvarint('samples'));
    file.varint('next cut');
    openChunk(file, (flags & 16) === 0 ? 1 : 4, count, Number(file.uvarint('size')));
  }
  if ((flags & 4) !== 0) {
    const encoding = Number(file.uint(1, 'encoding', encodingName));
    file.uint(1, 'its end was predicted');
    file.uint(1, 'counter reset');
    file.varint('first time');
    const count = Number(file.uvarint('samples'));
    file.varint('next cut');
    openChunk(file, encoding, count, Number(file.uvarint('size')));
  }
}

function flagsText(flags: bigint): string {
  const names = ['has samples', 'open floats', 'open histograms', '8', 'as XOR2'];
  return names.filter((_, i) => (flags >> BigInt(i)) & 1n).join(', ') || 'none';
}

function sealedChunk(file: Annotation): void {
  const first = file.varint('first time');
  file.uvarint('last time', (duration) => `${duration} after, ${first + duration}`);
  const encoding = Number(file.uint(1, 'encoding', encodingName));
  file.uvarint('samples');
  const size = Number(file.uvarint('size'));
  if (file.uvarint('file, 0: none') > 0n) file.uvarint('offset in the file');
  else file.nested(() => annotateChunk(file, encoding, size));
}

/** The count at the beginning of an open chunk is the head's to write; samples are as many as was said before. */
function openChunk(file: Annotation, encoding: number, count: number, size: number): void {
  const word = (file.bytes[file.at]! << 8) | file.bytes[file.at + 1]!;
  file.nested(() => {
    if ((word & 0x3fff) === count) annotateChunk(file, encoding, size);
    else file.field(size, 'the chunk');
  });
}

function deletions(file: Annotation, end: number): void {
  while (file.at < end) {
    file.uvarint('ref');
    for (let left = file.uvarint('intervals'); left > 0n; left--) {
      file.varint('deleted from');
      file.varint('deleted to');
    }
  }
}

function trailer(file: Annotation): void {
  file.uvarint('version');
  file.uint(1, 'byte order, 1: little-endian');
  file.uvarint('chunk range, ms');
  file.uvarint('segment of the log');
  file.uvarint('offset in it');
  file.uvarint('checksum of what lies before');
  file.uvarint('next ref');
  for (let left = file.uvarint('files of chunks_head'); left > 0n; left--) {
    file.uvarint('number');
    file.uvarint('bytes');
    file.uint(1, 'has chunks in order');
    file.varint('their newest last time');
    file.uvarint('chunks out of order');
  }
  for (let left = file.uvarint('files that chunks of rows are in'); left > 0n; left--) file.uvarint('number');
  file.uvarint('rows, free ones included');
  file.uvarint('series');
  file.uvarint('where the tables begin');
}
