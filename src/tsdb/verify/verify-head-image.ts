import type { FileSystem } from '../../std/file-system.ts';
import { DamagedFile } from '../damaged-file.ts';
import { FRAME, FrameReader, IMAGE_END_BYTES, trailerOffset } from '../head-image/image-frames.ts';
import { whyNotFrom } from '../head-image/log-place.ts';
import { MalformedPayload, PayloadReader } from '../head-image/payload-reader.ts';
import { BYTE_ORDER, IMAGE_VERSION } from '../head-image/write-head-image.ts';
import type { Findings } from './findings.ts';
import { imageFrameFault } from './image-frame-fault.ts';

/**
 * Checks Narthex' image of the head (docs/formats/head-image.md): every frame's checksum and what is in it, and whether the
 * log goes on from it. What is wrong costs time alone, since the log has all of it; so a log that does not fit is a note.
 */
export function verifyHeadImage(
  fileSystem: FileSystem,
  path: string,
  walDirectory: string,
  findings: Findings,
  advance: (bytes: number, path: string) => void,
): void {
  const file = fileSystem.openSync(path, 'r');
  try {
    const last = trailerOffset(file);
    const frames = new FrameReader(file);
    let offset = 0;
    while (offset <= last) {
      const { end, kind, payload } = frames.read(offset);
      const fault = imageFrameFault(kind, payload);
      if (fault !== null) findings.fault(path, offset, fault);
      if ((kind === FRAME.trailer) !== (offset === last))
        findings.fault(path, offset, 'the trailer is not the last frame');
      else if (kind === FRAME.trailer) trailer(fileSystem, path, offset, payload, walDirectory, findings);
      advance(end - offset, path);
      offset = end;
    }
    const size = file.sizeSync();
    if (offset + IMAGE_END_BYTES !== size) {
      findings.fault(path, offset, `${size - IMAGE_END_BYTES - offset} bytes that belong to no frame`);
    }
  } finally {
    file.closeSync();
  }
}

function trailer(
  fileSystem: FileSystem,
  path: string,
  offset: number,
  payload: Uint8Array,
  walDirectory: string,
  findings: Findings,
): void {
  try {
    const from = new PayloadReader(payload);
    const version = from.uvarint();
    if (version !== IMAGE_VERSION) {
      findings.note(
        path,
        offset,
        `it has version ${version}, and ${IMAGE_VERSION} is known; the next start leaves it aside`,
      );
      return;
    }
    const order = from.byte();
    if (order !== BYTE_ORDER) {
      findings.note(path, offset, 'its numbers have another byte order; the next start leaves it aside');
      return;
    }
    from.uvarint();
    const place = { segment: from.uvarint(), offset: from.uvarint(), checksum: from.uvarint() };
    const reason = whyNotFrom(fileSystem, walDirectory, place);
    if (reason !== null) findings.note(path, offset, `${reason}; the next start reads the whole log`);
  } catch (error) {
    if (!(error instanceof MalformedPayload)) throw error;
    throw new DamagedFile(path, offset, `the trailer: ${error.message}`);
  }
}
