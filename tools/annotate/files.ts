import { Annotation } from './annotation.ts';
import { annotateChunk, encodingName } from './chunks.ts';

const hex = (value: bigint) => `0x${value.toString(16).padStart(8, '0')}`;

/** A file of a block's `chunks/`. */
export function annotateSegment(bytes: Uint8Array): string[] {
  const file = new Annotation(bytes);
  file.uint(4, 'magic number', hex);
  file.uint(1, 'version');
  file.field(3, 'padding');
  while (file.left > 0) {
    file.title('');
    file.title('chunk');
    file.nested(() => {
      const length = Number(file.uvarint('length of the data'));
      const from = file.at;
      const encoding = file.uint(1, 'encoding', encodingName);
      annotateChunk(file, Number(encoding), length);
      file.checksum(from);
    });
  }
  return file.lines;
}

/** A file of `chunks_head/`. */
export function annotateHeadChunks(bytes: Uint8Array): string[] {
  const file = new Annotation(bytes);
  file.uint(4, 'magic number', hex);
  file.uint(1, 'version');
  file.field(3, 'padding');
  while (file.left > 0) {
    if (bytes.subarray(file.at).every((byte) => byte === 0)) {
      file.title('');
      file.field(file.left, 'room that was not used');
      break;
    }
    file.title('');
    file.title('chunk');
    file.nested(() => {
      const from = file.at;
      file.uint(8, 'series');
      file.int64('first time');
      file.int64('last time');
      const encoding = file.uint(1, 'encoding', (value) => {
        return `${encodingName(value & 0x7fn)}${value >= 128n ? ', out of order' : ''}`;
      });
      const length = Number(file.uvarint('length of the data'));
      annotateChunk(file, Number(encoding & 0x7fn), length);
      file.checksum(from);
    });
  }
  return file.lines;
}

/** A block's `tombstones`. */
export function annotateTombstones(bytes: Uint8Array): string[] {
  const file = new Annotation(bytes);
  file.uint(4, 'magic number', hex);
  file.uint(1, 'version');
  const from = file.at;
  while (file.left > 4) {
    file.uvarint('series');
    file.varint('deleted from');
    file.varint('deleted to');
  }
  file.checksum(from);
  return file.lines;
}

/** A block's `index`, versions 2 and 3. */
export function annotateIndex(bytes: Uint8Array): string[] {
  const file = new Annotation(bytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const tocAt = bytes.length - 52;
  const [symbolsAt, seriesAt, , , postingsAt, tableAt] = Array.from({ length: 6 }, (_, i) =>
    Number(view.getBigUint64(tocAt + 8 * i)),
  );
  file.uint(4, 'magic number', hex);
  file.uint(1, 'version');
  assertAt(file, symbolsAt!, 'the symbols');
  file.title('');
  file.title('symbols');
  const symbols: string[] = [];
  section(file, (count) => {
    for (let i = 0; i < count; i++) symbols.push(file.text(`symbol ${i}`));
  });
  file.title('');
  file.title('series');
  assertAt(file, seriesAt!, 'the series');
  const end = postingsAt!;
  while (file.at < end) {
    file.padding(16);
    if (file.at >= end || bytes[file.at] === 0) break;
    file.nested(() => series(file, symbols));
  }
  if (file.at < end) file.field(end - file.at, 'padding');
  file.title('');
  file.title('lists of series');
  file.padding(4);
  while (file.at < tableAt!) {
    file.nested(() => {
      section(file, (count) => {
        for (let i = 0; i < count; i++) file.uint(4, 'series', (row) => `${row}, at ${Number(row) * 16}`);
      });
    });
  }
  file.title('');
  file.title('table of lists');
  section(file, (count) => {
    for (let i = 0; i < count; i++) {
      file.uvarint('keys');
      file.text('name');
      file.text('value');
      file.uvarint('its list is at');
    }
  });
  file.title('');
  file.title('table of contents');
  const from = file.at;
  for (const name of [
    'symbols',
    'series',
    'label values',
    'table of label values',
    'lists of series',
    'table of lists',
  ])
    file.uint(8, name);
  file.checksum(from);
  return file.lines;
}

/** `length u32 | count u32 | entries | CRC-32C`. */
function section(file: Annotation, entries: (count: number) => void): void {
  file.uint(4, 'length');
  const from = file.at;
  const count = Number(file.uint(4, 'count'));
  file.nested(() => entries(count));
  file.checksum(from);
}

function series(file: Annotation, symbols: readonly string[]): void {
  file.title(`series ${file.at / 16}`);
  file.uvarint('length');
  const from = file.at;
  const labels = Number(file.uvarint('labels'));
  const symbol = (id: bigint) => `symbol ${id}, ${JSON.stringify(symbols[Number(id)])}`;
  for (let i = 0; i < labels; i++) {
    file.uvarint('name', symbol);
    file.uvarint('value', symbol);
  }
  const chunks = Number(file.uvarint('chunks'));
  let time = 0n;
  let ref = 0n;
  const place = (at: bigint) => `segment ${(at >> 32n) + 1n} at ${at & 0xffffffffn}`;
  for (let i = 0; i < chunks; i++) {
    if (i === 0) time = file.varint('first time');
    else file.uvarint('first time', (step) => `${step} after, ${(time += step)}`);
    file.uvarint('last time', (step) => `${step} after, ${(time += step)}`);
    if (i === 0) ref = file.uvarint('chunk', place);
    else file.varint('chunk', (step) => `${step} further, ${place((ref += step))}`);
  }
  file.checksum(from);
}

function assertAt(file: Annotation, offset: number, what: string): void {
  if (file.at !== offset) throw new Error(`${what} should be at ${file.at}, and the table of contents says ${offset}`);
}
