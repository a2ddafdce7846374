import type { FileSystem } from '../../std/file-system.ts';
import type { BlockMeta } from '../block/block-meta.ts';
import { isUlid } from '../block/block-meta.ts';
import type { BlockContent } from './block-content.ts';
import type { Findings } from './findings.ts';

/** Compares what `meta.json` says with the directory's name and, where all could be counted, with the content. */
export function verifyMeta(
  fileSystem: FileSystem,
  directory: string,
  meta: BlockMeta,
  content: BlockContent | null,
  findings: Findings,
): void {
  const path = `${directory}/meta.json`;
  const name = directory.slice(directory.lastIndexOf('/') + 1);
  if (isUlid(name) && meta.ulid.toUpperCase() !== name.toUpperCase()) {
    findings.fault(path, null, `it is of block ${meta.ulid}, in the directory of ${name}`);
  } else if (/[a-z]/.test(meta.ulid)) {
    // Readers take it for the same; a byte has changed all the same.
    findings.fault(path, null, `the ulid ${meta.ulid} has small letters, which nothing writes`);
  }
  if (meta.minTime >= meta.maxTime) findings.fault(path, null, `the block ends at ${meta.maxTime}, before it begins`);
  if (meta.version === 2) findings.note(path, null, 'version 2, which Prometheus 2.1 wrote for 1');
  if (content === null) return;
  const { stats } = JSON.parse(new TextDecoder().decode(fileSystem.readFileSync(path))) as { stats?: unknown };
  if (typeof stats !== 'object' || stats === null) return;
  const counted: Readonly<Record<string, number>> = {
    numSamples: content.floatSamples + content.histogramSamples,
    numFloatSamples: content.floatSamples,
    numHistogramSamples: content.histogramSamples,
    numSeries: content.series,
    numChunks: content.chunks,
    numTombstones: content.tombstones,
  };
  for (const [field, count] of Object.entries(counted)) {
    // Writers leave zeros out, and older ones fields that they do not know.
    const stated = (stats as Record<string, unknown>)[field];
    if (stated !== undefined && stated !== count) {
      findings.fault(path, null, `stats.${field} is ${JSON.stringify(stated)}, and the block has ${count}`);
    }
  }
}
