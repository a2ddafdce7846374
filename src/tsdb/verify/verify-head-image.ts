import type { FileSystem } from '../../std/file-system.ts';
import { DamagedFile } from '../block/damaged-file.ts';
import { FRAME, IMAGE_END_BYTES, readFrame, trailerOffset } from '../head-image/image-frames.ts';
import { whyNotFrom } from '../head-image/log-place.ts';
import { MalformedPayload, PayloadReader } from '../head-image/payload-reader.ts';
import { IMAGE_VERSION } from '../head-image/write-head-image.ts';
import type { Findings } from './findings.ts';

/**
 * Checks Narthex' image of the head (docs/formats/head-image.md): every frame's checksum, their kinds, and whether the log
 * goes on from it. What is wrong costs time alone, since the log has all of it; so a log that does not fit is a note.
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
    let offset = 0;
    while (offset <= last) {
      const { end, kind, payload } = readFrame(file, offset);
      const isKnown = kind >= FRAME.symbols && kind <= FRAME.trailer;
      if (!isKnown) findings.fault(path, offset, `a frame of unknown kind ${kind}`);
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
    from.uvarint();
    const place = { segment: from.uvarint(), offset: from.uvarint(), checksum: from.uvarint() };
    const reason = whyNotFrom(fileSystem, walDirectory, place);
    if (reason !== null) findings.note(path, offset, `${reason}; the next start reads the whole log`);
  } catch (error) {
    if (!(error instanceof MalformedPayload)) throw error;
    throw new DamagedFile(path, offset, `the trailer: ${error.message}`);
  }
}
