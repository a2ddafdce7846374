import { Annotation } from './annotation.ts';
import { annotateChunk, encodingName } from './chunks.ts';

const END_BYTES = 12;
const KINDS = ['none', 'symbols', 'series', 'deletions', 'exemplars', 'trailer'];

/** Narthex' image of the head. */
export function annotateHeadImage(bytes: Uint8Array): string[] {
  const file = new Annotation(bytes);
  const symbols: string[] = [''];
  while (file.left > END_BYTES) {
    file.title('');
    const kind = Number(file.uint(1, 'frame', (value) => `${value}, ${KINDS[Number(value)] ?? 'unknown'}`));
    const size = Number(file.uint(4, 'size of the payload'));
    file.field(4, 'CRC-32C of kind, size and payload');
    const end = file.at + size;
    file.nested(() => {
      if (kind === 1) while (file.at < end) symbols.push(file.text(`symbol ${symbols.length}`));
      else if (kind === 2) while (file.at < end) series(file, symbols);
      else if (kind === 3) deletions(file, end);
      else if (kind === 5) trailer(file);
      else file.field(size, 'payload');
    });
  }
  file.title('');
  file.float64('offset of the last frame');
  file.uint(4, 'magic number', (value) => `0x${value.toString(16)}`);
  return file.lines;
}

function series(file: Annotation, symbols: readonly string[]): void {
  const symbol = (id: bigint) => `symbol ${id}, ${JSON.stringify(symbols[Number(id)])}`;
  file.title('series');
  file.uvarint('ref');
  for (let left = file.uvarint('labels'); left > 0n; left--) {
    file.uvarint('name', symbol);
    file.uvarint('value', symbol);
  }
  const flags = Number(file.uint(1, 'flags', flagsText));
  if ((flags & 8) !== 0) for (let left = file.uvarint('other refs'); left > 0n; left--) file.uvarint('ref');
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
  const names = ['has samples', 'open floats', 'open histograms', 'other refs', 'as XOR2'];
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
}
