import type { FileSystem } from '../../std/file-system.ts';
import { ACTIVE_QUERY_BYTES } from '../active-queries.ts';
import { TARGET_METADATA_BYTES_MAX, targetMetadataFromBytes } from '../metadata/target-metadata-file.ts';
import type { Findings } from './findings.ts';

/** So much of `queries.active` is looked at: far more than any server writes. */
const ACTIVE_BYTES_MAX = 2 ** 24;

/** Checks `target_metadata` (docs/formats/target-metadata.md): its checksum, and that each line is what its letter says. */
export function verifyTargetMetadata(fileSystem: FileSystem, path: string, findings: Findings): void {
  const size = fileSystem.statSync(path)?.size ?? 0;
  if (size > TARGET_METADATA_BYTES_MAX) {
    findings.fault(path, TARGET_METADATA_BYTES_MAX, `${size} bytes are more than any that is written`);
    return;
  }
  targetMetadataFromBytes(fileSystem.readFileSync(path), path);
}

/**
 * Checks `queries.active`: no checksum covers it; each entry is a query as JSON, or zeros. What is wrong there costs a line
 * of the log at the next start.
 */
export function verifyActiveQueries(fileSystem: FileSystem, path: string, findings: Findings): void {
  const file = fileSystem.openSync(path, 'r');
  try {
    const bytes = new Uint8Array(Math.min(file.sizeSync(), ACTIVE_BYTES_MAX));
    const size = file.readSync(bytes, 0, bytes.length, 0);
    if (size === 0) return;
    if (bytes[0] !== 0x5b) findings.fault(path, 0, 'it does not begin with [');
    for (let at = 1; at < size; at += ACTIVE_QUERY_BYTES) {
      const reason = whyNoEntry(bytes.subarray(at, Math.min(size, at + ACTIVE_QUERY_BYTES)));
      if (reason !== null) findings.fault(path, at, reason);
    }
  } finally {
    file.closeSync();
  }
}

function whyNoEntry(bytes: Uint8Array): string | null {
  const end = bytes.indexOf(0);
  const text = end < 0 ? bytes : bytes.subarray(0, end);
  if (end >= 0 && bytes.subarray(end).some((byte) => byte !== 0)) return 'an entry goes on behind its end';
  if (text.length === 0) return null;
  try {
    const entry: unknown = JSON.parse(decoder.decode(text).replace(/,$/, ''));
    const { query, timestamp_sec: start } = entry as Record<string, unknown>;
    return typeof query === 'string' && Number.isInteger(start) ? null : 'an entry that is no query';
  } catch {
    return 'an entry that is no query';
  }
}

const decoder = new TextDecoder('utf-8', { fatal: true });
